"""Tensors end here: what leaves the engine is read-only numpy."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.values import read_only


def to_array(tensor: Tensor) -> NDArray[Any]:
    """The same values on the CPU, that nobody can write to."""
    return read_only(tensor.detach().cpu().numpy())
