"""The tiles of the grid in one widget, with headings, the value under the cursor, and the keys to walk them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QRegion
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas import pane_drawing
from dcsm_viewer.gui.canvas.grid.grid_contents import GridContents, Kind, Tile
from dcsm_viewer.gui.canvas.grid.map_grid_image import grid_color_indices
from dcsm_viewer.gui.canvas.grid.map_grid_layout import MapGridLayout
from dcsm_viewer.gui.canvas.pane_input import ARROWS, PaneInput
from dcsm_viewer.gui.canvas.sampling import MapLayer, argb
from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.canvas.visible_region import VisibleRegion
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.render.color_tables import map_table

_KIND_TITLES: dict[Kind, str] = {"raw": "Raw saliency", "distinct": "Distinct, after subtraction"}
_CENTRE = Qt.AlignmentFlag.AlignCenter


class MapGrid(PaneInput):
    """Shows GridContents at the shared viewport, every tile unmixed: it is too small to show two things at once.

    Signals (beside those of every pane):
        chosen: a Tile was clicked, or reached with the arrow keys.
        opened: a Tile was double-clicked, or Return pressed on it.
    """

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self._contents = GridContents((), (), (), {})
        self._colormap = "inferno"
        self._dimmed = False
        self._chosen: Tile | None = None
        self._layout = self._layout_now()
        self._boxes: tuple[MapGridLayout, dict[Tile, tuple[QRect, QRect]]] | None = None
        self._color_indices: tuple[GridContents, MapGridLayout, VisibleRegion, NDArray[np.uint8]] | None = None
        self._image: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Maps by layer and scale")

    @property
    def contents(self) -> GridContents:
        return self._contents

    @property
    def dimmed(self) -> bool:
        return self._dimmed

    def show_contents(self, contents: GridContents) -> None:
        """Other maps; the tiles stay where they are unless layers, scales or kinds are others."""
        self._contents = contents
        if (self._layout.scales, self._layout.layers, self._layout.kinds) != _axes(contents):
            self._layout = self._layout_now()
            self.updateGeometry()
        self.update()

    def show_paint(self, colormap: str) -> None:
        """Other colours for the same maps: one table of 256 entries."""
        if colormap != self._colormap:
            self._colormap, self._image = colormap, None
            self.update()

    def dim(self, *, dimmed: bool) -> None:
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def choose(self, tile: Tile) -> None:
        """Frames the place of the tile, in both blocks; no signal."""
        self._chosen = tile
        content = self._contents.tiles.get(tile)
        self.setAccessibleDescription("" if content is None else content.words)
        self.update()

    def cell_of(self, tile: Tile) -> QRect:
        """Where the tile is, in logical px of the widget."""
        return self._layout_now().cell_of(tile)

    def words_of(self, tile: Tile) -> str:
        """What stands below the tile: its value under the cursor, or its largest value."""
        content = self._contents.tiles[tile]
        if not isinstance(content.layer, MapLayer):
            return ""
        cursor = self.viewport.cursor
        value = "" if cursor is None else content.reading(*cursor)
        if value:
            return value
        most = short(content.layer.colours.own_max)
        words = f"max {most}"
        return words if self.fontMetrics().horizontalAdvance(words) <= self._layout.cell.width() else most

    @override
    def image_shape(self) -> tuple[int, int] | None:
        first = next(iter(self._contents.tiles.values()), None)
        return None if first is None or first.image is None else first.image.shape

    @override
    def picture(self, position: QPointF | None = None) -> QRect:
        """Where the tile under `place` has its map, empty between the tiles; without a place any tile's."""
        if not self._contents.tiles:
            return QRect()
        layout = self._layout_now()
        tile = next(iter(self._contents.tiles)) if position is None else layout.tile_at(position.toPoint())
        return QRect() if tile is None else layout.picture_of(tile)

    @override
    def minimumSizeHint(self) -> QSize:
        layout = self._layout_now()
        scales, layers, kinds = layout.scales, layout.layers, layout.kinds
        line, heads = layout.line, layout.heads
        return MapGridLayout(scales, layers, kinds, line, heads, MapGridLayout.least_cell(line)).size()

    @override
    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    @override
    def clicked(self, position: QPointF) -> None:
        tile = self._layout_now().tile_at(position.toPoint())
        if tile is not None:
            self.chosen.emit(tile)

    @override
    def double_clicked(self, position: QPointF) -> None:
        tile = self._layout_now().tile_at(position.toPoint())
        if tile is not None:
            self.opened.emit(tile)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, layout = event.key(), self._layout_now()
        if self._chosen is None or self._chosen not in self._contents.tiles:
            super().keyPressEvent(event)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.opened.emit(self._chosen)
        elif key in ARROWS:
            down, across = ARROWS[Qt.Key(key)]
            self.chosen.emit(layout.beside(self._chosen, down=down, across=across))
        else:
            super().keyPressEvent(event)

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tile = self._layout_now().tile_at(event.pos())
            if tile is not None:
                QToolTip.showText(event.globalPos(), as_tip(self._contents.tiles[tile].words), self)
            return True
        return super().event(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        view = self.field()
        if view is not None:
            self._layout = self._layout_now()
            self._paint_heads(painter)
            self._paint_maps(painter, view)
            self._paint_words(painter, view)
            self._paint_crosses(painter, view)
            self._paint_chosen(painter)
        if self.reached_by_keys:
            pane_drawing.draw_frame(painter, self.rect(), self.palette())
        painter.end()

    def _paint_heads(self, painter: QPainter) -> None:
        layout = self._layout
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        for kind in layout.kinds:
            painter.setFont(pane_drawing.bold(self.font()))
            painter.drawText(layout.kind_head(kind), _CENTRE, _KIND_TITLES[kind])
            painter.setFont(self.font())
            for scale in (*layout.scales, None):
                painter.drawText(layout.scale_head(kind, scale), _CENTRE, _scale_words(scale))
        for layer in (*layout.layers, None):
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(layout.layer_head(layer), side, _layer_words(layer))

    def _paint_maps(self, painter: QPainter, view: VisibleRegion) -> None:
        covered, maps = QRegion(), {}
        pictures = {tile: picture for tile, (picture, _) in self._boxes_now().items()}
        inside = self.in_sight(view)
        for tile, content in self._contents.tiles.items():
            image_box = inside.translated(pictures[tile].topLeft())
            if isinstance(content.layer, MapLayer):
                maps[tile] = content.layer
                covered += QRegion(image_box)
            else:
                pane_drawing.draw_placeholder(painter, image_box, content.waiting, self.palette())
        sheet = self._sheet(maps, pictures, view)
        painter.setClipRegion(covered)
        painter.drawImage(QPoint(0, 0), sheet)
        if self._dimmed:
            pane_drawing.draw_veil(painter, self.rect(), self.palette())
        painter.setClipping(False)

    def _sheet(self, maps: dict[Tile, MapLayer], pictures: dict[Tile, QRect], view: VisibleRegion) -> QImage:
        kept, layout, ratio = self._color_indices, self._layout, self.devicePixelRatioF()
        if kept is None or kept[0] is not self._contents or kept[1] != layout or kept[2] != view:
            size = layout.size()
            shape = (round(size.height() * ratio), round(size.width() * ratio))
            kept = (self._contents, layout, view, grid_color_indices(maps, pictures, view, ratio=ratio, shape=shape))
            self._color_indices, self._image = kept, None
        if self._image is None:
            color_indices = kept[3]
            indexed = QImage(
                color_indices.data,
                color_indices.shape[1],
                color_indices.shape[0],
                color_indices.shape[1],
                QImage.Format.Format_Indexed8,
            )
            indexed.setColorTable(argb(map_table(self._colormap, 1.0)))
            self._image = indexed.convertToFormat(QImage.Format.Format_RGB32)
            self._image.setDevicePixelRatio(ratio)
        return self._image

    def _paint_words(self, painter: QPainter, view: VisibleRegion) -> None:
        pointing = self.viewport.cursor is not None
        text = self.palette().color(QPalette.ColorRole.WindowText)
        painter.setPen(text if pointing else pane_drawing.muted(self.palette()))
        below = self.in_sight(view).bottom() + 1
        for tile, (picture, words) in self._boxes_now().items():
            # Straight below the map, which seldom fills its cell.
            painter.drawText(words.translated(0, picture.top() + below - words.top()), _CENTRE, self.words_of(tile))

    def _paint_crosses(self, painter: QPainter, view: VisibleRegion) -> None:
        cursor = self.viewport.cursor
        if cursor is None or not view.holds(*cursor):
            return
        inside, ratio = self.in_sight(view), self.devicePixelRatioF()
        down, across = (position / ratio for position in view.position_of(*cursor))
        lines = []
        for tile, (picture, _) in self._boxes_now().items():
            if self._contents.tiles[tile].layer is not None:
                corner = picture.topLeft()
                box = inside.translated(corner)
                if box.top() <= corner.y() + down <= box.bottom() + 1:
                    lines.append(QLineF(box.left(), corner.y() + down, box.right() + 1, corner.y() + down))
                if box.left() <= corner.x() + across <= box.right() + 1:
                    lines.append(QLineF(corner.x() + across, box.top(), corner.x() + across, box.bottom() + 1))
        for colour, width in pane_drawing.CROSS:
            painter.setPen(QPen(QColor(*colour), width, c=Qt.PenCapStyle.FlatCap))
            painter.drawLines(lines)

    def _paint_chosen(self, painter: QPainter) -> None:
        if self._chosen is None:
            return
        for kind in self._layout.kinds:
            tile = Tile(kind, self._chosen.scale, self._chosen.layer)
            if tile in self._contents.tiles:
                pane_drawing.draw_frame(painter, self._layout.cell_of(tile), self.palette())

    def _boxes_now(self) -> dict[Tile, tuple[QRect, QRect]]:
        """Where each tile's map and its words are; made once a layout, not once a mouse move."""
        kept = self._boxes
        if kept is None or kept[0] != self._layout:
            layout = self._layout
            boxes = {tile: (layout.picture_of(tile), layout.words_of(tile)) for tile in self._contents.tiles}
            kept = self._boxes = (layout, boxes)
        return kept[1]

    def _layout_now(self) -> MapGridLayout:
        scales, layers, kinds = _axes(self._contents)
        metrics = self.fontMetrics()
        heads = max((metrics.horizontalAdvance(_layer_words(layer)) for layer in (*layers, None)), default=0)
        return MapGridLayout.within(
            self.size(), scales=scales, layers=layers, kinds=kinds, line=metrics.height(), heads=heads + 10
        )


def _axes(contents: GridContents) -> tuple[tuple[int, ...], tuple[str, ...], tuple[Kind, ...]]:
    return contents.scales, contents.layers, contents.kinds


def _scale_words(scale: int | None) -> str:
    return "Σ scales" if scale is None else f"{scale} px"


def _layer_words(layer: str | None) -> str:
    return "Σ layers" if layer is None else layer
