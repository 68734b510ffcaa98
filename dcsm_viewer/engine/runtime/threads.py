"""How many threads the CPU's arithmetic is shared out among; sums in another order differ in their last bits."""

from __future__ import annotations

import torch


def threads_in_use() -> int:
    """Return the number of threads torch computes with."""
    return torch.get_num_threads()


def use_threads(count: int) -> None:
    """Set the number of threads that torch computes with when called by this thread: the same count, the same bits."""
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
