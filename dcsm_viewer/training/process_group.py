"""Several processes of one training, as torchrun starts them: the rank of this one, and what they exchange."""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist

# Here, before any group stands: its functions take the group of the moment they are defined in as a default value.
# DistributedDataParallel imports it when the group stands; that group then outlives `destroy_process_group`, and so do
# gloo's threads. A thread that drops a tensor of Python's while the interpreter ends aborts the process (SIGABRT,
# "terminate called without an active exception"), after all work was done.
import torch.distributed.nn.functional

from dcsm_viewer.core.types import UserError
from dcsm_viewer.training.batches import Share

T = TypeVar("T")


@contextmanager
def process_group(device: torch.device, batch: int) -> Iterator[tuple[Share, torch.device]]:
    """Yield (our share, our device) while the group of processes stands; one process alone outside torchrun.

    No thread of the group is left afterwards, on success and on errors alike. Raises UserError where a batch cannot be
    shared evenly.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Share(), device
        return
    if batch % world:
        raise UserError(f"A batch of {batch} images cannot be shared by {world} processes; take a multiple of {world}.")
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Share(dist.get_rank(), world), device
    except BaseException as error:
        # The frames that the error came through hold the shared network, and it holds the group.
        traceback.clear_frames(error.__traceback__)
        raise
    finally:
        # The shared network is part of reference cycles; the last reference to the group joins its threads.
        gc.collect()
        dist.destroy_process_group()


def all_gather(part: T, share: Share) -> list[T]:
    """Every process's part, in the order of their ranks."""
    if share.world == 1:
        return [part]
    parts: list[T | None] = [None] * share.world
    dist.all_gather_object(parts, part)
    return [one for one in parts if one is not None]


def any_rank(value: bool, share: Share) -> bool:
    """Return True if the value is true in any process: all of them must stop at the same step."""
    return any(all_gather(value, share))
