"""K x K panes and the distinct maps at the ends of the rows, all at the shared viewport, in a field that scrolls."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QStackedLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.result_access import why_no_class, why_no_result
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.tools.matrix.matrix_contents import CellKind, CellPosition, MatrixContents, matrix_contents
from dcsm_viewer.queries.matrix_query import ClassMatrix

DIVERGING = "vik"
_LEAST = QSize(92, 92)
_GAP_PX = 3


class MatrixView(LinkedView):
    """Signals (beside those of every view):
    class_chosen: this class id's row was clicked.
    contents_shown: other MatrixContents are on show.
    """

    class_chosen = Signal(int)
    contents_shown = Signal(object)

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self._matrix: ClassMatrix | None = None
        self._kind: CellKind = "taken"
        self._panes: dict[CellPosition, MapPane] = {}
        self.contents = matrix_contents(ViewState(), None, "taken")
        self._board = QWidget(self)
        self._grid = QGridLayout(self._board)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP_PX)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidget(self._board)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._nothing = QLabel("", self)
        self._nothing.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._nothing)
        self._pages.addWidget(self._scroll)

    def show_matrix(self, matrix: ClassMatrix | None) -> None:
        """Other comparisons, for the state on show."""
        self._matrix = matrix
        self.show_contents(self.shown)

    def show_kind(self, kind: CellKind) -> None:
        """What stands in the cells between two classes."""
        self._kind = kind
        self.show_contents(self.shown)

    def pane_at(self, position: CellPosition) -> MapPane:
        return self._panes[position]

    @override
    def panes(self) -> list[MapPane]:
        return [self._panes[position] for position in self.contents.panes]

    @override
    def show_paint(self, paint: Paint) -> None:
        for position in self.contents.panes:
            # Small panes show one thing unmixed, in exactly the colours of the bars above them.
            self._panes[position].show_paint(DIVERGING if position in self.contents.signed else paint.colormap, 1.0)

    @override
    def show_contents(self, state: ViewState) -> None:
        contents = matrix_contents(state, self._matrix, self._kind)
        self._arrange(contents)
        for position, content in contents.panes.items():
            self._panes[position].show_content(content)
            self._panes[position].setToolTip(as_tip(content.words))
        self.contents = contents
        self.show_paint(state.paint)
        result = state.result
        self._nothing.setText(why_no_result(state) if result is None else why_no_class(result))
        self._pages.setCurrentWidget(self._scroll if contents.panes else self._nothing)
        self.contents_shown.emit(contents)

    def _arrange(self, contents: MatrixContents) -> None:
        """A pane for each place; those of a larger matrix wait, hidden, until they are wanted again."""
        for position, pane in self._panes.items():
            if position not in contents.panes:
                self._grid.removeWidget(pane)
                pane.hide()
        for position in contents.panes:
            row, column = position
            if position not in self._panes:
                pane = self.add_pane(bar=False)
                pane.setMinimumSize(_LEAST)
                pane.pixel_clicked.connect(partial(self._choose, row))
                self._panes[position] = pane
            pane = self._panes[position]
            if self._grid.indexOf(pane) < 0:
                pane.setParent(self._board)
                self._grid.addWidget(pane, row, column)
                pane.show()

    def _choose(self, row: int, _pixel_row: int, _pixel_col: int) -> None:
        if row < len(self.contents.class_ids):
            self.class_chosen.emit(self.contents.class_ids[row])
