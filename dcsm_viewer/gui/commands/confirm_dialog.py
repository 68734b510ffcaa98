"""The questions before something is lost: long work broken off, a file replaced."""

from __future__ import annotations

from pathlib import Path

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


def with_ending(parent: QWidget, path: str, ending: str) -> str:
    """Return the path from a dialog with this ending, "" where the user does not want to lose the file of that name.

    The dialog has asked about the name that was typed only.
    """
    whole = Path(f"{path}{ending}")
    if whole.exists() and not is_confirmed(parent, f"Replace {whole.name}?", f"{whole} is there already."):
        return ""
    return str(whole)
