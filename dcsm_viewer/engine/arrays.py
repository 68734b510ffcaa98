"""Tensors end here: what leaves the engine is read-only numpy, float32 at most."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.types import read_only


def to_array(tensor: Tensor) -> NDArray[Any]:
    """Copy a tensor's values to the CPU, not writeable; float64 is rounded to float32, as every Result has it."""
    if tensor.dtype == torch.float64:
        tensor = tensor.float()
    return read_only(tensor.detach().cpu().numpy())
