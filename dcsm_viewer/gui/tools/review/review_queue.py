"""The masks of a folder as rows, the most doubtful first; ten thousand of them if need be."""

from __future__ import annotations

from typing import Any, Literal

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTableView
from typing_extensions import override

from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.tools.review.review_session import ReviewSession
from dcsm_viewer.gui.tools.review.review_text import doubt_words, verdict_marks, verdict_words
from dcsm_viewer.review.review_file import ReviewEntry

Shown = Literal["all", "undecided", "accepted", "rejected", "edited"]

_Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()
_TITLES = ("Doubt", "Mask", "")
_KEYS_OF_TABLES = frozenset({
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End,
})  # fmt: skip


class QueueModel(QAbstractTableModel):
    """Reads the session's entries row by row and keeps only their order."""

    def __init__(self, session: ReviewSession) -> None:
        super().__init__(session)
        self._session = session
        self._shown: Shown = "all"
        self._stems: tuple[str, ...] = ()
        self._rows: dict[str, int] = {}
        session.listed.connect(self.renew)
        session.changed.connect(self._note)

    def show_only(self, shown: Shown) -> None:
        self._shown = shown
        self.renew()

    def renew(self) -> None:
        """Show the rows in the session's order."""
        self.beginResetModel()
        self._stems = tuple(stem for stem in self._session.order if self._is_shown(self._session.entry(stem)))
        self._rows = {stem: row for row, stem in enumerate(self._stems)}
        self.endResetModel()

    def stem_at(self, index: _Index) -> str | None:
        return self._stems[index.row()] if index.isValid() else None

    def row_of(self, stem: str | None) -> int | None:
        return None if stem is None else self._rows.get(stem)

    @override
    def rowCount(self, parent: _Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._stems)

    @override
    def columnCount(self, parent: _Index = _TOP) -> int:
        return 0 if parent.isValid() else len(_TITLES)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._session.entry(self._stems[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return (self._doubt(entry), entry.stem, verdict_marks(entry))[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return (self._doubt(entry), entry.stem, verdict_words(entry))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            doubt = entry.error or doubt_words(entry.measured, self._session.q_margin)
            return as_tip(f"{entry.stem} {verdict_words(entry)}\n{doubt}")
        return None

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _TITLES[section]
        return None

    def _doubt(self, entry: ReviewEntry) -> str:
        if entry.error is not None:
            return "!"
        return "..." if entry.measured is None else f"{entry.measured.doubt(self._session.q_margin):.2f}"

    def _is_shown(self, entry: ReviewEntry) -> bool:
        match self._shown:
            case "all":
                return True
            case "edited":
                return entry.edit is not None
            case "undecided":
                return entry.verdict is None
            case verdict:
                return entry.verdict == verdict

    def _note(self, stem: str) -> None:
        row = self._rows.get(stem)
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(_TITLES) - 1))


class QueueView(QTableView):
    """Only the keys that move in a table are its own; letters are the tool's."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if Qt.Key(event.key()) in _KEYS_OF_TABLES:
            super().keyPressEvent(event)
        else:
            event.ignore()
