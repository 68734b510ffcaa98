"""The hand on a pane: pointing, clicking, dragging, wheel, pinch and keys, all ending in the shared viewport."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.canvas.visible_region import VisibleRegion

ARROWS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
NOTCH = 1.25
"""Closer by this much for one notch of the wheel, which Qt counts as 120 eighths of a degree."""


class PaneInput(QWidget):
    """A widget with a piece of image in it that can be pointed at.

    Signals:
        pointed: the hand is over this position (row, col) of the image, in px, pixel i covers [i, i + 1).
        left: the hand is not over the image any more.
    """

    pointed = Signal(float, float)
    left = Signal()

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = viewport
        self._pressed: QPointF | None = None
        self._dragged_from: QPointF | None = None
        self.reached_by_keys = False
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        viewport.moved.connect(self.update)
        viewport.cursor_moved.connect(self.update)

    def image_shape(self) -> tuple[int, int] | None:
        """(H, W) of the image in the pane, None without one."""
        raise NotImplementedError

    def picture(self, position: QPointF | None = None) -> QRect:
        """Where the image may be, in logical px of the widget; the one under `place`, if there are several."""
        raise NotImplementedError

    def clicked(self, position: QPointF) -> None:
        """Pressed and released on one spot of the widget."""
        raise NotImplementedError

    def double_clicked(self, position: QPointF) -> None:
        raise NotImplementedError

    def field(self) -> VisibleRegion | None:
        """What the pane sees of the image at this moment, None without an image."""
        shape = self.image_shape()
        if shape is None:
            return None
        return self.viewport.field(self._size(), shape, self.devicePixelRatioF())

    def position_at(self, position: QPointF) -> tuple[float, float] | None:
        """(row, col) in the image under a point of the widget, None where there is no image."""
        view = self.field()
        if view is None or not self.picture(position).contains(position.toPoint()):
            return None
        row, col = self._beneath(view, position)
        return (row, col) if view.holds(row, col) else None

    def in_sight(self, view: VisibleRegion) -> QRect:
        """The part of a picture that the image covers, logical px from the picture's corner."""
        ratio = self.devicePixelRatioF()
        top, left = (position / ratio for position in view.position_of(0, 0))
        bottom, right = (position / ratio for position in view.position_of(*view.image_shape))
        whole = QRectF(left, top, right - left, bottom - top).toAlignedRect()
        return whole.intersected(QRect(QPoint(0, 0), self.picture().size()))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pressed is not None and self._dragged_from is None:
            moved = (position - self._pressed).manhattanLength()
            self._dragged_from = self._pressed if moved >= QApplication.startDragDistance() else None
        if self._dragged_from is not None:
            scale = self._px_per_screen_px()
            way = position - self._dragged_from
            self._dragged_from = position
            self.viewport.pan(-way.y() * scale, -way.x() * scale)
        self.point_at(self.position_at(position))

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
        if pressed is not None and not dragged:
            self.clicked(event.position())

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked(event.position())

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(None)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.picture(event.position()).contains(event.position().toPoint()):
            # Beside the pictures the wheel belongs to whatever scrolls around them.
            event.ignore()
            return
        event.accept()
        if event.angleDelta().y():
            self._zoom(NOTCH ** (event.angleDelta().y() / 120), event.position())

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom(1 + event.value(), event.position())
            return True
        return super().event(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.reached_by_keys = reached_by_keys(event)
        super().focusInEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.reached_by_keys = False
        super().focusOutEvent(event)

    def point_at(self, at: tuple[float, float] | None) -> None:
        """The shared cursor at an image position, or gone."""
        if at is None:
            if self.viewport.cursor is not None:
                self.viewport.leave()
                self.left.emit()
            return
        self.viewport.point(*at)
        self.pointed.emit(*at)

    def _zoom(self, factor: float, position: QPointF) -> None:
        view = self.field()
        if view is not None:
            self.zoom_at(self._beneath(view, position), factor)
            self.point_at(self.position_at(position))

    def zoom_at(self, at: tuple[float, float], factor: float) -> None:
        """Closer by `factor`, around an image position."""
        shape = self.image_shape()
        if shape is not None:
            fitted = self.viewport.fitted(self._size(), shape)
            self.viewport.zoom(factor, at=at, now=self._px_per_screen_px(), fitted=fitted)

    def _beneath(self, view: VisibleRegion, position: QPointF) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        corner = self.picture(position).topLeft()
        return view.position_at((position.y() - corner.y()) * ratio, (position.x() - corner.x()) * ratio)

    def _px_per_screen_px(self) -> float:
        return self.viewport.px_per_screen_px(self._size(), self.image_shape() or (1, 1))

    def _size(self) -> tuple[float, float]:
        picture = self.picture()
        return float(picture.height()), float(picture.width())


def reached_by_keys(event: QFocusEvent) -> bool:
    """Whether the focus is worth a frame: not when a click or the opening of the window brought it."""
    return event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
