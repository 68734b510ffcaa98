"""One colour bar with numbers, for panes that share a range and are too small to have one each."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas import pane_drawing
from dcsm_viewer.gui.canvas.value_ranges import ColourRange, short
from dcsm_viewer.render.color_tables import map_table


class RangeBar(QWidget):
    """What it is for on the left, the colours from low to high with their numbers behind it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._colormap = "inferno"
        self._colours = ColourRange(0.0, 1.0, "", 1.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    @property
    def colours(self) -> ColourRange:
        return self._colours

    def show_range(self, colormap: str, colours: ColourRange) -> None:
        if (colormap, colours) != (self._colormap, self._colours):
            self._colormap, self._colours = colormap, colours
            self._name()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(240, pane_drawing.bar_height(self.fontMetrics()) + 2)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        wide = painter.fontMetrics().horizontalAdvance(self._title) + 2 * pane_drawing.GAP_PX
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(0, pane_drawing.GAP_PX + painter.fontMetrics().ascent() - 1, self._title)
        box = QRect(wide, 0, max(1, self.width() - wide - 2), self.height())
        pane_drawing.draw_lying_bar(painter, box, map_table(self._colormap, 1.0), self._colours, self.palette())
        painter.end()

    def _name(self) -> None:
        low, high = short(self._colours.low), short(self._colours.high)
        self.setAccessibleName(f"Colours of the {self._title}: {low} to {high}, {self._colormap}")
