"""The memory and the queue of a device: giving back what is free, waiting, and how much caches may hold there."""

from __future__ import annotations

import os

import torch

CPU_CACHE_BYTES = 768 * 1024**2  # maps of some twenty images, or the ReLU masks of one at three scales, VGG-16 included
SMALLEST_CACHE_BYTES = 64 * 1024**2
LARGEST_CACHE_BYTES = 4 * 1024**3
CACHE_SHARE = 16  # there are at most four caches, two of the window and two of a folder run: a quarter of the memory


def empty_cache(device: torch.device) -> None:
    """Give the blocks that PyTorch's allocator holds for later back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all it was given; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def cache_bytes(device: torch.device) -> int:
    """Return how many bytes one cache may hold: on a GPU a fixed share of its memory, within bounds."""
    total = None if device.type == "cpu" else total_memory(device)
    if total is None:
        return CPU_CACHE_BYTES
    return min(LARGEST_CACHE_BYTES, max(SMALLEST_CACHE_BYTES, total // CACHE_SHARE))


def total_memory(device: torch.device) -> int | None:
    """Return how many bytes the device has, the machine for a CPU; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory())
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None
