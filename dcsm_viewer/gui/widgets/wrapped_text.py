"""Sentences in a tool: wrapped, selectable, and read out by their name."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


def wrapped(name: str, parent: QWidget, text: str = "") -> QLabel:
    """A label of plain text that takes the width it gets and as many lines as it needs."""
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    # Or it would take the height it needs at a width of its own choice.
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    label.setAccessibleName(name)
    return label
