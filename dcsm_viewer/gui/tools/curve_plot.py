"""Curves over one axis with numbers on both, drawn apart by colour, dash and dot, and a mark that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.gui.views import pane_paint as strokes
from dcsm_viewer.gui.views.ranges import short

_TICK_PX = 3
_DOT_PX = 2.5
_SAMPLE_PX = 22


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y), x ascending; the line breaks where y is None. `is_first`: coloured and whole, else dashed."""

    name: str
    points: tuple[tuple[float, float | None], ...]
    is_first: bool = True

    def nearest(self, x: float) -> float | None:
        """The value at the known point nearest to x."""
        known = [(abs(at - x), y) for at, y in self.points if y is not None]
        return min(known)[1] if known else None


@dataclass(frozen=True, slots=True)
class Axes:
    """What the axes run over, their names and the values that are written on them."""

    x_name: str
    y_name: str
    x_ticks: tuple[float, ...]
    y_ticks: tuple[float, ...]
    percent: bool = False

    def x_word(self, value: float) -> str:
        return f"{100 * value:g} %" if self.percent else short(value)


class CurvePlot(QWidget):
    """`x_chosen(x)`: pressed, dragged or stepped to this place of the x axis."""

    x_chosen = Signal(float)

    def __init__(self, axes: Axes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes = axes
        self._curves: tuple[Curve, ...] = ()
        self._mark: float | None = None
        self._step = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(axes.y_name)

    @property
    def curves(self) -> tuple[Curve, ...]:
        return self._curves

    def make_choosable(self, step: float) -> None:
        """Press, drag and the arrow keys choose an x, `step` apart."""
        self._step = step
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_curves(self, axes: Axes, curves: Sequence[Curve], mark: float | None = None) -> None:
        new = (axes, tuple(curves), mark)
        if new == (self._axes, self._curves, self._mark):
            return
        self._axes, self._curves, self._mark = new
        self.setAccessibleName(self.words())
        self.update()

    def words(self) -> str:
        """What is drawn, for those who do not see it."""
        parts = [f"{self._axes.y_name} over {self._axes.x_name}"]
        if self._mark is not None:
            for curve in self._curves:
                y = curve.nearest(self._mark)
                parts.append(f"{curve.name} {'unknown' if y is None else short(y)}")
        return ", ".join(parts)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(190, 7 * self.fontMetrics().height())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if by is None or self._mark is None or self.focusPolicy() == Qt.FocusPolicy.NoFocus:
            super().keyPressEvent(event)
            return
        self._tell(self._mark + by * self._step)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._box()
        self._draw_frame(painter, box)
        if self._mark is not None:
            x = self.place_of(self._mark)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        for curve in self._curves:
            self._draw_curve(painter, box, curve)
        self._draw_legend(painter)
        if self.hasFocus():
            strokes.draw_frame(painter, self.rect(), self.palette())
        painter.end()

    def place_of(self, x: float) -> float:
        """Where an x stands on the widget, in logical px from the left."""
        box, low, high = self._box(), self._axes.x_ticks[0], self._axes.x_ticks[-1]
        return box.left() + box.width() * (x - low) / ((high - low) or 1.0)

    def _height_of(self, y: float) -> float:
        box, low, high = self._box(), self._axes.y_ticks[0], self._axes.y_ticks[-1]
        inside = min(max(y, low), high)
        return box.bottom() - box.height() * (inside - low) / ((high - low) or 1.0)

    def _box(self) -> QRect:
        metrics = self.fontMetrics()
        left = max(metrics.horizontalAdvance(short(y)) for y in self._axes.y_ticks) + 3 * _TICK_PX
        right = metrics.horizontalAdvance(self._axes.x_word(self._axes.x_ticks[-1])) // 2 + 3
        line = metrics.height()
        head = 2 * line + 4
        foot = 2 * line + 2 * _TICK_PX
        return QRect(left, head, max(1, self.width() - left - right), max(1, self.height() - head - foot))

    def _choose(self, event: QMouseEvent) -> None:
        if self.focusPolicy() == Qt.FocusPolicy.NoFocus or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        box, low, high = self._box(), self._axes.x_ticks[0], self._axes.x_ticks[-1]
        self._tell(low + (event.position().x() - box.left()) / box.width() * (high - low))

    def _tell(self, x: float) -> None:
        low, high = self._axes.x_ticks[0], self._axes.x_ticks[-1]
        self.x_chosen.emit(min(max(round(x / self._step) * self._step, low), high))

    def _draw_frame(self, painter: QPainter, box: QRect) -> None:
        metrics, palette = painter.fontMetrics(), self.palette()
        text, quiet = palette.color(QPalette.ColorRole.WindowText), strokes.muted(palette)
        painter.setPen(QPen(quiet, 1))
        painter.drawRect(box)
        faint = QPen(palette.color(QPalette.ColorRole.Midlight), 1)
        for y in self._axes.y_ticks:
            at = self._height_of(y)
            painter.setPen(faint)
            painter.drawLine(QPointF(box.left() + 1, at), QPointF(box.right() - 1, at))
            painter.setPen(text)
            word = short(y)
            across = box.left() - 2 * _TICK_PX - metrics.horizontalAdvance(word)
            painter.drawText(QPointF(across, at + metrics.ascent() / 2 - 1), word)
        for x in self._axes.x_ticks:
            at = self.place_of(x)
            painter.setPen(text)
            painter.drawLine(QPointF(at, box.bottom()), QPointF(at, box.bottom() + _TICK_PX))
            word = self._axes.x_word(x)
            painter.drawText(
                QPointF(at - metrics.horizontalAdvance(word) / 2, box.bottom() + 2 * _TICK_PX + metrics.ascent()), word
            )
        foot = QRect(box.left(), self.height() - metrics.height(), box.width(), metrics.height())
        painter.setPen(quiet)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self._axes.x_name)
        head = QRect(0, 0, self.width(), metrics.height())
        painter.setPen(text)
        painter.drawText(
            head,
            Qt.AlignmentFlag.AlignLeft,
            metrics.elidedText(self._axes.y_name, Qt.TextElideMode.ElideRight, self.width()),
        )

    def _pen(self, curve: Curve) -> QPen:
        if curve.is_first:
            return QPen(self.palette().color(QPalette.ColorRole.Link), 2)
        return QPen(self.palette().color(QPalette.ColorRole.WindowText), 1.5, Qt.PenStyle.DashLine)

    def _draw_curve(self, painter: QPainter, box: QRect, curve: Curve) -> None:
        painter.save()
        painter.setClipRect(box.adjusted(-3, -3, 3, 3))
        run: list[QPointF] = []
        runs = [run]
        for x, y in curve.points:
            if y is None:
                run = []
                runs.append(run)
            else:
                run.append(QPointF(self.place_of(x), self._height_of(y)))
        pen = self._pen(curve)
        for places in runs:
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(places))
            self._draw_dots(painter, places, curve)
        painter.restore()

    def _draw_dots(self, painter: QPainter, places: Sequence[QPointF], curve: Curve) -> None:
        """Filled for the first curve, hollow for the other."""
        pen = self._pen(curve)
        painter.setPen(QPen(pen.color(), 1))
        ground = self.palette().color(QPalette.ColorRole.Window)
        painter.setBrush(pen.color() if curve.is_first else ground)
        for place in places:
            painter.drawEllipse(place, _DOT_PX, _DOT_PX)

    def _draw_legend(self, painter: QPainter) -> None:
        metrics = painter.fontMetrics()
        x, y = float(self._box().left()), 1.5 * metrics.height() + 1
        for curve in self._curves:
            painter.setPen(self._pen(curve))
            painter.drawLine(QPointF(x, y), QPointF(x + _SAMPLE_PX, y))
            self._draw_dots(painter, [QPointF(x + _SAMPLE_PX / 2, y)], curve)
            word = curve.name
            if self._mark is not None and (value := curve.nearest(self._mark)) is not None:
                word = f"{word} {value:.2f}".replace("-", "−")
            wide = metrics.horizontalAdvance(word) + 2
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            box = QRectF(x + _SAMPLE_PX + 5, metrics.height(), wide, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, word)
            x += _SAMPLE_PX + 5 + wide + 10
