"""The pipeline strip: what each stage cost, which are stale, and what each gave."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.core.types import STAGES, Result, Stage
from dcsm_viewer.gui.canvas.result_access import why_no_result
from dcsm_viewer.gui.state.view_state import SHOWN_MAPS, ViewState
from dcsm_viewer.gui.tool_registry import TOOLS
from dcsm_viewer.gui.tools.pipeline.score_rows import ScoreRow, score_rows
from dcsm_viewer.gui.tools.pipeline.stage_button import StageButton
from dcsm_viewer.gui.tools.pipeline.stage_cards import GIVES, stage_cards
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.queries.canvas_query import CanvasImage, CanvasQuestion
from dcsm_viewer.queries.query import Answer

_NARROW_PX = 760
_HINT = "Choose a stage to see what it gave."
_MATRIX = "matrix"


class PipelineTool(Tool):
    """Six buttons in the order of the work; below them the canvas or the scores. Maps and labels have their views."""

    watched = (*SHOWN_MAPS, "pending_serial")

    question = CanvasQuestion

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._stage: Stage | None = None
        self._asked_for: Result | None = None
        self._canvas: CanvasImage | None = None
        self.buttons = {stage: StageButton(stage, self) for stage in STAGES}
        self.hint = QLabel(_HINT, self)
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.hint.setAccessibleName("What the stage gave")
        self.picture = QLabel(self)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.picture.setAccessibleName("Canvas")
        self.table = QTableWidget(self)
        self.table.setAccessibleName("Scores")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.shown = QStackedWidget(self)
        for page in (self.picture, self.table, QWidget(self)):
            self.shown.addWidget(page)
        self.shown.setCurrentIndex(2)
        # Where there is little room the buttons keep theirs.
        for widget in (self.shown, self.hint):
            widget.setMinimumHeight(1)
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        column = QVBoxLayout(self)
        # Three buttons beside each other are enough; six, in a wide window, must not keep it wide.
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(self._grid)
        column.addWidget(self.hint)
        column.addWidget(self.shown, 1)
        self._place(3)
        for button in self.buttons.values():
            button.clicked.connect(self._on_click)

    @override
    def show_state(self, state: ViewState) -> None:
        for card in stage_cards(state):
            self.buttons[card.stage].show_card(card)
        self._show_artefact(state)

    @override
    def show_answer(self, answer: Answer) -> None:
        if isinstance(answer.value, CanvasImage):
            self._canvas = answer.value
            self._paint_canvas()
        elif answer.failure is not None:
            self.hint.setText(answer.failure)

    @override
    def minimumSizeHint(self) -> QSize:
        button = self.buttons["segmentation"].minimumSizeHint()
        return QSize(3 * button.width() + 24, 2 * button.height() - 2)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(6 if event.size().width() >= _NARROW_PX else 3)
        self._paint_canvas()

    def choose(self, stage: Stage) -> None:
        """Shows what this stage gave: here, or in the view that is for it."""
        self._stage = stage
        there = {spec.name for spec in TOOLS}
        view = {"saliency": "grid", "subtraction": _MATRIX if _MATRIX in there else "compare", "segmentation": "labels"}
        if stage in view:
            self.context.store.change(view=view[stage])
        for name, button in self.buttons.items():
            button.setChecked(name == stage)
        self._show_artefact(self.context.store.state)

    def _on_click(self) -> None:
        sender = self.sender()
        if isinstance(sender, StageButton):
            self.choose(sender.stage)

    def _show_artefact(self, state: ViewState) -> None:
        result, stage = state.result, self._stage
        if state.image is None or result is None:
            self.shown.setCurrentIndex(2)
            self.hint.setText("Open an image to see its stages." if state.image is None else why_no_result(state))
            return
        if stage is None:
            self.hint.setText(_HINT)
            return
        match stage:
            case "preprocess":
                self._ask_for_canvas(result)
                self.shown.setCurrentIndex(0)
            case "classify" | "candidates":
                self._show_scores(result, only_compared=stage == "candidates")
                self.shown.setCurrentIndex(1)
            case _:
                self.shown.setCurrentIndex(2)
        self.hint.setText(_words(stage, self._canvas))

    def _ask_for_canvas(self, result: Result) -> None:
        if result.completeness == "settled" and result is not self._asked_for:
            self._asked_for = result
            self.submit_query(result.request, CanvasQuestion())

    def _paint_canvas(self) -> None:
        if self._canvas is None:
            return
        if self._stage == "preprocess":
            self.hint.setText(_words("preprocess", self._canvas))
        rgb = self._canvas.rgb
        side = rgb.shape[0]
        image = QImage(rgb.data, side, side, 3 * side, QImage.Format.Format_RGB888).copy()
        side_px = max(40, min(self.shown.height(), self.shown.width(), side))
        ratio = self.devicePixelRatioF()
        smooth, keep = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.KeepAspectRatio
        shrunk = QPixmap.fromImage(image.scaled(QSize(round(side_px * ratio), round(side_px * ratio)), keep, smooth))
        shrunk.setDevicePixelRatio(ratio)
        self.picture.setPixmap(shrunk)

    def _show_scores(self, result: Result, *, only_compared: bool) -> None:
        rows = score_rows(result, only_compared=only_compared)
        titles = ["Class", *(f"{scale} px" for scale in result.scales), "Image", ""]
        self.table.setColumnCount(len(titles))
        self.table.setHorizontalHeaderLabels(titles)
        self.table.setRowCount(len(rows))
        for index, row in enumerate(rows):
            for column, text in enumerate(_cells(row)):
                item = QTableWidgetItem(text)
                if 0 < column < len(titles) - 1:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(index, column, item)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)

    def _place(self, columns: int) -> None:
        for index, button in enumerate(self.buttons.values()):
            self._grid.addWidget(button, index // columns, index % columns)


def _words(stage: Stage, canvas: CanvasImage | None) -> str:
    if stage == "preprocess" and canvas is not None:
        side = canvas.rgb.shape[0]
        return (
            f"{GIVES[stage]} {side} x {side} px; the image takes {canvas.width} x {canvas.height} px "
            f"from row {canvas.top}, column {canvas.left} on."
        )
    return GIVES[stage]


def _cells(row: ScoreRow) -> tuple[str, ...]:
    return (row.name, *(f"{score:.4f}" for score in row.scores), f"{row.score:.4f}", row.role)
