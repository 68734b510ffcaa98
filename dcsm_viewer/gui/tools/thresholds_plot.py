"""Curves over the threshold, and on their axis the three handles that choose the thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from dcsm_viewer.gui.tools.thresholds_curves import Curves
from dcsm_viewer.gui.tools.thresholds_rules import GRID, HANDLES, STEP, HandleName, Thresholds
from dcsm_viewer.gui.views import pane_paint as strokes
from dcsm_viewer.imaging.palette import class_colour

USES_TRUTH = "uses ground truth"
_TICK_PX = 3
_HANDLE_PX = 7
_GRAB_PX = 14


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything on the plot. best: the threshold with the largest mean IoU, None without a mask."""

    curves: Curves
    names: dict[int, str]
    best: float | None = None


@dataclass(frozen=True, slots=True)
class Stroke:
    """One curve in percent over GRID. dashes: how it is drawn, beside its colour; on the right: its own axis."""

    name: str
    values: NDArray[np.float64] = field(repr=False, compare=False)
    colour: QColor
    dashes: Qt.PenStyle
    width: float
    right: bool = False


class ThresholdPlot(QWidget):
    """Signals:
    moved: the hand moves a handle (its name, a threshold).
    let_go: it has let go of it.
    """

    moved = Signal(str, float)
    let_go = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing: Drawing | None = None
        self._thresholds = Thresholds()
        self._active: HandleName = "eval"
        self._held = False
        self._boxed: tuple[Drawing | None, QSize, QRect] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._name()

    @property
    def drawing(self) -> Drawing | None:
        return self._drawing

    @property
    def active(self) -> HandleName:
        """The handle that the keys move."""
        return self._active

    def show_drawing(self, drawing: Drawing | None) -> None:
        if drawing is not self._drawing:
            self._drawing = drawing
            self.update()

    def show_thresholds(self, thresholds: Thresholds) -> None:
        if thresholds != self._thresholds:
            self._thresholds = thresholds
            self._name()
            self.update()

    def place_of(self, threshold: float) -> float:
        """Where a threshold stands on the widget, in logical px from the left."""
        box = self._box()
        return box.left() + box.width() * threshold

    def handle_place(self, name: HandleName) -> QPointF:
        """Where the handle can be grabbed."""
        return QPointF(self.place_of(self._thresholds.of(name)), self._box().bottom() + _HANDLE_PX)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(262, 10 * self.fontMetrics().height())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, y = event.position().x(), event.position().y()
        if y < self._box().top():
            return
        at = (x - self._box().left()) / self._box().width()
        # Of handles on one spot the one that can follow the hand: fg to the right, bg to the left.
        near = sorted(
            HANDLES, key=lambda name: (abs(self.place_of(self._thresholds.of(name)) - x), self._last(name, at))
        )
        if abs(self.place_of(self._thresholds.of(near[0])) - x) <= _GRAB_PX:
            self._active, self._held = near[0], True
            self.update()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            at = (event.position().x() - self._box().left()) / self._box().width()
            self._tell(at)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._held = False
            self.let_go.emit()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        other = {Qt.Key.Key_Down: -1, Qt.Key.Key_Up: 1}.get(Qt.Key(event.key()))
        if steps is not None:
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._tell(self._thresholds.of(self._active) + steps * far * STEP)
            self.let_go.emit()
        elif other is not None:
            place = min(max(HANDLES.index(self._active) + other, 0), len(HANDLES) - 1)
            self._active = HANDLES[place]
            self._name()
            self.update()
        else:
            super().keyPressEvent(event)

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.words_at(event.pos().x()), self)
            return True
        return super().event(event)

    def words_at(self, x: float) -> str:
        """The curves' values at a place of the axis."""
        box = self._box()
        if self._drawing is None or not box.left() <= x <= box.right():
            return "Drag bg, eval or fg. Keys: left and right move one, up and down choose which."
        place = round((x - box.left()) / box.width() * (len(GRID) - 1))
        lines = [f"threshold {GRID[place]:.2f}"]
        lines += [f"{stroke.name}: {stroke.values[place]:.1f} %" for stroke in self.strokes()]
        return "\n".join(lines)

    def strokes(self) -> Iterator[Stroke]:
        """What is drawn: areas, stability and, where there is a mask, IoU."""
        drawing = self._drawing
        if drawing is None:
            return
        palette, curves = self.palette(), drawing.curves
        text = palette.color(QPalette.ColorRole.WindowText)
        for label, area in curves.areas.items():
            colour = _readable(QColor(*class_colour(label - 1)), palette)
            name = f"area {drawing.names.get(label, str(label))}"
            yield Stroke(name, 100 * area, colour, Qt.PenStyle.SolidLine, 1.5)
        yield Stroke("changed per step", 100 * curves.changed, text, Qt.PenStyle.DotLine, 1.5, right=True)
        if curves.ious is not None and curves.mean_iou is not None:
            for label, iou in curves.ious.items():
                if label:
                    colour = _readable(QColor(*class_colour(label - 1)), palette)
                    name = f"IoU {drawing.names.get(label, str(label))}, {USES_TRUTH}"
                    yield Stroke(name, 100 * iou, colour, Qt.PenStyle.DashLine, 1.5)
            colour = palette.color(QPalette.ColorRole.Link)
            yield Stroke(f"mIoU, {USES_TRUTH}", 100 * curves.mean_iou, colour, Qt.PenStyle.DashDotLine, 2.5)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._box()
        self._draw_band(painter, box)
        right = self._right_most()
        self._draw_frame(painter, box, right)
        painter.save()
        painter.setClipRect(box.adjusted(-2, -2, 2, 2))
        for stroke in self.strokes():
            painter.setPen(QPen(stroke.colour, stroke.width, stroke.dashes))
            painter.drawPolyline(self._points(box, stroke, right if stroke.right else 100.0))
        painter.restore()
        self._draw_marks(painter, box)
        self._draw_handles(painter, box)
        self._draw_legend(painter)
        if self.hasFocus():
            strokes.draw_frame(painter, self.rect(), self.palette())
        painter.end()

    def _points(self, box: QRect, stroke: Stroke, most: float) -> QPolygonF:
        known = ~np.isnan(stroke.values)
        return QPolygonF(
            [
                QPointF(box.left() + box.width() * x, box.bottom() - box.height() * min(y / most, 1.0))
                for x, y in zip(GRID[known], stroke.values[known], strict=True)
            ]
        )

    def _right_most(self) -> float:
        """The top of the right axis, percent: a round number that no step exceeds by far."""
        if self._drawing is None:
            return 1.0
        # The first steps change most, where the ground of the maps lies; the others are what it is about.
        most = float(np.quantile(100 * self._drawing.curves.changed[1:], 0.95))
        return next((top for top in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0) if most <= top), 100.0)

    def _draw_band(self, painter: QPainter, box: QRect) -> None:
        left, right = self.place_of(self._thresholds.bg), self.place_of(self._thresholds.fg)
        hatch = strokes.muted(self.palette())
        hatch.setAlpha(60)
        painter.fillRect(QRectF(left, box.top(), right - left, box.height()), QBrush(hatch, Qt.BrushStyle.BDiagPattern))

    def _draw_frame(self, painter: QPainter, box: QRect, right: float) -> None:
        metrics, palette = painter.fontMetrics(), self.palette()
        text, quiet = palette.color(QPalette.ColorRole.WindowText), strokes.muted(palette)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(quiet, 1))
        painter.drawRect(box)
        for part in (0.0, 0.5, 1.0):
            y = box.bottom() - box.height() * part
            painter.setPen(text)
            word = f"{100 * part:.0f}"
            base = y + metrics.ascent() / 2 - 1
            painter.drawText(QPointF(box.left() - 2 * _TICK_PX - metrics.horizontalAdvance(word), base), word)
            painter.drawText(QPointF(box.right() + 2 * _TICK_PX, base), f"{right * part:g}")
        for tenth in range(0, 11, 2):
            x = self.place_of(tenth / 10)
            painter.drawLine(QPointF(x, box.bottom()), QPointF(x, box.bottom() + _TICK_PX))
            word = f"{tenth / 10:g}"
            painter.drawText(
                QPointF(x - metrics.horizontalAdvance(word) / 2, self.height() - metrics.descent() - 1), word
            )

    def _draw_marks(self, painter: QPainter, box: QRect) -> None:
        """Where the suggestion is, and the best threshold of those who know the truth."""
        drawing, palette = self._drawing, self.palette()
        if drawing is None:
            return
        marks = []
        if drawing.curves.suggestion is not None:
            marks.append((drawing.curves.suggestion.at, "suggested", palette.color(QPalette.ColorRole.WindowText)))
        if drawing.best is not None:
            marks.append((drawing.best, "best mIoU", palette.color(QPalette.ColorRole.Link)))
        metrics = painter.fontMetrics()
        for place, (at, word, colour) in enumerate(marks):
            x, top = self.place_of(at), box.top() + 4 + place * metrics.height()
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashDotDotLine))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            words = f"{word} {at:.2f}"
            wide = metrics.horizontalAdvance(words)
            left = x + 4 if x + 4 + wide < box.right() else x - 4 - wide
            ground = palette.color(QPalette.ColorRole.Window)
            ground.setAlpha(190)
            painter.fillRect(QRectF(left - 1, top, wide + 2, metrics.height()), ground)
            painter.setPen(colour)
            painter.drawText(QPointF(left, top + metrics.ascent()), words)

    def _draw_handles(self, painter: QPainter, box: QRect) -> None:
        palette, metrics = self.palette(), painter.fontMetrics()
        for name in HANDLES:
            at = self.handle_place(name)
            accent = palette.color(QPalette.ColorRole.Highlight)
            painter.setPen(QPen(accent, 2 if name == self._active else 1))
            painter.drawLine(QPointF(at.x(), box.top()), QPointF(at.x(), box.bottom()))
            painter.setBrush(accent if name == self._active else palette.color(QPalette.ColorRole.Button))
            painter.drawPolygon(
                QPolygonF(
                    [
                        QPointF(at.x(), box.bottom()),
                        QPointF(at.x() - _HANDLE_PX, box.bottom() + 2 * _HANDLE_PX),
                        QPointF(at.x() + _HANDLE_PX, box.bottom() + 2 * _HANDLE_PX),
                    ]
                )
            )
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        for words, left in self._name_places():
            painter.drawText(QPointF(left, box.bottom() + 2 * _HANDLE_PX + metrics.ascent()), words)

    def _name_places(self) -> list[tuple[str, float]]:
        """Names under their handles, moved apart where they would cover each other."""
        metrics = self.fontMetrics()
        places, end = [], -1.0
        for name in HANDLES:
            wide = metrics.horizontalAdvance(name)
            left = max(self.place_of(self._thresholds.of(name)) - wide / 2, end + 5)
            places.append((str(name), left))
            end = left + wide
        return places

    def _legend(self) -> list[tuple[str, QPen]]:
        """Colours are classes, dashes are what is counted: each is named once."""
        drawing, palette = self._drawing, self.palette()
        if drawing is None:
            return []
        text = palette.color(QPalette.ColorRole.WindowText)
        truth = drawing.curves.ious is not None
        area, iou = "area, %", f"IoU, {USES_TRUTH}"
        found = []
        for label in drawing.curves.areas:
            colour = _readable(QColor(*class_colour(label - 1)), palette)
            found.append((drawing.names.get(label, str(label)), QPen(colour, 3)))
        found.append((area, QPen(text, 1.5, Qt.PenStyle.SolidLine)))
        if truth:
            found.append((iou, QPen(text, 1.5, Qt.PenStyle.DashLine)))
            link = palette.color(QPalette.ColorRole.Link)
            found.append(("mean", QPen(link, 2.5, Qt.PenStyle.DashDotLine)))
        found.append(("changed per step, % (right)", QPen(text, 1.5, Qt.PenStyle.DotLine)))
        return found

    def _draw_legend(self, painter: QPainter) -> None:
        metrics = painter.fontMetrics()
        x, y = 4.0, 0.0
        for words, pen in self._legend():
            wide = 28 + metrics.horizontalAdvance(words)
            if x > 4 and x + wide > self.width():
                x, y = 4.0, y + metrics.height()
            if y > self._head() - metrics.height() + 1:
                return
            middle = y + metrics.height() / 2
            painter.setPen(pen)
            painter.drawLine(QPointF(x, middle), QPointF(x + 22, middle))
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            painter.drawText(QPointF(x + 26, y + metrics.ascent()), words)
            x += wide + 8

    def _head(self) -> float:
        """Room for the legend: as many lines as it needs, but half of the widget at most."""
        metrics = self.fontMetrics()
        x, lines = 4.0, 1
        for words, _ in self._legend():
            wide = 28 + metrics.horizontalAdvance(words)
            if x > 4 and x + wide > self.width():
                x, lines = 4.0, lines + 1
            x += wide + 8
        return min(lines * metrics.height(), self.height() / 2)

    def _box(self) -> QRect:
        """Where the curves are; asked for many times a paint, so kept until the widget or what it shows changes."""
        if self._boxed is not None and self._boxed[0] is self._drawing and self._boxed[1] == self.size():
            return self._boxed[2]
        metrics = self.fontMetrics()
        side = metrics.horizontalAdvance("100") + 3 * _TICK_PX
        top = round(self._head()) + metrics.height() // 2 + 2
        foot = 2 * metrics.height() + 2 * _HANDLE_PX + 2
        box = QRect(side, top, max(1, self.width() - 2 * side), max(1, self.height() - top - foot))
        self._boxed = (self._drawing, self.size(), box)
        return box

    @override
    def changeEvent(self, event: QEvent) -> None:
        # Another font or theme.
        self._boxed = None
        super().changeEvent(event)

    def _last(self, name: HandleName, at: float) -> int:
        place = HANDLES.index(name)
        return -place if at >= self._thresholds.of(name) else place

    def _tell(self, at: float) -> None:
        at = min(max(round(at / STEP) * STEP, 0.0), 1.0)
        if at != self._thresholds.of(self._active):
            self.moved.emit(self._active, at)

    def _name(self) -> None:
        here = self._thresholds
        self.setAccessibleName(
            f"Thresholds: bg {here.bg:.2f}, eval {here.eval:.2f}, fg {here.fg:.2f}; the keys move {self._active}"
        )


def _readable(colour: QColor, palette: QPalette) -> QColor:
    """The colour, lighter or darker where it would sink into the ground."""
    ground = palette.color(QPalette.ColorRole.Window)
    if abs(colour.lightness() - ground.lightness()) >= 60:
        return colour
    return colour.lighter(220) if ground.lightness() < 128 else colour.darker(160)
