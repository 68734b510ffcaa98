"""The waterfall of one class at one pixel: what each scale and layer adds, up to the class map."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.views import pane_paint as strokes
from dcsm_viewer.gui.views.ranges import short
from dcsm_viewer.imaging.palette import class_colour
from dcsm_viewer.inquiries.ledger import ClassEntry

_TICK_PX = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """From `low` to `high` in shares of the class's largest total; `group` is the scale, "" for the two results."""

    name: str
    group: str
    start: float
    end: float
    words: str

    @property
    def is_result(self) -> bool:
        return not self.group


def bars_of(entry: ClassEntry, *, final_tanh: bool) -> tuple[Bar, ...]:
    """A bar a layer under each scale that counts, each where the last one ended; then the sum, then the class map."""
    bars, height = [], 0.0
    unit = entry.largest if entry.largest > 0 else 1.0
    for scale in entry.scales:
        for layer in scale.layers if scale.counts else ():
            end = height + layer.added / unit
            words = f"{layer.layer}, {scale.scale} px: adds {short(layer.added)} to {short(height * unit)}"
            bars.append(Bar(layer.layer, f"{scale.scale} px", height, end, words))
            height = end
    bars.append(Bar("sum", "", 0.0, entry.share, f"total {short(entry.total)} / largest {short(entry.largest)}"))
    last = "after tanh" if final_tanh else "class map"
    bars.append(Bar(last, "", 0.0, entry.value, f"class map {short(entry.value)}"))
    return tuple(bars)


