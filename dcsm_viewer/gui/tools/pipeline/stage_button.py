"""One stage of the strip as a button: a stripe that says how fresh it is, its name, time, pieces and memory."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.core.types import Stage
from dcsm_viewer.gui.canvas import pane_drawing
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.tools.pipeline.stage_cards import StageCard

_STRIPE_PX = 4
_PAD_PX = 6


class StageButton(QAbstractButton):
    """Checked while its artefact is on show."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._card = StageCard(stage, None, is_stale=False, is_running=False)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def card(self) -> StageCard:
        return self._card

    def show_card(self, card: StageCard) -> None:
        if card != self._card:
            self._card = card
            self.update()
        self.setToolTip(as_tip(card.words))
        self.setAccessibleName(card.words)

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("9999 ms, 99.9 MB"), 3 * self._line() + 2 * _PAD_PX)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("Segmentation stale"), self.sizeHint().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette, card = self.palette(), self._card
        box = self.rect().adjusted(0, 0, -1, -1)
        painter.fillRect(box, palette.color(QPalette.ColorRole.Base if self.isChecked() else QPalette.ColorRole.Button))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(box)
        painter.fillRect(QRect(box.left(), box.top(), _STRIPE_PX, box.height() + 1), palette.color(_stripe(card)))
        line = self._line()
        words = QRect(box.left() + _STRIPE_PX + _PAD_PX, box.top() + _PAD_PX, 0, line)
        words.setRight(box.right() - _PAD_PX)
        text, quiet = palette.color(QPalette.ColorRole.ButtonText), pane_drawing.muted(palette)
        mark = palette.color(QPalette.ColorRole.BrightText if card.is_stale else QPalette.ColorRole.Link)
        painter.setFont(pane_drawing.bold(self.font()))
        title = card.stage.capitalize()
        pane_drawing.draw_words(painter, words, left=title, right=card.mark, left_colour=text, right_colour=mark)
        painter.setFont(self.font())
        for index, (label, colour) in enumerate(((card.pace, text), (card.pieces, quiet)), start=1):
            row = words.translated(0, index * line)
            pane_drawing.draw_words(painter, row, left=label, right="", left_colour=colour, right_colour=colour)
        if self.hasFocus():
            pane_drawing.draw_frame(painter, self.rect(), palette)
        painter.end()

    def _line(self) -> int:
        return self.fontMetrics().height()


def _stripe(card: StageCard) -> QPalette.ColorRole:
    """Red: of other settings; accent: made just now; grey: kept from before, or not there yet."""
    if card.is_stale:
        return QPalette.ColorRole.BrightText
    made = card.time is not None and card.time.made > 0
    return QPalette.ColorRole.Highlight if made or card.is_running else QPalette.ColorRole.Mid
