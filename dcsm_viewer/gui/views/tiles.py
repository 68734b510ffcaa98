"""The tiles of the grid with their headings: one row a layer, one column a scale, the sums last."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget
from typing_extensions import override

from dcsm_viewer.gui.views.grid_contents import GridContents, Kind, Tile, all_tiles
from dcsm_viewer.gui.views.linked import LinkedView
from dcsm_viewer.gui.views.pane import MapPane
from dcsm_viewer.gui.views.pane_paint import draw_frame

_KIND_TITLES: dict[Kind, str] = {"raw": "Raw saliency", "distinct": "Distinct, after subtraction"}
_BETWEEN_KINDS_PX = 12
_STEPS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}


class Tiles(QWidget):
    """Builds panes when layers or scales change, and keeps them otherwise, so that nothing jumps.

    Signals:
        chosen: a Tile was clicked, or reached with the arrow keys.
        opened: a Tile was double-clicked, or Return pressed on it.
    """

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, view: LinkedView) -> None:
        super().__init__(view)
        self._view = view
        self._axes: tuple[tuple[int, ...], tuple[str, ...], tuple[Kind, ...]] = ((), (), ())
        self._chosen: Tile | None = None
        self.panes: dict[Tile, MapPane] = {}
        self._headings: list[QLabel] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Maps by layer and scale")

    def show_contents(self, contents: GridContents) -> None:
        """Every tile its map; tiles are made anew only for other layers, scales or kinds."""
        axes = (contents.scales, contents.layers, contents.kinds)
        if axes != self._axes:
            self._axes = axes
            self._build()
        for tile, pane in self.panes.items():
            pane.show_content(contents.tiles[tile])

    def choose(self, tile: Tile) -> None:
        """Frames the tile; no signal."""
        self._chosen = tile
        for each, pane in self.panes.items():
            pane.choose(chosen=(each.scale, each.layer) == (tile.scale, tile.layer))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self._chosen is None or self._chosen not in self.panes:
            super().keyPressEvent(event)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.opened.emit(self._chosen)
        elif key in _STEPS:
            self.chosen.emit(self._beside(self._chosen, Qt.Key(key)))
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            draw_frame(painter, self.rect(), self.palette())
            painter.end()

    def _beside(self, tile: Tile, key: Qt.Key) -> Tile:
        columns, rows = [*self._axes[0], None], [*self._axes[1], None]
        down, across = _STEPS[key]
        row = min(max(rows.index(tile.layer) + down, 0), len(rows) - 1)
        column = min(max(columns.index(tile.scale) + across, 0), len(columns) - 1)
        return Tile(tile.kind, columns[column], rows[row])

    def _build(self) -> None:
        for widget in (*self.panes.values(), *self._headings):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.panes, self._headings = {}, []
        scales, layers, kinds = self._axes
        # A QGridLayout never forgets a row or column it once had; their stretch has to be taken back.
        for number in range(self._grid.columnCount()):
            self._grid.setColumnStretch(number, 0)
            self._grid.setColumnMinimumWidth(number, 0)
        for number in range(self._grid.rowCount()):
            self._grid.setRowStretch(number, 0)
        for number, layer in enumerate((*layers, None)):
            self._head(layer or "Σ layers", 2 + number, 0, Qt.AlignmentFlag.AlignRight)
            self._grid.setRowStretch(2 + number, 1)
        for block, kind in enumerate(kinds):
            first = 1 + block * (len(scales) + 2)
            self._head(_KIND_TITLES[kind], 0, first, Qt.AlignmentFlag.AlignHCenter, span=len(scales) + 1)
            if block:
                self._grid.setColumnMinimumWidth(first - 1, _BETWEEN_KINDS_PX)
            for number, scale in enumerate((*scales, None)):
                self._head("Σ scales" if scale is None else f"{scale} px", 1, first + number)
                self._grid.setColumnStretch(first + number, 1)
            for place, tile in enumerate(all_tiles(kind, scales, layers)):
                row, column = divmod(place, len(scales) + 1)
                self._grid.addWidget(self._pane(tile), 2 + row, first + column)
        if self._chosen is not None:
            self.choose(self._chosen)

    def _pane(self, tile: Tile) -> MapPane:
        pane = self._view.add_pane(compact=True)
        pane.setParent(self)
        pane.chosen_here.connect(partial(self.chosen.emit, tile))
        pane.opened.connect(partial(self.opened.emit, tile))
        self.panes[tile] = pane
        pane.show()
        return pane

    def _head(
        self,
        words: str,
        row: int,
        column: int,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter,
        *,
        span: int = 1,
    ) -> None:
        label = QLabel(words, self)
        if row == 0:
            font = label.font()
            font.setBold(True)
            label.setFont(font)
        self._grid.addWidget(label, row, column, 1, span, side | Qt.AlignmentFlag.AlignVCenter)
        self._headings.append(label)
