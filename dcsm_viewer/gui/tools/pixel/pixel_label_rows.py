"""The account of a pixel's label: unary, what the two kernels of the CRF say in the last step, q."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import class_name
from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.gui.tools.pixel.pixel_rows import AGREES, LABEL_COLUMNS, label_rows, q_residual
from dcsm_viewer.queries.pixel_query import PixelContributions
from dcsm_viewer.render.palette import class_colour

_HELP = (
    "Background and the detected classes.",
    "Log of what the class map alone says (for the background 1 less the largest map), in nats, not below the floor.",
    "What all other pixels say through the smoothness kernel in the last step, nats.",
    "What all other pixels say through the appearance kernel in the last step, nats.",
    "-unary + smoothness + appearance; q is the softmax of it.",
    "Probability before the last step.",
    "Probability after it; the largest one is the label.",
)
_CHIP_PX = 10


class LabelAccount(QWidget):
    """A row a label, and a sentence about the label the pixel got."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = QTableWidget(0, len(LABEL_COLUMNS), self)
        self.table.setAccessibleName("Label values at the pixel")
        for column, (title, words) in enumerate(zip(LABEL_COLUMNS, _HELP, strict=True)):
            heading = QTableWidgetItem(title)
            heading.setToolTip(words)
            self.table.setHorizontalHeaderItem(column, heading)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.words = QLabel("", self)
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column_of_two = QVBoxLayout(self)
        column_of_two.setContentsMargins(0, 0, 0, 0)
        column_of_two.addWidget(self.table, 1)
        column_of_two.addWidget(self.words)

    def show_account(self, result: Result, contributions: PixelContributions) -> None:
        crf = contributions.crf
        rows = () if crf is None else label_rows(result, crf)
        self.table.setRowCount(len(rows))
        for index, row in enumerate(rows):
            assert crf is not None, "there are rows"
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                else:
                    chip = QPixmap(_CHIP_PX, _CHIP_PX)
                    chip.fill(QColor(*class_colour(crf.labels[index] - 1)))
                    item.setData(Qt.ItemDataRole.DecorationRole, chip)
                self.table.setItem(index, column, item)
        self.words.setText(label_sentence(result, contributions))


def label_sentence(result: Result, contributions: PixelContributions) -> str:
    """Which label the pixel has, had before the CRF, and whether the account gives the q on show."""
    if contributions.crf is None:
        return "Label values follow: the last CRF step is being recomputed."
    segmentation, row, col = result.segmentation, contributions.question.row, contributions.question.col
    assert segmentation is not None, "a settled result has labels"
    label, before = (
        _name(result, int(each[row, col])) for each in (segmentation.labels, segmentation.labels_before_crf)
    )
    message = f"Label {label}" if label == before else f"Label {label}, before the CRF {before}"
    residual = q_residual(result, contributions)
    if residual is None:
        return f"{message}. {contributions.crf.why_not}".strip()
    verdict = "✓ matches" if residual <= AGREES else "✗ differs from"
    steps = contributions.crf.iterations
    return f"{message}, after {steps} steps. Recomputed q {verdict} the displayed q ({short(residual)})."


def _name(result: Result, label: int) -> str:
    return "background" if label == 0 else class_name(result, label - 1)
