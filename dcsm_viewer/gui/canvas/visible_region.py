"""Which part of the image a pane shows: from pixels of the screen to positions in the image and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VisibleRegion:
    """The rectangle of image a pane sees. Positions are (row, col) in image px, pixel i covers [i, i + 1).

    top, left: position of the pane's upper left corner. step: image px per device pixel of the screen.
    shape: (height, width) of the pane in device pixels. image_shape: (H, W) in px.
    """

    image_shape: tuple[int, int]
    top: float
    left: float
    step: float
    shape: tuple[int, int]

    def position_at(self, down: float, across: float) -> tuple[float, float]:
        """(row, col) in the image of a point of the pane in device pixels; may lie outside the image."""
        return self.top + down * self.step, self.left + across * self.step

    def position_of(self, row: float, col: float) -> tuple[float, float]:
        """(down, across) in device pixels of a position in the image; may lie outside the pane."""
        return (row - self.top) / self.step, (col - self.left) / self.step

    def holds(self, row: float, col: float) -> bool:
        """Whether the position lies on the image."""
        return 0 <= row < self.image_shape[0] and 0 <= col < self.image_shape[1]

    def rows_of(self, count: int) -> tuple[int, NDArray[np.intp]]:
        """First device row on the image, and from there on the row of an array with `count` rows over the image."""
        return _indices(self.top, self.step, self.shape[0], self.image_shape[0], count)

    def cols_of(self, count: int) -> tuple[int, NDArray[np.intp]]:
        """First device column on the image, and from there on the column of an array with `count` columns."""
        return _indices(self.left, self.step, self.shape[1], self.image_shape[1], count)


def _indices(start: float, step: float, screen: int, extent: int, count: int) -> tuple[int, NDArray[np.intp]]:
    # The centre of a device pixel decides, so that an image pixel never bleeds into its neighbour.
    positions = start + (np.arange(screen) + 0.5) * step
    first = int(np.searchsorted(positions, 0.0))
    stop = int(np.searchsorted(positions, float(extent)))
    inside = positions[first:stop]
    return first, np.minimum((inside * (count / extent)).astype(np.intp), count - 1)


def value_at(values: NDArray[np.generic], image_shape: tuple[int, int], row: float, col: float) -> float | None:
    """Value of `values` (h, w), stretched over the image (H, W), at an image position; None outside the image."""
    if not (0 <= row < image_shape[0] and 0 <= col < image_shape[1]):
        return None
    h, w = values.shape
    at_row = min(int(row * (h / image_shape[0])), h - 1)
    at_col = min(int(col * (w / image_shape[1])), w - 1)
    return float(values[at_row, at_col])
