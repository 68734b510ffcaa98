"""The page of keys: every action that has one, in the order of the menus."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from dcsm_viewer.gui.actions import ACTIONS, MENUS

_MOUSE = (
    ("Wheel", "Zooms at the cursor, in all panes"),
    ("Drag, or hold Space and move", "Moves the picture, in all panes"),
    ("Click in the grid", "Shows that layer and scale large"),
    ("Double click in the grid", "Shows only that one"),
    ("Click on labels, in the Overlay view", "Chooses the class of that label"),
    ("Click in the Labels view", "Shows how far the CRF reaches from that pixel"),
)


class KeysWindow(QDialog):
    """Stays open beside the work; it is not modal."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setModal(False)
        page = QTextBrowser(self)
        page.setHtml(keys_page())
        page.setAccessibleName("Keys")
        page.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(page)
        self.resize(560, 640)


def keys_page() -> str:
    """HTML: a table a menu, then what the mouse does in the panes."""
    parts = []
    for menu in MENUS:
        rows = [
            (spec.key, f"<b>{escape(spec.text)}</b><br>{escape(spec.help)}")
            for spec in ACTIONS
            if spec.menu == menu and spec.key
        ]
        if rows:
            parts.append(f"<h3>{menu}</h3>{_table(rows)}")
    parts.append(f"<h3>Mouse</h3>{_table([(key, escape(what)) for key, what in _MOUSE])}")
    return "".join(parts)


def _table(rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><td width=150><code>{escape(key)}</code></td><td>{what}</td></tr>" for key, what in rows)
    return f"<table cellpadding=3>{lines}</table>"
