"""The page of keys: every action that has one just now, in the order of the menus."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from dcsm_viewer.gui.commands.action_specs import ACTIONS, MENUS
from dcsm_viewer.gui.commands.shortcuts import Shortcuts
from dcsm_viewer.gui.commands.translations import translated

_MOUSE = (
    ("Wheel", "Zooms at the cursor, in all panes"),
    ("Drag, or hold Space and move", "Moves the picture, in all panes"),
    ("Click in the grid", "Shows that layer and scale large"),
    ("Double click in the grid", "Shows only that one"),
    ("Click on labels, in the Overlay view", "Chooses the class of that label"),
    ("Click in the Labels view", "Shows how far the CRF reaches from that pixel"),
)


class ShortcutListDialog(QDialog):
    """Stays open beside the work; it is not modal."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setWindowTitle("Keys")
        self.setModal(False)
        self.page = QTextBrowser(self)
        self.page.setAccessibleName("Keys")
        self.page.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page)
        shortcuts.rebound.connect(self._show)
        self._show()
        self.resize(560, 640)

    def _show(self) -> None:
        self.page.setHtml(keys_page(self._shortcuts.keys))


def keys_page(keys: Mapping[str, str] | None = None) -> str:
    """HTML: a table a menu, then what the mouse does in the panes. keys: by action, None for those of the table."""
    keys = {spec.name: spec.key for spec in ACTIONS} if keys is None else keys
    parts = []
    for menu in MENUS:
        rows = [
            (keys[spec.name], f"<b>{escape(translated(spec.text))}</b><br>{escape(translated(spec.help))}")
            for spec in ACTIONS
            if spec.menu == menu and keys[spec.name]
        ]
        if rows:
            parts.append(f"<h3>{menu}</h3>{_table(rows)}")
    parts.append(f"<h3>Mouse</h3>{_table([(key, escape(what)) for key, what in _MOUSE])}")
    return "".join(parts)


def _table(rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><td width=150><code>{escape(key)}</code></td><td>{what}</td></tr>" for key, what in rows)
    return f"<table cellpadding=3>{lines}</table>"
