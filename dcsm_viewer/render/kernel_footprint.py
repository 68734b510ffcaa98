"""How strongly the CRF's two kernels tie one pixel to every other: the formulas as they stand, for the eye."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import read_only

FOOTPRINT_THRESHOLD = 0.1
"""A pixel counts as tied where the weight is above this; the kernel at its own pixel is 1."""
_MOST_PX = 1_000_000
_LEAST_EXPONENT = np.float32(-40.0)  # 4e-18: beyond it there is nothing to see, and numbers near 0 are slow


@dataclass(frozen=True, slots=True)
class KernelFootprint:
    """weights: float32 (h, w) over the whole image, 1 at the pixel itself; every k-th pixel of a large image.

    reach_px: distance of the farthest pixel with a weight above TIED. limit_px: how far it could reach at best, if
    all colours were equal. share: of the image's pixels above TIED, in [0, 1].
    """

    row: int
    col: int
    weights: NDArray[np.float32] = field(repr=False, compare=False)
    reach_px: float
    limit_px: float
    share: float


def smoothness_footprint(shape: tuple[int, int], row: int, col: int, sxy: float) -> KernelFootprint:
    """exp(-|dp|^2 / 2 sxy^2) around pixel (row, col) of an image (H, W); sxy in px."""
    rows, cols, _step = _positions(shape, row, col)
    weights = _bell(rows, sxy)[:, None] * _bell(cols, sxy)
    return _measured(weights, rows, cols, row, col, sxy)


def appearance_footprint(rgb: NDArray[np.uint8], row: int, col: int, sxy: float, srgb: float) -> KernelFootprint:
    """exp(-|dp|^2 / 2 sxy^2 - |dI|^2 / 2 srgb^2) around pixel (row, col) of rgb (H, W, 3); px and grey levels."""
    rows, cols, step = _positions((rgb.shape[0], rgb.shape[1]), row, col)
    seen = rgb[row % step :: step, col % step :: step]
    exponents = np.zeros(seen.shape[:2], dtype=np.float32)
    for channel in range(3):
        # A difference squared is one of 256 numbers; a sum over a last axis of three would take several times as long.
        here = int(rgb[row, col, channel])
        table = ((np.arange(256) - here) ** 2 / (-2.0 * srgb**2)).astype(np.float32)
        exponents += table.take(seen[..., channel])
    exponents += (rows**2 / (-2.0 * sxy**2)).astype(np.float32)[:, None]
    exponents += (cols**2 / (-2.0 * sxy**2)).astype(np.float32)
    return _measured(_exponential(exponents), rows, cols, row, col, sxy)


def _positions(shape: tuple[int, int], row: int, col: int) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Way in px from the pixel to each row and each column looked at, and the step between them."""
    step = max(1, math.ceil(math.sqrt(shape[0] * shape[1] / _MOST_PX)))
    # The pixel itself is always among them.
    return (
        np.arange(row % step, shape[0], step, dtype=np.float64) - row,
        np.arange(col % step, shape[1], step, dtype=np.float64) - col,
        step,
    )


def _bell(way: NDArray[np.float64], width: float) -> NDArray[np.float32]:
    return _exponential((way**2 / (-2.0 * width**2)).astype(np.float32))


def _exponential(exponents: NDArray[np.float32]) -> NDArray[np.float32]:
    """Overwrites its argument, which is not above 0."""
    weights: NDArray[np.float32] = np.exp(np.maximum(exponents, _LEAST_EXPONENT, out=exponents), out=exponents)
    return weights


def _measured(
    weights: NDArray[np.float32],
    rows: NDArray[np.float64],
    cols: NDArray[np.float64],
    row: int,
    col: int,
    sxy: float,
) -> KernelFootprint:
    tied = weights > FOOTPRINT_THRESHOLD
    # The farthest pixel of a row is its first or its last: no need to look at all of them.
    some = np.flatnonzero(tied.any(axis=1))
    first, last = tied[some].argmax(axis=1), tied.shape[1] - 1 - tied[some, ::-1].argmax(axis=1)
    across = np.maximum(cols[first] ** 2, cols[last] ** 2)
    reach = math.sqrt(float(np.max(rows[some] ** 2 + across, initial=0.0)))
    limit = sxy * math.sqrt(2 * math.log(1 / FOOTPRINT_THRESHOLD))
    share = float(np.count_nonzero(tied)) / weights.size
    return KernelFootprint(row, col, read_only(weights), reach, limit, share)
