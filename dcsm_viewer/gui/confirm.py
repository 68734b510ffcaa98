"""The question before something long is broken off."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from dcsm_viewer.gui.plain_text import make_plain


def is_confirmed(parent: QWidget, question: str, consequence: str) -> bool:
    """Whether the user says yes; Escape and Enter both mean no, because a slip must not cost an hour's work."""
    box = QMessageBox(QMessageBox.Icon.Question, question, question, parent=parent)
    box.setInformativeText(consequence)
    make_plain(box)
    box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
    box.setDefaultButton(QMessageBox.StandardButton.No)
    return box.exec() == QMessageBox.StandardButton.Yes
