"""One line that offers what a crash left behind; it waits, and never stands in the way."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget


class SessionBar(QWidget):
    """Signals: `restore_wanted`, `discard_wanted`; either way the line goes."""

    restore_wanted = Signal()
    discard_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.restore = QPushButton("Restore", self)
        self.restore.setAccessibleDescription("Opens the images and settings of the window that was not closed")
        self.discard = QPushButton("Discard", self)
        self.discard.setAccessibleDescription("Forgets them")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.addWidget(self.words, 1)
        row.addWidget(self.restore)
        row.addWidget(self.discard)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        self.setAutoFillBackground(True)
        self.restore.clicked.connect(self.restore_wanted)
        self.discard.clicked.connect(self.discard_wanted)
        self.restore.clicked.connect(self.hide)
        self.discard.clicked.connect(self.hide)
        self.hide()

    def offer(self, sentence: str) -> None:
        self.words.setText(sentence)
        self.setAccessibleName(sentence)
        self.show()
