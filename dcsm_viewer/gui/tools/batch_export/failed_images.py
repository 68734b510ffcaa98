"""The images a run could not do: file and reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from typing_extensions import override

from dcsm_viewer.gui.plain_text import as_tip

_Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()
_TITLES = ("File", "Reason")


class FailuresModel(QAbstractTableModel):
    """Grows at its end while the run goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._failures: tuple[tuple[str, str], ...] = ()

    def show_failures(self, failures: tuple[tuple[str, str], ...]) -> None:
        before, now = len(self._failures), len(failures)
        if now > before and failures[:before] == self._failures:
            self.beginInsertRows(_TOP, before, now - 1)
            self._failures = failures
            self.endInsertRows()
        elif failures != self._failures:
            self.beginResetModel()
            self._failures = failures
            self.endResetModel()

    @override
    def rowCount(self, parent: _Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._failures)

    @override
    def columnCount(self, parent: _Index = _TOP) -> int:
        return 0 if parent.isValid() else len(_TITLES)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        path, reason = self._failures[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            name = Path(path).name
            # The sentence names the whole path, which the tool tip has.
            return reason.replace(path, name) if index.column() else name
        return as_tip(f"{path}\n{reason}") if role == Qt.ItemDataRole.ToolTipRole else None

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _TITLES[section]
        return None
