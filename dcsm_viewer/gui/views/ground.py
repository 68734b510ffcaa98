"""The photograph below the maps, at the resolution of the screen and kept for all panes that see the same of it."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage

from dcsm_viewer.gui.views.field import Field
from dcsm_viewer.values import SourceImage

_KEPT = 12


@dataclass(frozen=True, slots=True)
class Ground:
    """The photograph in sight, from device pixel (down, across) of the pane on."""

    down: int
    across: int
    image: QImage


class Grounds:
    """Photographs by image, field and colour; the longest unused goes first.

    Panes of one size show the same piece of the same photograph, so 54 tiles share one.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Field, bool], Ground] = OrderedDict()

    def colour(self, source: SourceImage, view: Field) -> Ground:
        return self._get((source.digest, view, False), source)

    def grey(self, source: SourceImage, view: Field) -> Ground:
        """The photograph without colour, which is left to the map above."""
        return self._get((source.digest, view, True), source)

    def _get(self, key: tuple[str, Field, bool], source: SourceImage) -> Ground:
        if key not in self._kept:
            self._kept[key] = _made(key, self, source)
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]


def _made(key: tuple[str, Field, bool], grounds: Grounds, source: SourceImage) -> Ground:
    _, view, without_colour = key
    if not without_colour:
        return _enlarged(source, view) if view.step <= 1 else _shrunk(source, view)
    coloured = grounds.colour(source, view)
    grey = coloured.image.convertToFormat(QImage.Format.Format_Grayscale8)
    return Ground(coloured.down, coloured.across, grey.convertToFormat(QImage.Format.Format_RGB32))


def _enlarged(source: SourceImage, view: Field) -> Ground:
    """Nearest neighbour, so that a pixel of the photograph is a square on the screen."""
    down, rows = view.rows_of(source.shape[0])
    across, cols = view.cols_of(source.shape[1])
    if not len(rows) or not len(cols):
        return Ground(0, 0, QImage())
    top, left = int(rows[0]), int(cols[0])
    red, green, blue = np.moveaxis(source.rgb[top : rows[-1] + 1, left : cols[-1] + 1].astype(np.uint32), -1, 0)
    # One word a pixel is taken six times as fast as three bytes.
    seen = (0xFF000000 | red << 16 | green << 8 | blue).take(rows - top, axis=0).take(cols - left, axis=1)
    h, w = seen.shape
    # The copy owns its pixels; the array of this function is gone when it is drawn.
    return Ground(down, across, QImage(seen.data, w, h, 4 * w, QImage.Format.Format_RGB32).copy())


def _shrunk(source: SourceImage, view: Field) -> Ground:
    """Averaged over the pixels that fall into one of the screen, so that fine texture does not turn into noise."""
    height, width = source.shape
    top, left = max(0, math.floor(view.top)), max(0, math.floor(view.left))
    bottom = min(height, math.ceil(view.top + view.step * view.shape[0]))
    right = min(width, math.ceil(view.left + view.step * view.shape[1]))
    if bottom <= top or right <= left:
        return Ground(0, 0, QImage())
    whole = QImage(source.rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    piece = whole.copy(QRect(left, top, right - left, bottom - top))
    down, across = (round(place) for place in view.place_of(top, left))
    below, beyond = (round(place) for place in view.place_of(bottom, right))
    size = (max(1, beyond - across), max(1, below - down))
    shrunk = piece.scaled(*size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return Ground(down, across, shrunk.convertToFormat(QImage.Format.Format_RGB32))
