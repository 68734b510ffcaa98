"""The rows of the pixel inspector as a tree for Qt; for another pixel of the same classes only numbers change."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QPixmap
from typing_extensions import override

from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.tools.pixel.pixel_rows import COLUMN_HELP, COLUMNS, ContributionRow
from dcsm_viewer.render.palette import class_colour

Index = QModelIndex | QPersistentModelIndex
_CHIP_PX = 10


@dataclass(slots=True)
class _Node:
    """A line in its place; `row` counts among its parent's."""

    line: ContributionRow
    row: int
    parent: _Node | None
    below: list[_Node]


class ContributionModel(QAbstractItemModel):
    """Read only; `show_lines` is all it takes."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._top: list[_Node] = []
        self._swatches: dict[int, QPixmap] = {}

    def show_lines(self, lines: tuple[ContributionRow, ...]) -> None:
        if len(lines) == len(self._top) and all(
            _same_shape(node, line) for node, line in zip(self._top, lines, strict=True)
        ):
            for node, line in zip(self._top, lines, strict=True):
                self._replace(node, line)
            if self._top:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._top) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._top = [_made(line, row, None) for row, line in enumerate(lines)]
        self.endResetModel()

    def line_at(self, index: Index) -> ContributionRow | None:
        return _node(index).line if index.isValid() else None

    def class_index(self, index: Index) -> int | None:
        """Which of the top lines an index belongs to."""
        if not index.isValid():
            return None
        node = _node(index)
        while node.parent is not None:
            node = node.parent
        return node.row

    @override
    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's own default
        among = self._top if not parent.isValid() else _node(parent).below
        if not (0 <= row < len(among) and 0 <= column < len(COLUMNS)):
            return QModelIndex()
        return self.createIndex(row, column, among[row])

    @override
    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008 - QObject has a parent() too
        above = _node(index).parent if index.isValid() else None
        return QModelIndex() if above is None else self.createIndex(above.row, 0, above)

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        if not parent.isValid():
            return len(self._top)
        return len(_node(parent).below) if parent.column() == 0 else 0

    @override
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return len(COLUMNS)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.line_at(index)
        if line is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return line.cells[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column():
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return as_tip(line.words) or None
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0 and line.class_id is not None:
            return self._chip(line.class_id)
        return None

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return COLUMN_HELP[section]
        return None

    def _chip(self, class_id: int) -> QPixmap:
        if class_id not in self._swatches:
            chip = QPixmap(QSize(_CHIP_PX, _CHIP_PX))
            chip.fill(QColor(*class_colour(class_id)))
            self._swatches[class_id] = chip
        return self._swatches[class_id]

    def _replace(self, node: _Node, line: ContributionRow) -> None:
        node.line = line
        for below, other in zip(node.below, line.below, strict=True):
            self._replace(below, other)
        if node.below:
            first, last = node.below[0], node.below[-1]
            self.dataChanged.emit(
                self.createIndex(first.row, 0, first), self.createIndex(last.row, len(COLUMNS) - 1, last)
            )


def _node(index: Index) -> _Node:
    node = index.internalPointer()
    assert isinstance(node, _Node)
    return node


def _made(line: ContributionRow, row: int, parent: _Node | None) -> _Node:
    node = _Node(line, row, parent, [])
    node.below = [_made(below, index, node) for index, below in enumerate(line.below)]
    return node


def _same_shape(node: _Node, line: ContributionRow) -> bool:
    return (
        (node.line.key or node.line.cells[0]) == (line.key or line.cells[0])
        and len(node.below) == len(line.below)
        and all(_same_shape(below, other) for below, other in zip(node.below, line.below, strict=True))
    )
