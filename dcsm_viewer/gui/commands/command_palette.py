"""The command palette: type a few letters of what you want, press Enter."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.commands.action_specs import ACTIONS, ActionSpec
from dcsm_viewer.gui.commands.translations import translated

_WIDTH_PX = 560
_HEIGHT_PX = 360


class CommandPalette(QFrame):
    """A popup over the window; it closes by itself when something else is clicked."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._actions = actions
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("What do you want to do?")
        self.search.setAccessibleName("Command")
        self.list = QListWidget(self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Commands")
        self.list.setUniformItemSizes(True)
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.list)
        self.search.textChanged.connect(self._show_found)
        self.search.returnPressed.connect(self._run_current)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._run)
        self.resize(_WIDTH_PX, _HEIGHT_PX)

    def open_over(self, window: QWidget) -> None:
        """In the upper middle of the window, empty, ready to type into."""
        self.search.clear()
        self._show_found("")
        corner = QPoint((window.width() - self.width()) // 2, window.height() // 8)
        self.move(window.mapToGlobal(corner))
        self.show()
        self.search.setFocus()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if by:
                self.list.setCurrentRow(min(max(self.list.currentRow() + by, 0), self.list.count() - 1))
                return True
        return super().eventFilter(watched, event)

    def _show_found(self, text: str) -> None:
        self.list.clear()
        for spec in matching(text):
            if not self._actions[spec.name].isEnabled() or spec.name == "tools.palette":
                continue
            bound = self._actions[spec.name].shortcut().toString()
            key = f"   [{bound}]" if bound else ""
            item = QListWidgetItem(f"{spec.menu} · {translated(spec.text)}{key}")
            item.setToolTip(translated(spec.help))
            item.setData(Qt.ItemDataRole.UserRole, spec.name)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run_current(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._run(item)

    def _run(self, item: QListWidgetItem) -> None:
        self.close()
        self._actions[item.data(Qt.ItemDataRole.UserRole)].trigger()


def matching(text: str) -> tuple[ActionSpec, ...]:
    """Actions whose words contain every word of `text`; found by name comes before found by help.

    The words are found in English too, whatever the language of the window.
    """
    words = text.casefold().split()

    def found(text: str) -> bool:
        return all(word in text.casefold() for word in words)

    by_name = [spec for spec in ACTIONS if found(f"{spec.menu} {spec.submenu} {spec.text} {translated(spec.text)}")]
    by_help = [spec for spec in ACTIONS if spec not in by_name and found(f"{spec.menu} {spec.text} {spec.help}")]
    return (*by_name, *by_help)
