"""Names of files, classes and models as they are: Qt takes some texts for HTML, and '&' for the mark of a key.

Everything that shows a name goes through here. Labels are made plain once, with all that a window or a tool holds;
tool tips, menus, buttons and tabs know no plain text, so there the name itself is changed.
"""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt
from PySide6.QtWidgets import QLabel, QWidget


def make_plain(widget: QWidget) -> None:
    """Let all labels in `widget` show their texts as they are, but for those that were told to show HTML."""
    labels = widget.findChildren(QLabel)
    for label in labels:
        if label.textFormat() == Qt.TextFormat.AutoText:
            label.setTextFormat(Qt.TextFormat.PlainText)


def as_tip(text: str) -> str:
    """Return the text for a tool tip, which shows as HTML what looks like HTML."""
    if not Qt.mightBeRichText(text):
        return text
    lines = "<br>".join(escape(line) for line in text.split("\n"))
    return f"<span>{lines}</span>"


def as_control(text: str) -> str:
    """Return the text for a menu's entry, a button, a tick or a tab, where '&' would underline the next letter."""
    return text.replace("&", "&&")


def as_title(text: str) -> str:
    """Return the text for a window's title, where '[*]' stands for the mark of an unsaved document."""
    return text.replace("[*]", "[*][*]")
