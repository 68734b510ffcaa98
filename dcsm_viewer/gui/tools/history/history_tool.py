"""Everything that was set, step by step, and what was kept on the way; a click goes there."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.save_snapshot import compare_with, restore_settings, save_snapshot
from dcsm_viewer.gui.state.snapshots import named, renamed, without
from dcsm_viewer.gui.state.store import History
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.history.history_text import words_of_change
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext


class HistoryTool(Tool):
    """Left: states of the settings, the newest on top, what changed in each. Right: the kept results."""

    watched = ("image", "settings", "result", "snapshots")

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._shown: tuple[History, tuple[str, ...]] | None = None
        self.steps = _list("Steps of the settings, newest first", self)
        self.snapshot_list = _list("Snapshots", self)
        self.snapshot_list.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.keep = _button("Save snapshot", "Saves the displayed result under a letter", self)
        self.compare = _button("Compare", "Compares the chosen snapshot with the displayed result", self)
        self.use = _button("Restore settings", "Restores the settings of the chosen snapshot", self)
        self.drop = _button("Delete snapshot", "Deletes the chosen snapshot", self)
        self._lay_out()
        self.steps.itemActivated.connect(self._go)
        self.steps.itemClicked.connect(self._go)
        self.snapshot_list.itemChanged.connect(self._rename)
        self.snapshot_list.currentItemChanged.connect(self._allow)
        self.snapshot_list.itemActivated.connect(self._compare)
        self.keep.clicked.connect(self._keep)
        self.compare.clicked.connect(self._compare)
        self.use.clicked.connect(self._use)
        self.drop.clicked.connect(self._drop)

    @override
    def show_state(self, state: ViewState) -> None:
        names = () if state.result is None else state.result.model.class_names
        now = (self.context.store.history, names)
        if now != self._shown:
            self._shown = now
            self._show_steps(*now)
        self._show_kept(state)
        self._allow()

    @override
    def minimumSizeHint(self) -> QSize:
        # Lists scroll; a small window must not grow for them.
        return QSize(300, 100)

    def _show_steps(self, history: History, names: tuple[str, ...]) -> None:
        with QSignalBlocker(self.steps):
            self.steps.clear()
            for index, words in reversed([*enumerate(step_words(history, names))]):
                item = QListWidgetItem(words)
                item.setData(Qt.ItemDataRole.UserRole, index)
                font = item.font()
                font.setBold(index == history.here)
                item.setFont(font)
                if index > history.here:
                    item.setForeground(self.palette().placeholderText())
                    item.setToolTip("Undone; a click redoes it")
                self.steps.addItem(item)
            self.steps.setCurrentRow(len(history.steps) - 1 - history.here)

    def _show_kept(self, state: ViewState) -> None:
        wanted = [snapshot.name for snapshot in state.snapshots]
        there = [
            self.snapshot_list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.snapshot_list.count())
        ]
        with QSignalBlocker(self.snapshot_list):
            if wanted != there:
                name = self._chosen()
                self.snapshot_list.clear()
                for snapshot in state.snapshots:
                    item = QListWidgetItem(snapshot.name)
                    item.setData(Qt.ItemDataRole.UserRole, snapshot.name)
                    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                    self.snapshot_list.addItem(item)
                if self.snapshot_list.count():
                    self.snapshot_list.setCurrentRow(
                        wanted.index(name) if name in wanted else self.snapshot_list.count() - 1
                    )
            for row, snapshot in enumerate(state.snapshots):
                differs = words_of_change(state.settings, snapshot.settings) or "the current settings"
                gone = "" if snapshot.result is not None else "; settings only, its maps are no longer cached"
                self.snapshot_list.item(row).setToolTip(as_tip(f"{snapshot.image_name}: {differs}{gone}"))
        chosen = named(state.snapshots, self._chosen())
        if chosen is None:
            self._about.setText("There are no snapshots. K saves the displayed result.")
        else:
            differs = words_of_change(state.settings, chosen.settings)
            self._about.setText(f"{chosen.image_name}. " + (f"From now: {differs}." if differs else "Same as now."))

    def _chosen(self) -> str:
        row = self.snapshot_list.currentRow()
        return "" if row < 0 else str(self.snapshot_list.item(row).data(Qt.ItemDataRole.UserRole))

    def _allow(self, *_items: object) -> None:
        state = self.context.store.state
        self.keep.setEnabled(state.result is not None and state.result.completeness == "settled")
        for button in (self.compare, self.use, self.drop):
            button.setEnabled(bool(self._chosen()))

    def _go(self, item: QListWidgetItem) -> None:
        self.context.store.go_to(item.data(Qt.ItemDataRole.UserRole))

    def _rename(self, item: QListWidgetItem) -> None:
        store = self.context.store
        old = item.data(Qt.ItemDataRole.UserRole)
        try:
            store.change(snapshots=renamed(store.state.snapshots, old, item.text()))
        except UserError as error:
            store.change(message=str(error))
            with QSignalBlocker(self.snapshot_list):
                item.setText(old)

    def _keep(self) -> None:
        save_snapshot(self.context.store)

    def _compare(self) -> None:
        if self._chosen():
            compare_with(self.context.store, self._chosen())

    def _use(self) -> None:
        restore_settings(self.context.store, self._chosen())

    def _drop(self) -> None:
        store = self.context.store
        store.change(snapshots=without(store.state.snapshots, self._chosen()))

    def _lay_out(self) -> None:
        left, right = QWidget(self), QWidget(self)
        steps, snapshot_list = QVBoxLayout(left), QVBoxLayout(right)
        for column, words, content in (
            (steps, "Settings, step by step", self.steps),
            (snapshot_list, "Snapshots", self.snapshot_list),
        ):
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            heading = QLabel(words, self)
            heading.setBuddy(content)
            column.addWidget(heading)
            column.addWidget(content, 1)
        self._about = QLabel(self)
        self._about.setWordWrap(True)
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self._about.setAccessibleName("About the chosen snapshot")
        buttons = QHBoxLayout()
        for button in (self.keep, self.compare, self.use, self.drop):
            buttons.addWidget(button)
        snapshot_list.addWidget(self._about)
        snapshot_list.addLayout(buttons)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(right)
        row = QHBoxLayout(self)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        row.setContentsMargins(6, 2, 6, 4)
        row.addWidget(splitter)


def step_words(history: History, class_names: tuple[str, ...] = ()) -> list[str]:
    """A line for every step, oldest first: what changed to get there."""
    words = ["as it began"]
    for before, after in zip(history.steps, history.steps[1:], strict=False):
        changed = words_of_change(before.settings, after.settings, class_names)
        other = before.digest != after.digest
        words.append(", ".join(part for part in (changed, "another image" if other else "") if part) or "the same")
    return [f"{index}  {text}" for index, text in enumerate(words)]


def _list(name: str, parent: QWidget) -> QListWidget:
    made = QListWidget(parent)
    made.setAccessibleName(name)
    made.setUniformItemSizes(True)
    made.setTextElideMode(Qt.TextElideMode.ElideRight)
    return made


def _button(text: str, explanation: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(explanation)
    button.setAccessibleDescription(explanation)
    return button
