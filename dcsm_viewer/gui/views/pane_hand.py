"""The hand on a pane: pointing, clicking, dragging, wheel, pinch and keys, all ending in the shared viewport."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from dcsm_viewer.gui.views.field import Field
from dcsm_viewer.gui.views.viewport import Viewport

_STEPS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
_NOTCH = 1.25
"""Closer by this much for one notch of the wheel, which Qt counts as 120 eighths of a degree."""


class PaneHand(QWidget):
    """A widget with a piece of image in it that can be pointed at.

    Signals:
        pointed: the hand is over this position (row, col) of the image, in px, pixel i covers [i, i + 1).
        left: the hand is not over the image any more.
        pixel_clicked: pressed and released on one spot: pixel (row, col); large panes only.
        chosen_here: the same on a compact pane.
        opened: a double click.
    """

    pointed = Signal(float, float)
    left = Signal()
    pixel_clicked = Signal(int, int)
    chosen_here = Signal()
    opened = Signal()

    def __init__(self, viewport: Viewport, *, compact: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = viewport
        self.compact = compact
        self._pressed: QPointF | None = None
        self._dragged_from: QPointF | None = None
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor if compact else Qt.CursorShape.CrossCursor)
        # 54 tiles would be 54 stops of the tab key; the grid takes the keys for them.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if compact else Qt.FocusPolicy.StrongFocus)

    def image_shape(self) -> tuple[int, int] | None:
        """(H, W) of the image in the pane, None without one."""
        raise NotImplementedError

    def picture(self) -> QRect:
        """Where the image may be, in logical px of the widget."""
        raise NotImplementedError

    def field(self) -> Field | None:
        """What the pane sees of the image at this moment, None without an image."""
        shape = self.image_shape()
        if shape is None:
            return None
        return self.viewport.field(self._size(), shape, self.devicePixelRatioF())

    def position_at(self, place: QPointF) -> tuple[float, float] | None:
        """(row, col) in the image under a point of the widget, None where there is no image."""
        view = self.field()
        picture = self.picture()
        if view is None or not picture.contains(place.toPoint()):
            return None
        row, col = self._beneath(view, place)
        return (row, col) if view.holds(row, col) else None

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._pressed is not None and self._dragged_from is None:
            moved = (place - self._pressed).manhattanLength()
            self._dragged_from = self._pressed if moved >= QApplication.startDragDistance() else None
        if self._dragged_from is not None:
            scale = self._px_per_screen_px()
            way = place - self._dragged_from
            self._dragged_from = place
            self.viewport.pan(-way.y() * scale, -way.x() * scale)
        self._point(self.position_at(place))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            self._dragged_from = None

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        pressed, dragged = self._pressed, self._dragged_from is not None
        self._pressed = self._dragged_from = None
        if pressed is None or dragged:
            return
        if self.compact:
            self.chosen_here.emit()
            return
        at = self.position_at(event.position())
        if at is not None:
            self.pixel_clicked.emit(int(at[0]), int(at[1]))

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit()

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        if event.angleDelta().y():
            self._zoom(_NOTCH ** (event.angleDelta().y() / 120), event.position())

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom(1 + event.value(), event.position())
            return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        shape = self.image_shape()
        key = Qt.Key(event.key())
        if shape is None:
            super().keyPressEvent(event)
            return
        row, col = self.viewport.cursor or (shape[0] / 2, shape[1] / 2)
        if key in _STEPS:
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            down, across = (far * part for part in _STEPS[key])
            # The middle of a pixel, where no rounding can make it the neighbour.
            self._point(
                (
                    min(max(int(row) + down, 0), shape[0] - 1) + 0.5,
                    min(max(int(col) + across, 0), shape[1] - 1) + 0.5,
                )
            )
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.pixel_clicked.emit(int(row), int(col))
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus}:
            factor = 1 / _NOTCH if key == Qt.Key.Key_Minus else _NOTCH
            self._zoom_at((row, col), factor)
        else:
            super().keyPressEvent(event)

    def _point(self, at: tuple[float, float] | None) -> None:
        if at is None:
            if self.viewport.cursor is not None:
                self.viewport.leave()
                self.left.emit()
            return
        self.viewport.point(*at)
        self.pointed.emit(*at)

    def _zoom(self, factor: float, place: QPointF) -> None:
        view = self.field()
        if view is not None:
            self._zoom_at(self._beneath(view, place), factor)
            self._point(self.position_at(place))

    def _zoom_at(self, at: tuple[float, float], factor: float) -> None:
        shape = self.image_shape()
        if shape is not None:
            fitted = self.viewport.fitted(self._size(), shape)
            self.viewport.zoom(factor, at=at, now=self._px_per_screen_px(), fitted=fitted)

    def _beneath(self, view: Field, place: QPointF) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        corner = self.picture().topLeft()
        return view.position_at((place.y() - corner.y()) * ratio, (place.x() - corner.x()) * ratio)

    def _px_per_screen_px(self) -> float:
        return self.viewport.px_per_screen_px(self._size(), self.image_shape() or (1, 1))

    def _size(self) -> tuple[float, float]:
        picture = self.picture()
        return float(picture.height()), float(picture.width())
