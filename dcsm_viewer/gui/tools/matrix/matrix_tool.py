"""The subtraction matrix: every candidate held against every other, live under the slider of N."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.gui.canvas.range_bar import RangeBar
from dcsm_viewer.gui.canvas.result_access import is_stale
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.matrix.matrix_contents import WHOLE, CellKind, MatrixContents, similarity_words
from dcsm_viewer.gui.tools.matrix.matrix_view import DIVERGING, MatrixView
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.widgets.slider_group import SliderGroup
from dcsm_viewer.queries.matrix_query import ClassMatrix, MatrixQuestion
from dcsm_viewer.queries.query import Answer

_KINDS: dict[CellKind, tuple[str, str]] = {
    "taken": (
        "What the column's class took",
        (
            "Evidence of the row's class with nothing subtracted, less what is left of it against the column's class. "
            "Below 0 it came out stronger: a difference is divided by its own maximum."
        ),
    ),
    "left": (
        "What is left of the row's class",
        (
            "The evidence of the row's class against the column's class alone, mean over layers and scales: what the "
            "presets that normalise each pair add up to the distinct map."
        ),
    ),
}
_N_PX = 260


class MatrixTool(Tool):
    """N, the kind of cell, the similarity and the colour bars in a header above the panes."""

    question = MatrixQuestion

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._requested: tuple[object, ...] | None = None
        self._whole = False
        self._failure = ""
        self._matrix: ClassMatrix | None = None
        self.candidates = SliderGroup(context.store, ("method.min_candidates",), self)
        self.kind = QComboBox(self)
        for title, words in _KINDS.values():
            self.kind.addItem(title)
            self.kind.setItemData(self.kind.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
        self.kind.setAccessibleName("What the cells show")
        self.kind.setToolTip("\n".join(f"{title}: {words}" for title, words in _KINDS.values()))
        self.similarity = QLabel("", self)
        self.similarity.setToolTip(
            "Pearson's correlation over the pixels of the image, of each two candidates' maps, and the mean of these. "
            "1: all classes look the same."
        )
        self.note = QLabel("", self)
        self.maps_bar = RangeBar("raw and distinct maps", self)
        self.cells_bar = RangeBar("cells", self)
        self.view = MatrixView(context.viewport, self)
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.view.class_chosen.connect(self._choose_class)
        self.view.contents_shown.connect(self._show_ranges)

    @property
    def matrix(self) -> ClassMatrix | None:
        """The comparisons on show."""
        return self._matrix

    @override
    def show_state(self, state: ViewState) -> None:
        result = state.result
        if result is not None and result.completeness == "settled" and not is_stale(state):
            # The CRF and the class on show change nothing here.
            key = (result.request.image.digest, replace(result.request.settings, crf=CrfSettings()))
            if key != self._requested:
                if self._requested is not None and self._requested[0] != key[0]:
                    self._show_matrix(None)
                self._requested, self._whole = key, False
                self.submit_query(result.request, MatrixQuestion())
        self.view.show_state(state)
        self._show_ranges(self.view.contents)

    @override
    def show_answer(self, answer: Answer) -> None:
        self._whole = answer.is_last
        self._failure = answer.failure or ""
        if self._failure:
            self._show_ranges(self.view.contents)
        elif isinstance(answer.value, ClassMatrix):
            self._show_matrix(answer.value)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not self._whole:
            # The query is cancelled while the tool is hidden; it is submitted again when the matrix is opened.
            self._requested = None

    def _show_matrix(self, matrix: ClassMatrix | None) -> None:
        self._matrix = matrix
        self.similarity.setText(similarity_words(matrix))
        self.view.show_matrix(matrix)

    def _show_ranges(self, contents: MatrixContents) -> None:
        paint = self.context.store.state.paint
        self.maps_bar.show_range(paint.colormap, WHOLE)
        self.cells_bar.show_range(DIVERGING if contents.signed else paint.colormap, contents.cells)
        self.note.setText(self._note(contents))

    def _note(self, contents: MatrixContents) -> str:
        parts = [self._failure] if self._failure else []
        if contents.left_out:
            parts.append(
                f"The first {len(contents.class_ids)} candidates of {len(contents.class_ids) + contents.left_out}."
            )
        result = self.context.store.state.result
        if result is not None and result.request.settings.method.min_candidates == 0:
            parts.append("N = 0: nothing is subtracted.")
        if self._matrix is not None and self._matrix.step_px > 1 and not self._matrix.is_preview:
            parts.append(f"Cells have a sample every {self._matrix.step_px} px.")
        return " ".join(parts)

    def _on_kind(self, index: int) -> None:
        self.view.show_kind(tuple(_KINDS)[index])

    def _choose_class(self, class_id: int) -> None:
        self.context.store.change(focus=class_id)

    def _lay_out(self) -> None:
        self.candidates.setFixedWidth(_N_PX)
        for label in (self.similarity, self.note):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setWordWrap(True)
        words = QGridLayout()
        words.setVerticalSpacing(2)
        words.addWidget(self.kind, 0, 0)
        words.addWidget(self.note, 0, 1)
        words.addWidget(self.similarity, 1, 0, 1, 2)
        words.setColumnStretch(1, 1)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.candidates)
        head.addLayout(words, 1)
        bars = QHBoxLayout()
        bars.setSpacing(12)
        bars.addWidget(self.maps_bar, 1)
        bars.addWidget(self.cells_bar, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(bars)
        column.addWidget(self.view, 1)
