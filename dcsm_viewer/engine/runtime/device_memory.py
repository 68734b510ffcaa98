"""The memory and the queue of a device: giving back what is free, waiting, and how much caches may hold there."""

from __future__ import annotations

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
    if device.type == "cpu":
        return CPU_CACHE_BYTES
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
    else:
        total = torch.mps.recommended_max_memory()
    return min(LARGEST_CACHE_BYTES, max(SMALLEST_CACHE_BYTES, int(total) // CACHE_SHARE))
