"""Bilinear sampling of layer maps at canvas positions, as matrices, so that up-sampling is exact linear algebra.

A layer map of n values spans the whole canvas of S px, whatever its scale. Two conventions (docs/method.md, A8):
half_pixel puts value k at canvas position (k + 0.5) S / n - 0.5, as MATLAB's imresize and torch's align_corners=False;
corner puts it at k S / n, as the `Bl` layer of the Caffe release. Beyond the outermost values both hold the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Convention = Literal["half_pixel", "corner"]


@dataclass(frozen=True, slots=True)
class Line:
    """Positions along one axis of the canvas, px: first, first + step, ..., `count` of them; the canvas has `size`."""

    first: float
    step: float
    count: int
    size: int

    @classmethod
    def whole(cls, size: int) -> Line:
        return cls(0.0, 1.0, size, size)

    @classmethod
    def stretch(cls, start: int, length: int, count: int, size: int) -> Line:
        """`count` positions that share the pixels start .. start + length - 1 evenly; each pixel once if equal."""
        step = length / count
        return cls(start + (step - 1) / 2, step, count, size)


@dataclass(frozen=True, slots=True, eq=False)
class _Knots:
    lower: NDArray[np.intp]
    upper: NDArray[np.intp]
    fraction: NDArray[np.float64]


@lru_cache(maxsize=256)
def _knots(line: Line, n: int, convention: Convention) -> _Knots:
    at = line.first + line.step * np.arange(line.count)
    source = at * n / line.size if convention == "corner" else (at + 0.5) * n / line.size - 0.5
    source = np.clip(source, 0, n - 1)
    lower = np.floor(source).astype(np.intp)
    return _Knots(lower, np.minimum(lower + 1, n - 1), source - lower)


@lru_cache(maxsize=64)
def matrix(line: Line, n: int, convention: Convention, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(line.count, n) weights: `matrix @ values` are the n values, sampled on the line. Do not write to it."""
    knots = _knots(line, n, convention)
    weights = np.zeros((line.count, n))
    sample = np.arange(line.count)
    weights[sample, knots.lower] += 1 - knots.fraction
    weights[sample, knots.upper] += knots.fraction
    return torch.from_numpy(weights).to(dtype=dtype, device=device)


def touched(line: Line, n: int, convention: Convention, start: int, stop: int) -> tuple[int, int]:
    """[low, high): the only values, of n, that samples start .. stop - 1 of the line depend on."""
    knots = _knots(line, n, convention)
    return int(knots.lower[start]), int(knots.upper[stop - 1]) + 1


@lru_cache(maxsize=64)
def corner_samples(line: Line, n: int, convention: Convention, device: torch.device) -> Tensor:
    """Indices of the samples that are first or last between two neighbouring values.

    On a rectangle of samples inside one cell, a bilinear surface, and any sum of convex functions of bilinear
    surfaces on the same cells, is largest at a corner of the rectangle. So the maximum over all samples is the
    maximum over these, which are at most 2 n + 2 an axis.
    """
    lower = _knots(line, n, convention).lower
    first = np.diff(lower, prepend=-1) != 0
    last = np.diff(lower, append=n + 1) != 0
    return torch.from_numpy(np.flatnonzero(first | last)).to(device)


def sample_rows(maps: Tensor, line: Line, convention: Convention, samples: Tensor) -> Tensor:
    """Maps (..., n, W) sampled down their rows at the chosen samples of the line: (..., len(samples), W)."""
    n = maps.shape[-2]
    lower, upper, fraction = _on_device(line, n, convention, maps.dtype, maps.device)
    low, high = lower[samples], upper[samples]
    return torch.lerp(maps.index_select(-2, low), maps.index_select(-2, high), fraction[samples][:, None])


@lru_cache(maxsize=64)
def _on_device(
    line: Line, n: int, convention: Convention, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    knots = _knots(line, n, convention)
    return (
        torch.from_numpy(knots.lower).to(device),
        torch.from_numpy(knots.upper).to(device),
        torch.from_numpy(knots.fraction).to(dtype=dtype, device=device),
    )


def resized(maps: Tensor, shape: tuple[int, int]) -> Tensor:
    """Maps (C, h, w) at another (H, W): bilinear, half-pixel centres, edges held, no smoothing on shrink."""
    if maps.shape[-2:] == shape:
        return maps
    if maps.shape[0] == 0:
        return maps.new_empty((0, *shape))
    return F.interpolate(maps[None], size=shape, mode="bilinear", align_corners=False)[0]
