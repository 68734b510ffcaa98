"""Labels over the photograph that can be painted on."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.crf_kernels import Ring
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.scaled_image import ScaledImageCache
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.canvas.visible_region import VisibleRegion

Hand = Literal["look", "brush", "eraser"]


class PaintPane(MapPane):
    """With a brush in hand the left button paints, and with Shift it moves the picture as it does without.

    Signals:
        stroke_began: the brush came down.
        stroked(row, col, row, col): from one pixel to the next; these may lie beside the image.
        stroke_ended: the brush was lifted.
    """

    stroke_began = Signal()
    stroked = Signal(int, int, int, int)
    stroke_ended = Signal()

    def __init__(self, viewport: Viewport, scaled_images: ScaledImageCache, parent: QWidget | None = None) -> None:
        super().__init__(viewport, scaled_images, bar=False, parent=parent)
        self._hand: Hand = "look"
        self._brush_px = 1
        self._last: tuple[int, int] | None = None
        viewport.cursor_moved.connect(self._show_brush)

    @property
    def hand(self) -> Hand:
        return self._hand

    def take(self, hand: Hand, brush_px: int) -> None:
        """Another thing in hand, or another size of it."""
        self._hand, self._brush_px = hand, brush_px
        self._show_brush()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_stroke = event.button() == Qt.MouseButton.LeftButton and not (
            event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        )
        if self._hand == "look" or not is_stroke or self.position_at(event.position()) is None:
            super().mousePressEvent(event)
            return
        self.stroke_began.emit()
        self._last = self._pixel_at(event)
        self._stroke_to(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self._last is not None:
            self._stroke_to(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._last is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        self._stroke_to(event)
        self._last = None
        self.stroke_ended.emit()

    def _stroke_to(self, event: QMouseEvent) -> None:
        at = self._pixel_at(event)
        if at is not None and self._last is not None:
            self.stroked.emit(*self._last, *at)
            self._last = at

    def _pixel_at(self, event: QMouseEvent) -> tuple[int, int] | None:
        """The pixel under the hand, which may have left the image in the middle of a stroke."""
        view: VisibleRegion | None = self.field()
        if view is None:
            return None
        row, col = self._beneath(view, event.position())
        return int(row // 1), int(col // 1)

    def _show_brush(self) -> None:
        cursor = self.viewport.cursor
        rings: tuple[Ring, ...] = ()
        if self._hand != "look" and cursor is not None:
            row, col = int(cursor[0]) + 0.5, int(cursor[1]) + 0.5
            rings = (Ring(row, col, self._brush_px / 2, dashed=self._hand == "eraser"),)
        if rings != self.content.rings:
            self.show_content(replace(self.content, rings=rings))
