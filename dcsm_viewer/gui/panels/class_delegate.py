"""How one class of the list is drawn: rank key, palette chip, name, score as bar and number, and its marks."""

from __future__ import annotations

from functools import cache
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem
from typing_extensions import override

from dcsm_viewer.gui.panels.class_rows import ClassRow
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.render.palette import class_colour

ROW_ROLE = int(Qt.ItemDataRole.UserRole)
_Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class ClassListModel(QAbstractListModel):
    """The rows as Qt wants them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[ClassRow, ...] = ()

    def show_rows(self, rows: tuple[ClassRow, ...]) -> None:
        """Rows that keep their places are repainted in place, so that nothing scrolls away under the hand."""
        if rows == self.rows:
            return
        same_rows = [row.class_id for row in rows] == [row.class_id for row in self.rows]
        if same_rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def index_of(self, class_id: int | None) -> QModelIndex:
        """The index of a class, invalid where it is not listed."""
        for index, row in enumerate(self.rows):
            if row.class_id == class_id:
                return self.index(index)
        return QModelIndex()

    @override
    def rowCount(self, parent: _Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self.rows)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            at_scales = "\n".join(f"{scale} px: {score:.3f}" for scale, score in row.scores)
            return as_tip(f"{row.name}: {row.marks}\nimage: {row.score:.3f}\n{at_scales}")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, score {row.score:.2f}, {row.marks}"
        return None


class ClassDelegate(QStyledItemDelegate):
    """Paints a row. Detected is said by a filled dot and bold type, a rival by a ring, so not by colour alone."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, option.fontMetrics.height() + 8)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = index.data(ROW_ROLE)
        ground = QStyle.PrimitiveElement.PE_PanelItemViewItem
        option.widget.style().drawPrimitive(ground, option, painter, option.widget)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        ink = option.palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        faint = QColor(ink)
        faint.setAlphaF(0.6)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(4, 0, -6, 0)
        middle = area.center().y() + 1
        digit = option.fontMetrics.horizontalAdvance("0")
        rank = QRect(area.left(), area.top(), digit + 2, area.height())
        painter.setPen(faint)
        if row.rank <= 9:
            painter.drawText(rank, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(row.rank))
        left = rank.right() + 7
        self._chip(painter, QRectF(left, middle - 6, 12, 12), row)
        self._mark(painter, QRectF(left + 18, middle - 4, 8, 8), row, ink)
        number = QRect(area.right() - 4 * digit - 2, area.top(), 4 * digit + 2, area.height())
        bar = QRectF(number.left() - 54, middle - 3, 48, 6)
        self._bar(painter, bar, row.score, option.palette, ink if selected else None)
        painter.setPen(ink if row.is_candidate or row.is_force_detected else faint)
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{row.score:.2f}")
        name = QRect(left + 31, area.top(), int(bar.left()) - left - 37, area.height())
        painter.setFont(_font_for(row, option.font))
        text = painter.fontMetrics().elidedText(_name_for(row), Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _chip(self, painter: QPainter, where: QRectF, row: ClassRow) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_colour(row.class_id))
        painter.drawRoundedRect(where, 2, 2)

    def _mark(self, painter: QPainter, where: QRectF, row: ClassRow, ink: QColor) -> None:
        if not (row.is_detected or row.is_candidate):
            return
        painter.setPen(ink)
        painter.setBrush(ink if row.is_detected else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(where)

    def _bar(self, painter: QPainter, where: QRectF, score: float, palette: QPalette, ink: QColor | None) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(where, 3, 3)
        painter.setBrush(ink or palette.color(QPalette.ColorRole.Accent))
        filled = QRectF(where)
        filled.setWidth(where.width() * min(1.0, max(0.0, score)))
        painter.drawRoundedRect(filled, 3, 3)


@cache
def _colour(class_id: int) -> QColor:
    return QColor(*class_colour(class_id))


def _font_for(row: ClassRow, font: QFont) -> QFont:
    made = QFont(font)
    made.setBold(row.is_detected)
    made.setStrikeOut(row.is_excluded)
    return made


def _name_for(row: ClassRow) -> str:
    words = (("always compared", row.is_always_compared), ("marked as present", row.is_force_detected))
    marks = ", ".join(word for word, holds in words if holds)
    return f"{row.name} ({marks})" if marks else row.name
