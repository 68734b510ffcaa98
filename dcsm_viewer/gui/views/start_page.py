"""The invitation before the first image."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas import pane_drawing

_FRAME_PX = 24


class StartPage(QWidget):
    """Says what to do first, and offers it.

    Signals:
        open_wanted: the button that opens an image.
        sample_wanted: the button that opens a photograph that came with the program.
    """

    open_wanted = Signal()
    sample_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("No image open")
        title = QLabel("Drop a photograph here", self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        title.setFont(font)
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words = QLabel(
            "A file, a folder or a copied picture. You will see which pixels speak for each class, "
            "before and after the other classes' share is subtracted.",
            self,
        )
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setMaximumWidth(460)
        self.open_button = QPushButton("Open image…", self)
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self.open_wanted)
        self.sample_button = QPushButton("Try the sample", self)
        self.sample_button.clicked.connect(self.sample_wanted)

        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.sample_button)
        buttons.addStretch(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(words, 4)
        middle.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * _FRAME_PX, 2 * _FRAME_PX, 2 * _FRAME_PX, 2 * _FRAME_PX)
        layout.setSpacing(16)
        layout.addStretch(2)
        layout.addWidget(title)
        layout.addLayout(middle)
        layout.addLayout(buttons)
        layout.addStretch(3)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(pane_drawing.muted(self.palette()), 1.5, Qt.PenStyle.DashLine))
        frame = self.rect().adjusted(_FRAME_PX, _FRAME_PX, -_FRAME_PX, -_FRAME_PX)
        painter.drawRoundedRect(frame, 10, 10)
        painter.end()
