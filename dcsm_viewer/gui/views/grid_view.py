"""The shown class by layer and scale: all tiles, and beside them the chosen one large."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QScrollArea,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.core.types import FocusMaps
from dcsm_viewer.gui.canvas.grid.grid_contents import GridContents, Tile, grid_contents
from dcsm_viewer.gui.canvas.grid.grid_sums import FocusSums, focus_sums
from dcsm_viewer.gui.canvas.grid.map_grid import MapGrid
from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import shown_image, why_no_class, why_no_result
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import Paint, ViewState


class GridView(LinkedView):
    """Layers x scales, raw and distinct; a click shows a map large, a double click shows only it.

    Signals (beside those of every view):
        map_chosen: scale (int, None for the sum over scales) and layer (str, None for the sum over layers).
    """

    map_chosen = Signal(object, object)

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self._selected: tuple[int | None, str | None] = (None, None)
        self._contents: GridContents | None = None
        self._sums: tuple[FocusMaps, FocusSums] | None = None
        self.tiles = MapGrid(viewport, self)
        self.tiles.pointed.connect(self.pointed)
        self.tiles.left.connect(self.left)
        self.tiles.chosen.connect(self._choose)
        self.tiles.opened.connect(self._open)
        self.large_raw, self.large_distinct = self.add_pane(), self.add_pane()
        for pane in (self.large_raw, self.large_distinct):
            pane.opened.connect(self.show_all)

        self._why = self.add_pane()
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.tiles)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._scroll)
        self._splitter.addWidget(self._large())
        self._splitter.setStretchFactor(0, 3)
        self._splitter.setStretchFactor(1, 2)
        self._splitter.setSizes([600, 400])
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._why)
        self._stack.addWidget(self._splitter)

    @property
    def shows_only_large(self) -> bool:
        return self._scroll.isHidden()

    @override
    def panes(self) -> list[MapPane]:
        return [self.large_raw, self.large_distinct, self._why]

    @override
    def show_paint(self, paint: Paint) -> None:
        super().show_paint(paint)
        self.tiles.show_paint(paint.colormap)

    @override
    def dim(self, *, dimmed: bool) -> None:
        super().dim(dimmed=dimmed)
        self.tiles.dim(dimmed=dimmed)

    @override
    def show_contents(self, state: ViewState) -> None:
        result = state.result
        if result is None or result.focus is None:
            image = shown_image(state)
            why = "" if image is None else why_no_result(state) if result is None else why_no_class(result)
            self._why.show_content(Content("layers and scales", image=image, grey=True, waiting=why))
            self._contents = None
            self._stack.setCurrentWidget(self._why)
            return
        if self._sums is None or self._sums[0] is not result.focus:
            self._sums = (result.focus, focus_sums(result.focus))
        self._contents = grid_contents(state, result, result.focus, self._sums[1])
        self.tiles.show_contents(self._contents)
        if self._selected[0] not in (*self._contents.scales, None) or self._selected[1] not in (
            *self._contents.layers,
            None,
        ):
            self._selected = (None, None)
        self._show_large(self._contents)
        self._stack.setCurrentWidget(self._splitter)

    def show_all(self) -> None:
        """Tiles and large maps side by side again."""
        self._scroll.show()
        self._back.hide()

    def _large(self) -> QWidget:
        self._back = QToolButton(self)
        self._back.setText("Back to all maps")
        self._back.clicked.connect(self.show_all)
        self._back.hide()
        box = QWidget(self)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._back)
        layout.addWidget(self.large_raw, 1)
        layout.addWidget(self.large_distinct, 1)
        return box

    def _choose(self, tile: Tile) -> None:
        self._selected = (tile.scale, tile.layer)
        if self._contents is not None:
            self._show_large(self._contents)
        self.map_chosen.emit(tile.scale, tile.layer)

    def _open(self, tile: Tile) -> None:
        self._choose(tile)
        self._scroll.hide()
        self._back.show()

    def _show_large(self, contents: GridContents) -> None:
        scale, layer = self._selected
        for kind, pane in (("raw", self.large_raw), ("distinct", self.large_distinct)):
            pane.setVisible(kind in contents.kinds)
            if kind in contents.kinds:
                pane.show_content(contents.tiles[Tile(kind, scale, layer)])
        self.tiles.choose(Tile(contents.kinds[0], scale, layer))