class Waterfall(QWidget):
    """Shows one ClassEntry; every bar has its words as a tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: ClassEntry | None = None
        self._bars: tuple[Bar, ...] = ()
        self._title = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName("Waterfall: no pixel is chosen")

    @property
    def bars(self) -> tuple[Bar, ...]:
        return self._bars

    def show_entry(self, entry: ClassEntry | None, name: str, *, final_tanh: bool) -> None:
        self._entry = entry
        self._bars = () if entry is None else bars_of(entry, final_tanh=final_tanh)
        self._title = "" if entry is None else f"{name}: part of its maximum"
        words = "no pixel is chosen" if entry is None else f"{name}, {len(self._bars) - 2} parts, {short(entry.share)}"
        self.setAccessibleName(f"Waterfall: {words}")
        self.update()

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(200, 5 * self.fontMetrics().height())

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            bar = self.bar_at(event.pos().x())
            QToolTip.showText(event.globalPos(), "" if bar is None else as_tip(bar.words), self)
            return True
        return super().event(event)

    def bar_at(self, x: int) -> Bar | None:
        plot = self._plot()
        if not self._bars or not plot.left() <= x <= plot.right():
            return None
        places = self._places(plot)
        return next(bar for bar, (left, width) in zip(self._bars, places, strict=True) if x <= left + width + 1)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._entry is not None:
            self._draw(painter, self._entry)
        painter.end()

    def _draw(self, painter: QPainter, entry: ClassEntry) -> None:
        plot, palette, metrics = self._plot(), self.palette(), painter.fontMetrics()
        enabled = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        text = palette.color(enabled, QPalette.ColorRole.WindowText)
        painter.setPen(text)
        head = QRect(plot.left(), 0, self.width() - plot.left(), metrics.height())
        painter.drawText(
            head, Qt.AlignmentFlag.AlignLeft, metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, head.width())
        )
        low, high = self._span()
        self._draw_axis(painter, plot, (low, high), text)
        places = self._places(plot)
        colour = QColor(*class_colour(entry.class_id))
        for bar, (left, width) in zip(self._bars, places, strict=True):
            box = self._box(plot, bar, left, width)
            shade = QColor(colour)
            shade.setAlpha(255 if bar.is_result else 150)
            painter.setPen(QPen(text, 1))
            if bar.end >= bar.start:
                painter.setBrush(shade)
            else:
                # What takes away is hatched: colour is never the only sign.
                painter.setBrush(Qt.BrushStyle.BDiagPattern)
            painter.drawRect(box)
            if not bar.is_result:
                y = self._height_of(plot, bar.end)
                painter.setPen(QPen(strokes.muted(palette), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(box.right(), y), QPointF(left + width + 0.5 * width, y))
        self._draw_names(painter, plot, text)

    def _draw_axis(self, painter: QPainter, plot: QRect, span: tuple[float, float], text: QColor) -> None:
        metrics = painter.fontMetrics()
        painter.setPen(QPen(strokes.muted(self.palette()), 1))
        painter.drawLine(plot.left(), plot.top(), plot.left(), plot.bottom())
        zero = round(self._height_of(plot, 0.0))
        painter.drawLine(plot.left(), zero, plot.right(), zero)
        painter.setPen(text)
        ticks = (0.0, span[1] / 2, span[1]) if span[0] == 0 else (span[0], 0.0, span[1])
        for value in ticks:
            y = round(self._height_of(plot, value))
            word = short(value)
            painter.drawLine(plot.left() - _TICK_PX, y, plot.left(), y)
            painter.drawText(
                plot.left() - 2 * _TICK_PX - metrics.horizontalAdvance(word), y + metrics.ascent() // 2 - 1, word
            )

    def _draw_names(self, painter: QPainter, plot: QRect, text: QColor) -> None:
        metrics, line = painter.fontMetrics(), painter.fontMetrics().height()
        painter.setPen(text)
        groups: dict[str, tuple[float, float]] = {}
        narrow = min(width for _, width in self._places(plot)) - 2
        # Names of all layers or of none: a few among them would seem to mean something.
        named = all(_fitting(bar.name, metrics, narrow) for bar in self._bars if not bar.is_result)
        for bar, (at, width) in zip(self._bars, self._places(plot), strict=True):
            groups[bar.group] = (groups.get(bar.group, (at, at))[0], at + width)
            name = _fitting(bar.name, metrics, width - 2) if named or bar.is_result else ""
            box = QRectF(at, plot.bottom() + 3, width, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, name)
            if bar.is_result:
                value = QRectF(at, plot.bottom() + 4 + line, width, line)
                painter.drawText(value, Qt.AlignmentFlag.AlignHCenter, _fitting(short(bar.end), metrics, width))
        for group, (left, right) in groups.items():
            if group:
                y = plot.bottom() + 3 + line
                painter.setPen(QPen(strokes.muted(self.palette()), 1))
                painter.drawLine(QPointF(left + 2, y), QPointF(right - 2, y))
                painter.setPen(text)
                words = group if metrics.horizontalAdvance(group) <= right - left else group.removesuffix(" px")
                painter.drawText(QRectF(left, y + 1, right - left, line), Qt.AlignmentFlag.AlignHCenter, words)

    def _places(self, plot: QRect) -> list[tuple[float, float]]:
        """Left edge and width of each bar; the two results are twice as wide as the parts."""
        shares = [2.0 if bar.is_result else 1.0 for bar in self._bars]
        unit, left, places = plot.width() / sum(shares), float(plot.left()), []
        for share in shares:
            places.append((left, share * unit))
            left += share * unit
        return places

    def _box(self, plot: QRect, bar: Bar, left: float, width: float) -> QRectF:
        top, bottom = sorted((self._height_of(plot, bar.start), self._height_of(plot, bar.end)))
        inset = min(4.0, width / 8)
        return QRectF(left + inset, top, width - 2 * inset, bottom - top)

    def _height_of(self, plot: QRect, value: float) -> float:
        low, high = self._span()
        return plot.bottom() - (value - low) / (high - low) * plot.height()

    def _span(self) -> tuple[float, float]:
        """From the lowest place a bar reaches, at most 0, to the highest, in round numbers."""
        ends = [bar.end for bar in self._bars]
        return -_round_up(max(0.0, -min(ends))), _round_up(max(*ends, 0.01))

    def _plot(self) -> QRect:
        metrics = self.fontMetrics()
        side = metrics.horizontalAdvance("-0.88") + 3 * _TICK_PX
        line = metrics.height()
        return QRect(side, line + 6, max(1, self.width() - side - 4), max(1, self.height() - 3 * line - 12))


def _round_up(value: float) -> float:
    """The next of 0, 0.01, 0.02, 0.05, 0.1 ... that is not below the value."""
    return next((step for step in (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 1.0) if value <= step), value)


def _fitting(name: str, metrics: QFontMetrics, width: float) -> str:
    """The name, or the number at its end ("block14" as "14", "conv5_3" as "5_3"), or nothing, as there is room."""
    number = re.search(r"\d[\d_.]*$", name)
    for words in (name, "" if number is None else number[0]):
        if metrics.horizontalAdvance(words) <= width:
            return words
    return ""
