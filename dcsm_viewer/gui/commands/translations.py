"""Words of the action table in the user's language, where a catalogue is loaded; English otherwise.

Menus, tool tips, the palette and the page of keys go through here, because they come from one table. The words
written beside their controls do not yet: they are whole sentences in one place each, ready to be wrapped the same way.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from PySide6.QtCore import QCoreApplication

CONTEXT = "actions"


def translated(text: str) -> str:
    """The text in the language of the translators that are installed in the application."""
    return QCoreApplication.translate(CONTEXT, text)


def catalogue(texts: list[str]) -> str:
    """Qt's catalogue (.ts, XML) of these texts, each once, for Qt Linguist to fill."""
    messages = "".join(
        f'<message><source>{escape(text)}</source><translation type="unfinished"/></message>'
        for text in dict.fromkeys(texts)
        if text
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n<TS version="2.1" sourcelanguage="en">'
        f"<context><name>{CONTEXT}</name>{messages}</context></TS>\n"
    )
