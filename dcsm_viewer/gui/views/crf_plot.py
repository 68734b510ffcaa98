"""Energy and share of changed pixels over the CRF's steps, with numbers on every axis and a mark to drag."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.gui.views import pane_paint as strokes
from dcsm_viewer.gui.views.crf_steps import CrfSteps
from dcsm_viewer.gui.views.ranges import short

_TICK_PX = 3
_MOST_TICKS = 10


class CrfPlot(QWidget):
    """`iteration_chosen(iteration)`: pressed or dragged to this step."""

    iteration_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = CrfSteps()
        self._at = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Energy falls as the labels settle. Press or drag to see the labels of a step.")

    def show_steps(self, steps: CrfSteps, at: int) -> None:
        """Curves of these steps with the mark at the iteration `at`."""
        if (steps, at) != (self._steps, self._at):
            self._steps, self._at = steps, at
            self.setAccessibleName(f"Energy and changes over {steps.last} steps; step {at}: {steps.sentence(at)}")
            self.update()

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(160, 5 * self.fontMetrics().height())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, palette = self._box(), self.palette()
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        text = palette.color(group, QPalette.ColorRole.WindowText)
        energy_colour = palette.color(group, QPalette.ColorRole.Link)
        painter.setPen(QPen(strokes.muted(palette), 1))
        painter.drawRect(box)
        line = painter.fontMetrics().height()
        head = QRect(0, 0, self.width(), line)
        strokes.draw_words(
            painter, head, left="energy, nats/px", right="changed, %", left_colour=energy_colour, right_colour=text
        )
        if self._steps.last:
            self._draw_mark(painter, box)
            self._draw_steps_axis(painter, box)
            energy, changed = self._steps.energy, self._percent()
            self._draw_curve(painter, box, energy, _span(energy), QPen(energy_colour, 2), left=True)
            pen = QPen(text, 1.5, Qt.PenStyle.DashLine)
            self._draw_curve(painter, box, changed, (0.0, _span(changed)[1]), pen, left=False)
        painter.end()

    def place_of(self, iteration: int) -> float:
        """Where an iteration stands on the widget, in logical px from the left."""
        box = self._box()
        return box.left() + box.width() * iteration / max(1, self._steps.last)

    def _box(self) -> QRect:
        metrics = self.fontMetrics()
        side = metrics.horizontalAdvance("-88.88") + 2 * _TICK_PX
        line = metrics.height()
        return QRect(
            side, line + 4, max(1, self.width() - 2 * side), max(1, self.height() - 2 * line - 4 - 2 * _TICK_PX)
        )

    def _choose(self, event: QMouseEvent) -> None:
        box, last = self._box(), self._steps.last
        if last and event.buttons() & Qt.MouseButton.LeftButton:
            at = round((event.position().x() - box.left()) / box.width() * last)
            self.iteration_chosen.emit(min(max(at, 0), last))

    def _percent(self) -> tuple[float | None, ...]:
        return tuple(None if share is None else 100 * share for share in self._steps.changed)

    def _draw_mark(self, painter: QPainter, box: QRect) -> None:
        x = self.place_of(self._at)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 3))
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))

    def _draw_steps_axis(self, painter: QPainter, box: QRect) -> None:
        metrics, last = painter.fontMetrics(), self._steps.last
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        each = math.ceil(last / _MOST_TICKS)
        for iteration in range(0, last + 1, each):
            x, word = round(self.place_of(iteration)), str(iteration)
            painter.drawLine(x, box.bottom(), x, box.bottom() + _TICK_PX)
            painter.drawText(
                x - metrics.horizontalAdvance(word) // 2, box.bottom() + 2 * _TICK_PX + metrics.ascent(), word
            )

    def _draw_curve(
        self,
        painter: QPainter,
        box: QRect,
        values: Sequence[float | None],
        span: tuple[float, float],
        pen: QPen,
        *,
        left: bool,
    ) -> None:
        """The curve, and its lowest, middle and highest number at its own side."""
        low, high = span
        metrics = painter.fontMetrics()
        painter.setPen(pen)
        reach = (high - low) or 1.0
        places = [
            QPointF(self.place_of(iteration), box.bottom() - box.height() * (value - low) / reach)
            for iteration, value in enumerate(values)
            if value is not None
        ]
        painter.drawPolyline(QPolygonF(places))
        ticks = ((low, 0.0), ((low + high) / 2, 0.5), (high, 1.0)) if high > low else ((low, 0.0),)
        painter.setPen(pen.color())
        for value, part in ticks:
            y = round(box.bottom() - box.height() * part)
            word = _number(value, high - low)
            x = box.left() - _TICK_PX if left else box.right()
            painter.drawLine(x, y, x + _TICK_PX, y)
            base = min(max(y + metrics.ascent() // 2 - 1, box.top() + metrics.ascent() - 3), box.bottom() + 1)
            across = x - 2 - metrics.horizontalAdvance(word) if left else x + 2 * _TICK_PX
            painter.drawText(across, base, word)


def _span(values: Sequence[float | None]) -> tuple[float, float]:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return (min(known), max(known)) if known else (0.0, 0.0)


def _number(value: float, reach: float) -> str:
    """With as many decimals as tell the ends of the axis apart, in five places at most."""
    decimals = max(0, min(3, 2 - math.floor(math.log10(reach)))) if reach > 0 else 2
    word = f"{value:.{decimals}f}"
    return word if len(word) <= 6 else short(value)
