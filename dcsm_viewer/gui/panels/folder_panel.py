"""The images of a folder, thousands of them if need be; the one on show is marked, one that cannot be read too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListView, QToolButton, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState

_Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class FolderModel(QAbstractListModel):
    """Names of files; nothing is read but the rows on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: tuple[str, ...] = ()
        self._unreadable: frozenset[str] = frozenset()
        self._shown: str | None = None

    def show_state(self, state: ViewState) -> None:
        shown = None if state.image is None else state.image.path
        if self._paths != state.folder:
            self.beginResetModel()
            self._paths, self._unreadable, self._shown = state.folder, state.unreadable, shown
            self.endResetModel()
            return
        if self._paths and (self._unreadable, self._shown) != (state.unreadable, shown):
            self._unreadable, self._shown = state.unreadable, shown
            self.dataChanged.emit(self.index(0), self.index(len(self._paths) - 1))

    @override
    def rowCount(self, parent: _Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._paths)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        path = self._paths[index.row()]
        bad = path in self._unreadable
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{Path(path).name} (not readable)" if bad else Path(path).name
            case Qt.ItemDataRole.ToolTipRole:
                return as_tip(path)
            case Qt.ItemDataRole.FontRole:
                font = QFont()
                font.setBold(path == self._shown)
                font.setStrikeOut(bad)
                return font
            case _:
                return None


class FolderPanel(QWidget):
    """`place_wanted(place)` when a row is chosen, `step_wanted(by)` from the buttons below."""

    index_wanted = Signal(int)
    step_wanted = Signal(int)

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.setMinimumWidth(120)
        self._model = FolderModel()
        self.list = QListView(self)
        self.list.setModel(self._model)
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Images of the folder")
        self._previous = self._step_button("◀", "Previous image", -1)
        self._next = self._step_button("▶", "Next image", +1)
        self._where = QLabel(self)
        self._where.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout()
        row.addWidget(self._previous)
        row.addWidget(self._where, 1)
        row.addWidget(self._next)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        store.watch(self._on_state_changed, "folder", "folder_index", "image", "unreadable")
        self.show_state(store.state)

    def show_state(self, state: ViewState) -> None:
        self._model.show_state(state)
        if state.folder_index is not None:
            index = self._model.index(state.folder_index)
            if index != self.list.currentIndex():
                self.list.setCurrentIndex(index)
        count = len(state.folder)
        self._where.setText(
            f"{0 if state.folder_index is None else state.folder_index + 1:,} of {count:,}" if count else ""
        )
        self._previous.setEnabled(state.folder_index is not None and state.folder_index > 0)
        self._next.setEnabled(state.folder_index is not None and state.folder_index + 1 < count)

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self.show_state(after)

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and current.row() != self._store.state.folder_index:
            self.index_wanted.emit(current.row())

    def _step_button(self, text: str, name: str, by: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAutoRaise(True)
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.setProperty("by", by)
        button.clicked.connect(self._on_step)
        return button

    def _on_step(self) -> None:
        self.step_wanted.emit(self._next.property("by") if self.sender() is self._next else -1)
