"""The photograph below the maps, at the resolution of the screen and kept for all panes that see the same of it."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage

from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.canvas.visible_region import VisibleRegion

_KEPT = 12


@dataclass(frozen=True, slots=True)
class ScaledImage:
    """The photograph in sight, from device pixel (down, across) of the pane on."""

    down: int
    across: int
    image: QImage


class ScaledImageCache:
    """Photographs by image, field and colour; the longest unused goes first.

    Panes of one size show the same piece of the same photograph, and share it.
    """

    def __init__(self) -> None:
        self._cached: OrderedDict[tuple[str, VisibleRegion, bool], ScaledImage] = OrderedDict()
        self._grey: tuple[str, NDArray[np.uint8]] | None = None

    def colour(self, source: SourceImage, view: VisibleRegion) -> ScaledImage:
        return self._get((source.digest, view, False), lambda: _made(source.rgb, view))

    def grey(self, source: SourceImage, view: VisibleRegion) -> ScaledImage:
        """The photograph without colour, which is left to the map above."""
        return self._get((source.digest, view, True), lambda: _made(self._grey_of(source), view))

    def _get(self, key: tuple[str, VisibleRegion, bool], make: Callable[[], ScaledImage]) -> ScaledImage:
        if key not in self._cached:
            self._cached[key] = make()
        self._cached.move_to_end(key)
        while len(self._cached) > _KEPT:
            self._cached.popitem(last=False)
        return self._cached[key]

    def _grey_of(self, source: SourceImage) -> NDArray[np.uint8]:
        if self._grey is None or self._grey[0] != source.digest:
            self._grey = (source.digest, luma(source.rgb))
        return self._grey[1]


def luma(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brightness uint8 (H, W) of RGB (H, W, 3), weighted as in ITU-R BT.601, in 256ths."""
    weighted = rgb[..., 0] * np.uint16(77) + rgb[..., 1] * np.uint16(150) + rgb[..., 2] * np.uint16(29)
    grey: NDArray[np.uint8] = (weighted >> np.uint16(8)).astype(np.uint8)
    return grey


def _made(levels: NDArray[np.uint8], view: VisibleRegion) -> ScaledImage:
    return _enlarged(levels, view) if view.step <= 1 else _shrunk(levels, view)


def _enlarged(levels: NDArray[np.uint8], view: VisibleRegion) -> ScaledImage:
    """Nearest neighbour, so that a pixel of the photograph is a square on the screen."""
    down, rows = view.rows_of(levels.shape[0])
    across, cols = view.cols_of(levels.shape[1])
    if not len(rows) or not len(cols):
        return ScaledImage(0, 0, QImage())
    top, left = int(rows[0]), int(cols[0])
    seen = _words(levels[top : rows[-1] + 1, left : cols[-1] + 1]).take(rows - top, axis=0).take(cols - left, axis=1)
    h, w = seen.shape
    kind = QImage.Format.Format_RGB32 if seen.dtype == np.uint32 else QImage.Format.Format_Grayscale8
    # The copy owns its pixels; the array of this function is gone when it is drawn.
    return ScaledImage(down, across, QImage(seen.data, w, h, seen.strides[0], kind).copy())


def _words(levels: NDArray[np.uint8]) -> NDArray[np.uint8] | NDArray[np.uint32]:
    """One number a pixel, which numpy takes six times as fast as three bytes."""
    if levels.ndim == 2:
        return levels
    red, green, blue = np.moveaxis(levels.astype(np.uint32), -1, 0)
    packed: NDArray[np.uint32] = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return packed


def _shrunk(levels: NDArray[np.uint8], view: VisibleRegion) -> ScaledImage:
    """Averaged over the pixels that fall into one of the screen, so that fine texture does not turn into noise."""
    height, width = levels.shape[:2]
    top, left = max(0, math.floor(view.top)), max(0, math.floor(view.left))
    bottom = min(height, math.ceil(view.top + view.step * view.shape[0]))
    right = min(width, math.ceil(view.left + view.step * view.shape[1]))
    if bottom <= top or right <= left:
        return ScaledImage(0, 0, QImage())
    kind = QImage.Format.Format_RGB888 if levels.ndim == 3 else QImage.Format.Format_Grayscale8
    whole = QImage(levels.data, width, height, levels.strides[0], kind)
    piece = whole.copy(QRect(left, top, right - left, bottom - top))
    down, across = (round(pixel) for pixel in view.position_of(top, left))
    below, beyond = (round(pixel) for pixel in view.position_of(bottom, right))
    size = (max(1, beyond - across), max(1, below - down))
    shrunk = piece.scaled(*size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return ScaledImage(down, across, shrunk)
