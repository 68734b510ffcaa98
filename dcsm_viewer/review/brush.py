"""Which pixels a round brush covers on its way from one pixel to another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MAX_BRUSH_PX = 201


@dataclass(frozen=True, slots=True)
class BrushFootprint:
    """`covered` (h, w) says which pixels of the box whose upper left pixel is (top, left)."""

    top: int
    left: int
    covered: NDArray[np.bool_] = field(repr=False, compare=False)

    @property
    def box(self) -> tuple[slice, slice]:
        h, w = self.covered.shape
        return slice(self.top, self.top + h), slice(self.left, self.left + w)


def brush_stroke(
    shape: tuple[int, int], start: tuple[int, int], end: tuple[int, int], diameter_px: int
) -> BrushFootprint:
    """Pixels (row, col) of an image (H, W) no farther than half the diameter from the line between two pixels.

    Distances are between the centres of pixels; a diameter of 1 covers a line one pixel wide. The line may begin or
    end outside the image.
    """
    radius = diameter_px / 2
    reach = diameter_px // 2
    top = max(0, min(start[0], end[0]) - reach)
    left = max(0, min(start[1], end[1]) - reach)
    bottom = min(shape[0], max(start[0], end[0]) + reach + 1)
    right = min(shape[1], max(start[1], end[1]) + reach + 1)
    if top >= bottom or left >= right:
        return BrushFootprint(0, 0, np.zeros((0, 0), dtype=np.bool_))
    rows = np.arange(top, bottom, dtype=np.float64)[:, None] - start[0]
    cols = np.arange(left, right, dtype=np.float64)[None, :] - start[1]
    down, across = end[0] - start[0], end[1] - start[1]
    length = float(down * down + across * across)
    # How far along the line the nearest point of it is, 0 at its start and 1 at its end.
    along = np.clip((rows * down + cols * across) / length, 0.0, 1.0) if length else np.zeros_like(rows + cols)
    distance = np.hypot(rows - along * down, cols - along * across)
    return BrushFootprint(top, left, distance <= radius)
