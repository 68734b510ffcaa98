"""One picture of two contents: the first left of a divider, the second right of it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas import pane_drawing
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.scaled_image import ScaledImageCache
from dcsm_viewer.gui.canvas.viewport import Viewport

_REACH_PX = 6
"""How near the divider a press must be to take hold of it."""
_STEP, _LONG_STEP = 0.01, 0.1


class DividedPane(MapPane):
    """Drag the divider, or move it with the left and right arrow keys (Shift: ten times as far).

    `divider_moved(share)`: the hand wants the divider here, a share of the picture's width in [0, 1].
    """

    divider_moved = Signal(float)

    def __init__(self, viewport: Viewport, scaled_images: ScaledImageCache, parent: QWidget | None = None) -> None:
        super().__init__(viewport, scaled_images, parent=parent)
        # The second content is painted by a pane of its own that is never on the screen.
        self._second = MapPane(viewport, scaled_images, parent=self)
        self._second.hide()
        self._other: Content | None = None
        self._share = 0.5
        self._holds_divider = False

    @property
    def other(self) -> Content | None:
        return self._other

    def show_other(self, content: Content | None, share: float) -> None:
        """What lies right of the divider, None for no divider at all; share of the picture in [0, 1] left of it."""
        self._other, self._share = content, share
        if content is not None:
            self._second.show_content(content)
            self.setAccessibleDescription(f"Left of {100 * share:.0f} %: {self.content.title}; right: {content.title}")
        self.update()

    @override
    def show_paint(self, colormap: str, opacity: float) -> None:
        super().show_paint(colormap, opacity)
        self._second.show_paint(colormap, opacity)

    def divider_x(self) -> int:
        """Where the divider is, in logical px of the widget."""
        seen = self._seen()
        return seen.left() + round(self._share * seen.width())

    @override
    def value_under_cursor(self) -> str:
        cursor = self.viewport.cursor
        if self._other is None or cursor is None:
            return super().value_under_cursor()
        left, right = self.content.reading(*cursor), self._other.reading(*cursor)
        return f"{left} | {right}" if left or right else ""

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        near = abs(event.position().x() - self.divider_x()) <= _REACH_PX
        if self._other is not None and near and event.button() == Qt.MouseButton.LeftButton:
            self._holds_divider = True
            return
        super().mousePressEvent(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._holds_divider:
            seen = self._seen()
            self._ask_for((x - seen.left()) / max(1, seen.width()))
            return
        on_divider = self._other is not None and abs(x - self.divider_x()) <= _REACH_PX
        self.setCursor(Qt.CursorShape.SplitHCursor if on_divider else Qt.CursorShape.CrossCursor)
        super().mouseMoveEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._holds_divider:
            self._holds_divider = False
            return
        super().mouseReleaseEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if self._other is None or not way:
            super().keyPressEvent(event)
            return
        far = _LONG_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        self._ask_for(self._share + way * far)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        view = self.field()
        other = self._other
        if other is None or other.image is None or view is None:
            return
        self._second.resize(self.size())
        picture = self.picture()
        x = self.divider_x()
        right = QRect(QPoint(x, picture.top()), picture.bottomRight())
        painter = QPainter(self)
        painter.setClipRect(right)
        painter.drawImage(picture.topLeft(), self._second._composed(other.image, view))
        if other.waiting:
            pane_drawing.draw_placeholder(painter, right, other.waiting, self.palette())
        if self.dimmed:
            pane_drawing.draw_veil(painter, picture, self.palette())
        self._paint_cross(painter, picture, view)
        painter.setClipping(False)
        self._draw_divider(painter, x, other)
        painter.end()

    def _draw_divider(self, painter: QPainter, x: int, other: Content) -> None:
        seen = self._seen()
        for colour, width in pane_drawing.CROSS:
            painter.setPen(QPen(QColor(*colour), width))
            painter.drawLine(QPointF(x + 0.5, seen.top()), QPointF(x + 0.5, seen.bottom() + 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
        painter.drawEllipse(QPointF(x + 0.5, seen.center().y()), 6, 6)
        painter.setFont(pane_drawing.bold(self.font()))
        for text, on_left in ((_side(self.content), True), (_side(other), False)):
            _draw_flag(painter, text, x, seen, on_left=on_left, palette=self.palette())

    def _seen(self) -> QRect:
        view = self.field()
        return self.picture() if view is None else self.in_sight(view).translated(self.picture().topLeft())

    def _ask_for(self, share: float) -> None:
        self.divider_moved.emit(min(max(share, 0.0), 1.0))


def _side(content: Content) -> str:
    return content.title.split(" · ", maxsplit=1)[0]


def _draw_flag(painter: QPainter, text: str, x: int, seen: QRect, *, on_left: bool, palette: QPalette) -> None:
    """The side's name at the divider's foot, on its own side; left out where its side is narrower than the name."""
    metrics = painter.fontMetrics()
    wide, high = metrics.horizontalAdvance(text) + 10, metrics.height() + 2
    left = x - 8 - wide if on_left else x + 9
    box = QRect(left, seen.bottom() - high - 5, wide, high)
    if box.left() < seen.left() or box.right() > seen.right():
        return
    ground = palette.color(QPalette.ColorRole.Window)
    ground.setAlpha(215)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
