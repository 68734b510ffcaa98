"""Every action and its key, to be changed: choose a row, press the new key, assign it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dcsm_viewer.gui.commands.action_specs import ACTIONS
from dcsm_viewer.gui.commands.command_palette import matching
from dcsm_viewer.gui.commands.shortcuts import Shortcuts
from dcsm_viewer.gui.commands.translations import translated

_NAME = Qt.ItemDataRole.UserRole


class ShortcutEditor(QDialog):
    """Stays open beside the work; every change holds at once and is remembered."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setWindowTitle("Customize shortcuts")
        self.setModal(False)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Find an action")
        self.search.setAccessibleName("Find an action")
        self.rows = QTreeWidget(self)
        self.rows.setAccessibleName("Actions and their keys")
        self.rows.setHeaderLabels(["Action", "Key"])
        self.rows.setRootIsDecorated(False)
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.rows.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.key = QKeySequenceEdit(self)
        self.key.setMaximumSequenceLength(1)
        self.key.setClearButtonEnabled(True)
        self.key.setAccessibleName("New key")
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setAccessibleName("About the new key")
        self.assign = QPushButton("Assign", self)
        self.reset = QPushButton("Reset", self)
        self.reset.setToolTip("The first key of the chosen action")
        self.reset_all = QPushButton("Reset all", self)
        self._lay_out()
        self._fill()
        self.search.textChanged.connect(self._filter)
        self.rows.currentItemChanged.connect(self._show_chosen)
        self.key.keySequenceChanged.connect(self._weigh)
        self.assign.clicked.connect(self._assign)
        self.reset.clicked.connect(self._reset)
        self.reset_all.clicked.connect(self._reset_all)
        shortcuts.rebound.connect(self._show_keys)
        self.choose(ACTIONS[0].name)
        self.resize(560, 560)

    def choose(self, name: str) -> None:
        """The row of this action."""
        self.rows.setCurrentItem(self._items[name])

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        label = QLabel("New key", self)
        label.setBuddy(self.key)
        below.addWidget(label)
        below.addWidget(self.key, 1)
        for button in (self.assign, self.reset, self.reset_all):
            button.setAutoDefault(False)
            below.addWidget(button)
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.rows, 1)
        column.addWidget(self.words)
        column.addLayout(below)

    def _fill(self) -> None:
        keys = self._shortcuts.keys
        self._items: dict[str, QTreeWidgetItem] = {}
        for spec in ACTIONS:
            item = QTreeWidgetItem([f"{spec.menu} · {translated(spec.text)}", keys[spec.name]])
            item.setData(0, _NAME, spec.name)
            item.setToolTip(0, translated(spec.help))
            self.rows.addTopLevelItem(item)
            self._items[spec.name] = item

    def _chosen(self) -> str:
        item = self.rows.selectedItems()
        return str(item[0].data(0, _NAME)) if item else ""

    def _filter(self, text: str) -> None:
        found = {spec.name for spec in matching(text)}
        for name, item in self._items.items():
            item.setHidden(name not in found)

    def _show_keys(self) -> None:
        keys = self._shortcuts.keys
        for name, item in self._items.items():
            item.setText(1, keys[name])
        self._show_chosen()

    def _show_chosen(self) -> None:
        self.key.setKeySequence(QKeySequence.fromString(self._shortcuts.keys.get(self._chosen(), "")))
        self._weigh()

    def _weigh(self) -> None:
        """Says what assigning would take away, before it does."""
        name, key = self._chosen(), self.key.keySequence().toString()
        sentence = self._shortcuts.why_not(name, key) if name else ""
        is_reserved = sentence.endswith("another key.")
        self.words.setText(sentence)
        self.assign.setText("Reassign" if sentence and not is_reserved else "Assign")
        self.assign.setEnabled(bool(name) and not is_reserved and key != self._shortcuts.keys.get(name))

    def _assign(self) -> None:
        self._shortcuts.bind(self._chosen(), self.key.keySequence().toString())

    def _reset(self) -> None:
        if self._chosen():
            self._shortcuts.reset(self._chosen())

    def _reset_all(self) -> None:
        self._shortcuts.reset()
