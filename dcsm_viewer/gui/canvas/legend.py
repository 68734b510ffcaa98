"""Which colour is which class, with the share of pixels each has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas import pane_drawing
from dcsm_viewer.render.palette import class_colour

_BETWEEN_PX = 18
_INSET_PX = 4


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One label of the legend; share of the image's pixels in [0, 1]."""

    label: int
    name: str
    share: float

    @property
    def words(self) -> str:
        return f"{self.name} {100 * self.share:.1f} %"


def entries(
    labels: NDArray[np.uint16] | NDArray[np.uint8 | np.uint16], names: dict[int, str]
) -> tuple[LegendEntry, ...]:
    """Classes by falling share, the background last; a class without a pixel is listed with 0."""
    counts = np.bincount(labels.ravel(), minlength=max(names, default=0) + 1)
    total = max(1, labels.size)
    found = [LegendEntry(label, name, float(counts[label]) / total) for label, name in names.items()]
    return tuple(sorted(found, key=lambda entry: (entry.label == 0, -entry.share, entry.label)))


class Legend(QWidget):
    """Chips and words in rows that break where the widget ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[LegendEntry, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)

    @property
    def entries(self) -> tuple[LegendEntry, ...]:
        return self._entries

    def show_entries(self, shown: tuple[LegendEntry, ...]) -> None:
        if shown != self._entries:
            self._entries = shown
            self.setAccessibleName("Legend: " + ", ".join(entry.words for entry in shown))
            self._settle()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(200, self._height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(100, self._height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._settle()
        super().resizeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = painter.fontMetrics().ascent() - 1
        line = self._line()
        for entry, corner in zip(self._entries, self._corners(), strict=True):
            chip = QRect(corner.x() + 1, corner.y() + (line - side) // 2, side, side)
            colour = class_colour(entry.label - 1) if entry.label else None
            pane_drawing.draw_chip(painter, chip, colour, self.palette())
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            words = QRect(chip.right() + pane_drawing.GAP_PX, corner.y(), self.width(), line)
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, entry.words)
        painter.end()

    def _line(self) -> int:
        return self.fontMetrics().height() + 4

    def _corners(self) -> list[QPoint]:
        metrics = self.fontMetrics()
        corners, x, y = [], _INSET_PX, 0
        for entry in self._entries:
            wide = metrics.ascent() + pane_drawing.GAP_PX + metrics.horizontalAdvance(entry.words)
            if x > _INSET_PX and x + wide > self.width():
                x, y = _INSET_PX, y + self._line()
            corners.append(QPoint(x, y))
            x += wide + _BETWEEN_PX
        return corners

    def _height(self) -> int:
        corners = self._corners()
        # One line is kept free while there is nothing to list, so that the panes do not jump when there is.
        return (corners[-1].y() if corners else 0) + self._line()

    def _settle(self) -> None:
        self.setFixedHeight(self._height())
