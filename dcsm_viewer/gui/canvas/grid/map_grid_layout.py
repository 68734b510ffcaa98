"""Where each tile of the grid lies: equal cells, one row a layer, one column a scale, the sums last."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize

from dcsm_viewer.gui.canvas.grid.grid_contents import Kind, Tile

MARGIN_PX = 3
_BETWEEN_KINDS_PX = 14
_LEAST_PX = (62, 44)


@dataclass(frozen=True, slots=True)
class MapGridLayout:
    """Cells of `cell` logical px. line: height of a line of text. heads: room for the names of the layers."""

    scales: tuple[int, ...]
    layers: tuple[str, ...]
    kinds: tuple[Kind, ...]
    line: int
    heads: int
    cell: QSize

    @classmethod
    def within(
        cls,
        size: QSize,
        *,
        scales: tuple[int, ...],
        layers: tuple[str, ...],
        kinds: tuple[Kind, ...],
        line: int,
        heads: int,
    ) -> MapGridLayout:
        """The largest cells that fit into a widget of this size, but never smaller than can be read."""
        columns = max(1, len(kinds) * (len(scales) + 1))
        free_width = size.width() - heads - _BETWEEN_KINDS_PX * max(0, len(kinds) - 1) - MARGIN_PX
        free_height = size.height() - 2 * line - 2 * MARGIN_PX
        cell = QSize(free_width // columns, free_height // (len(layers) + 1)).expandedTo(cls.least_cell(line))
        return cls(scales, layers, kinds, line, heads, cell)

    @staticmethod
    def least_cell(line: int) -> QSize:
        return QSize(_LEAST_PX[0], _LEAST_PX[1] + line)

    def size(self) -> QSize:
        """Size of the whole grid in logical px."""
        last = self.cell_of(Tile(self.kinds[-1], None, None)) if self.kinds else QRect()
        return QSize(last.right() + 1 + MARGIN_PX, last.bottom() + 1 + MARGIN_PX)

    def cell_of(self, tile: Tile) -> QRect:
        block = self.kinds.index(tile.kind)
        column = len(self.scales) if tile.scale is None else self.scales.index(tile.scale)
        row = len(self.layers) if tile.layer is None else self.layers.index(tile.layer)
        x = self.heads + block * (self._block_width() + _BETWEEN_KINDS_PX) + column * self.cell.width()
        return QRect(QPoint(x, self.top + row * self.cell.height()), self.cell)

    def picture_of(self, tile: Tile) -> QRect:
        """Where the map is drawn: the cell without its margin and without the line below."""
        return self.cell_of(tile).adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -self.line - 1)

    def words_of(self, tile: Tile) -> QRect:
        """The line below the map."""
        cell = self.cell_of(tile)
        return QRect(cell.left(), cell.bottom() - self.line, cell.width(), self.line)

    def tile_at(self, position: QPoint) -> Tile | None:
        """The tile whose cell holds the point, None between and beside the cells."""
        x, y = position.x() - self.heads, position.y() - self.top
        if x < 0 or y < 0 or not self.kinds:
            return None
        block, across = divmod(x, self._block_width() + _BETWEEN_KINDS_PX)
        column, row = across // self.cell.width(), y // self.cell.height()
        if block >= len(self.kinds) or column > len(self.scales) or row > len(self.layers):
            return None
        return Tile(self.kinds[block], (*self.scales, None)[column], (*self.layers, None)[row])

    def beside(self, tile: Tile, *, down: int, across: int) -> Tile:
        """The tile so many rows and columns on, stopping at the edges of its block."""
        columns, rows = (*self.scales, None), (*self.layers, None)
        row = min(max(rows.index(tile.layer) + down, 0), len(rows) - 1)
        column = min(max(columns.index(tile.scale) + across, 0), len(columns) - 1)
        return Tile(tile.kind, columns[column], rows[row])

    def kind_head(self, kind: Kind) -> QRect:
        first = self.cell_of(Tile(kind, (*self.scales, None)[0], (*self.layers, None)[0]))
        return QRect(first.left(), MARGIN_PX, self._block_width(), self.line)

    def scale_head(self, kind: Kind, scale: int | None) -> QRect:
        first = self.cell_of(Tile(kind, scale, (*self.layers, None)[0]))
        return QRect(first.left(), MARGIN_PX + self.line, first.width(), self.line)

    def layer_head(self, layer: str | None) -> QRect:
        first = self.picture_of(Tile(self.kinds[0], (*self.scales, None)[0], layer))
        return QRect(MARGIN_PX, first.top(), self.heads - 2 * MARGIN_PX, first.height())

    @property
    def top(self) -> int:
        return 2 * self.line + MARGIN_PX

    def _block_width(self) -> int:
        return (len(self.scales) + 1) * self.cell.width()
