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
class AxisSamples:
    """Positions along one axis of the canvas, px: first, first + step, ..., `count` of them; the canvas has `size`."""

    first: float
    step: float
    count: int
    size: int

    @classmethod
    def whole(cls, size: int) -> AxisSamples:
        """Place one sample on each pixel of an axis of this size."""
        return cls(0.0, 1.0, size, size)

    @classmethod
    def stretch(cls, start: int, length: int, count: int, size: int) -> AxisSamples:
        """Place samples that share a run of pixels evenly; each pixel once if there are as many.

        Parameters
        ----------
        start, length
            The run: pixels start .. start + length - 1.
        count
            How many samples.
        size
            Of the axis, px.

        Returns
        -------
        AxisSamples
            `count` positions.
        """
        step = length / count
        return cls(start + (step - 1) / 2, step, count, size)


@dataclass(frozen=True, slots=True, eq=False)
class _Knots:
    lower: NDArray[np.intp]
    upper: NDArray[np.intp]
    fraction: NDArray[np.float64]


@lru_cache(maxsize=256)
def _knots(axis_samples: AxisSamples, n: int, convention: Convention) -> _Knots:
    at = axis_samples.first + axis_samples.step * np.arange(axis_samples.count)
    source = at * n / axis_samples.size if convention == "corner" else (at + 0.5) * n / axis_samples.size - 0.5
    source = np.clip(source, 0, n - 1)
    lower = np.floor(source).astype(np.intp)
    return _Knots(lower, np.minimum(lower + 1, n - 1), source - lower)


@lru_cache(maxsize=64)
def interpolation_matrix(
    axis_samples: AxisSamples, n: int, convention: Convention, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Return the weights with which samples along an axis are read from n values.

    Parameters
    ----------
    axis_samples
        Where the samples lie.
    n
        How many values there are.
    convention
        Where on the canvas the values lie.
    dtype, device
        Of the matrix.

    Returns
    -------
    Tensor
        (axis_samples.count, n): `matrix @ values` are the samples. It is cached: do not write to it.
    """
    knots = _knots(axis_samples, n, convention)
    weights = np.zeros((axis_samples.count, n))
    sample = np.arange(axis_samples.count)
    weights[sample, knots.lower] += 1 - knots.fraction
    weights[sample, knots.upper] += knots.fraction
    return torch.from_numpy(weights).to(dtype=dtype, device=device)


def support_range(axis_samples: AxisSamples, n: int, convention: Convention, start: int, stop: int) -> tuple[int, int]:
    """Find the values that some of the samples depend on.

    Parameters
    ----------
    axis_samples
        Where the samples lie.
    n
        How many values there are.
    convention
        Where on the canvas the values lie.
    start, stop
        The samples start .. stop - 1.

    Returns
    -------
    tuple of int
        (low, high): only values low .. high - 1 are read.
    """
    knots = _knots(axis_samples, n, convention)
    return int(knots.lower[start]), int(knots.upper[stop - 1]) + 1


def maximum_candidates(maps: Tensor, axis_samples: AxisSamples, convention: Convention) -> Tensor:
    """Sample maps at few positions, those with the maximum over all samples among them.

    On the samples inside one cell between neighbouring values, a bilinear surface, and any sum of convex functions of
    bilinear surfaces on the same cells, is largest at a corner. So the first and the last sample in each interval of
    either axis are enough.

    Parameters
    ----------
    maps
        (..., n, m) on a square canvas.
    axis_samples
        Where the samples lie, on both axes.
    convention
        Where on the canvas the values lie.

    Returns
    -------
    Tensor
        (..., at most 2 n, at most 2 m).
    """
    return _interval_ends(_interval_ends(maps, -1, axis_samples, convention), -2, axis_samples, convention)


def _interval_ends(maps: Tensor, axis: int, axis_samples: AxisSamples, convention: Convention) -> Tensor:
    """Maps at the first sample in each interval of the axis, and behind them at the last."""
    n = maps.shape[axis]
    intervals, first, last = _ends(axis_samples, n, convention, maps.dtype, maps.device)
    upper = torch.cat([maps.narrow(axis, 1, n - 1), maps.narrow(axis, n - 1, 1)], axis)
    if intervals is not None:
        maps, upper = maps.index_select(axis, intervals), upper.index_select(axis, intervals)
    count = maps.shape[axis]
    shape = list(maps.shape)
    shape[axis] = 2 * count
    ends = maps.new_empty(shape)
    for part, fraction in enumerate((first, last)):
        weight = fraction if axis == -1 else fraction[:, None]
        torch.lerp(maps, upper, weight, out=ends.narrow(axis, part * count, count))
    return ends


@lru_cache(maxsize=64)
def _ends(
    axis_samples: AxisSamples, n: int, convention: Convention, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor | None, Tensor, Tensor]:
    """The intervals, named by their lower value, that have samples (None for all n), and where in them the ends lie."""
    knots = _knots(axis_samples, n, convention)
    intervals, first = np.unique(knots.lower, return_index=True)
    last = np.append(first[1:], axis_samples.count) - 1
    at_first, at_last = (
        torch.from_numpy(knots.fraction[ends]).to(dtype=dtype, device=device) for ends in (first, last)
    )
    return None if len(intervals) == n else torch.from_numpy(intervals).to(device), at_first, at_last


def resized(maps: Tensor, shape: tuple[int, int]) -> Tensor:
    """Maps (C, h, w) at another (H, W): bilinear, half-pixel centres, edges held, no smoothing on shrink."""
    if maps.shape[-2:] == shape:
        return maps
    if maps.shape[0] == 0:
        return maps.new_empty((0, *shape))
    return F.interpolate(maps[None], size=shape, mode="bilinear", align_corners=False)[0]
