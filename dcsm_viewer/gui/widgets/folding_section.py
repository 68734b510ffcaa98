"""A part of a dock that folds under its name: a heading to click, the content below it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget


class FoldingSection(QWidget):
    """`folded(name, is_folded)` says that the user opened or closed it."""

    folded = Signal(str, bool)

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self._content = content
        self.is_folded = False
        self._heading = QToolButton(self)
        self._heading.setText(title)
        self._heading.setAutoRaise(True)
        self._heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        font = self._heading.font()
        font.setBold(True)
        self._heading.setFont(font)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._heading)
        column.addWidget(content)
        content.setContentsMargins(8, 0, 4, 6)
        self._heading.clicked.connect(self._turn)
        self.fold(is_folded=False)

    def fold(self, *, is_folded: bool) -> None:
        self.is_folded = is_folded
        self._heading.setArrowType(Qt.ArrowType.RightArrow if is_folded else Qt.ArrowType.DownArrow)
        self._heading.setAccessibleDescription("Folded" if is_folded else "Open")
        self._content.setVisible(not is_folded)

    def _turn(self) -> None:
        self.fold(is_folded=not self.is_folded)
        self.folded.emit(self.title, self.is_folded)
