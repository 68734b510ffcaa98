"""Several pieces of work at a time, one thread each, in place of one after the other with all threads on each.

Many short tensor operations finish sooner so: threads that share an operation wait for each other at its end, and on a
machine that does something else besides, a hundred times a picture, for as long as the other lets them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TypeVar

import torch

T = TypeVar("T")


def parallel_map(works: Sequence[Callable[[], T]], device: torch.device) -> list[T]:
    """Run tasks in threads and return what each gives, in their order; the first error of one of them is raised.

    On a GPU, or with one thread, they run here, one after the other: the same operations on the same values.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads < 2 or len(works) < 2:
        return [work() for work in works]
    inference = torch.is_inference_mode_enabled()
    return list(_pool(threads).map(partial(_done, inference=inference), works))


def _done(work: Callable[[], T], *, inference: bool) -> T:
    # Whether gradients are recorded is a matter of each thread.
    with torch.inference_mode(inference):
        return work()


@lru_cache(maxsize=2)
def _pool(threads: int) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(threads, thread_name_prefix="side by side")
    here = threading.Barrier(threads)

    def settle() -> None:
        torch.set_num_threads(1)
        # A thread takes the number over when it first needs it; from now on this one has its own.
        torch.get_num_threads()
        here.wait()

    for waiting in [pool.submit(settle) for _ in range(threads)]:
        waiting.result()
    # It also became what threads to come begin with.
    torch.set_num_threads(threads)
    return pool
