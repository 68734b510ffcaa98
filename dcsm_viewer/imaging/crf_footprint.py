"""How strongly the CRF's two kernels tie one pixel to every other: the formulas as they stand, for the eye."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.values import read_only

TIED = 0.1
"""A pixel counts as tied where the weight is above this; the kernel at its own pixel is 1."""
_MOST_PX = 1_000_000
_MOST_DISTANCE = 3 * 255**2
_LEAST_EXPONENT = -87.0  # exp of less is no normal float32, and such numbers are slow


@dataclass(frozen=True, slots=True)
class Footprint:
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


def smoothness_footprint(shape: tuple[int, int], row: int, col: int, sxy: float) -> Footprint:
    """exp(-|dp|^2 / 2 sxy^2) around pixel (row, col) of an image (H, W); sxy in px."""
    rows, cols, _step = _places(shape, row, col)
    weights = _bell(rows, sxy)[:, None] * _bell(cols, sxy)
    return _measured(weights, rows, cols, row, col, sxy)


def appearance_footprint(rgb: NDArray[np.uint8], row: int, col: int, sxy: float, srgb: float) -> Footprint:
    """exp(-|dp|^2 / 2 sxy^2 - |dI|^2 / 2 srgb^2) around pixel (row, col) of rgb (H, W, 3); px and grey levels."""
    rows, cols, step = _places((rgb.shape[0], rgb.shape[1]), row, col)
    seen = rgb[row % step :: step, col % step :: step].astype(np.int32)
    squared = ((seen - rgb[row, col].astype(np.int32)) ** 2).sum(axis=-1)
    # All distances two colours can have, so that the exponential is taken once for each and not for each pixel.
    exponents = np.arange(_MOST_DISTANCE + 1) / (-2.0 * srgb**2)
    colour = np.exp(np.maximum(exponents, _LEAST_EXPONENT), dtype=np.float64).astype(np.float32)
    colour[exponents < _LEAST_EXPONENT] = 0.0
    weights = colour.take(squared)
    weights *= _bell(rows, sxy)[:, None]
    weights *= _bell(cols, sxy)
    return _measured(weights, rows, cols, row, col, sxy)


def _places(shape: tuple[int, int], row: int, col: int) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Way in px from the pixel to each row and each column looked at, and the step between them."""
    step = max(1, math.ceil(math.sqrt(shape[0] * shape[1] / _MOST_PX)))
    # The pixel itself is always among them.
    return (
        np.arange(row % step, shape[0], step, dtype=np.float64) - row,
        np.arange(col % step, shape[1], step, dtype=np.float64) - col,
        step,
    )


def _bell(way: NDArray[np.float64], width: float) -> NDArray[np.float32]:
    exponents = way**2 / (-2.0 * width**2)
    bell: NDArray[np.float32] = np.where(
        exponents < _LEAST_EXPONENT / 3, 0.0, np.exp(np.maximum(exponents, _LEAST_EXPONENT))
    ).astype(np.float32)
    return bell


def _measured(
    weights: NDArray[np.float32],
    rows: NDArray[np.float64],
    cols: NDArray[np.float64],
    row: int,
    col: int,
    sxy: float,
) -> Footprint:
    tied = weights > TIED
    at_row, at_col = np.nonzero(tied)
    reach = float(np.sqrt(np.max(rows[at_row] ** 2 + cols[at_col] ** 2, initial=0.0)))
    limit = sxy * math.sqrt(2 * math.log(1 / TIED))
    share = float(np.count_nonzero(tied)) / weights.size
    return Footprint(row, col, read_only(weights), reach, limit, share)
