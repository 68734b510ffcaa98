"""One linked picture: photograph, map or labels over it, and every number needed to read it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.canvas import pane_drawing
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.pane_input import ARROWS, NOTCH, PaneInput
from dcsm_viewer.gui.canvas.sampling import Layer, MapLayer, SampledLayer, painted, sample_layer
from dcsm_viewer.gui.canvas.scaled_image import ScaledImageCache
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.canvas.visible_region import VisibleRegion
from dcsm_viewer.render.color_tables import label_table, map_table
from dcsm_viewer.render.palette import class_colour

_MARGIN_PX = 4


class MapPane(PaneInput):
    """Shows one Content at the shared viewport; sampling happens when it is painted, never in between.

    Signals (beside those of every hand):
        pixel_clicked: pressed and released on one spot: pixel (row, col).
        opened: a double click.
    """

    pixel_clicked = Signal(int, int)
    opened = Signal()

    def __init__(
        self,
        viewport: Viewport,
        scaled_images: ScaledImageCache,
        *,
        bar: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(viewport, parent)
        self._scaled_images = scaled_images
        self._bar = bar
        self._content = Content("")
        self._colormap = "inferno"
        self._opacity = 1.0
        self._dimmed = False
        self._patch: tuple[Layer, VisibleRegion, SampledLayer] | None = None
        self._picture: tuple[VisibleRegion, int, QImage] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def content(self) -> Content:
        return self._content

    @property
    def dimmed(self) -> bool:
        return self._dimmed

    def show_content(self, content: Content) -> None:
        """Other data; the colours stay as they are."""
        before, self._content = self._content, content
        if before.image is not content.image or before.layer is not content.layer or before.grey != content.grey:
            self._picture = None
        self.setAccessibleName(content.words)
        self.update()

    def show_paint(self, colormap: str, opacity: float) -> None:
        """Other colours for the same data: costs a table of 256 entries."""
        if (colormap, opacity) != (self._colormap, self._opacity):
            self._colormap, self._opacity = colormap, opacity
            self._picture = None
            self.update()

    def dim(self, *, dimmed: bool) -> None:
        """Sunk into the ground while what is on show is older than what is asked for."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    @override
    def image_shape(self) -> tuple[int, int] | None:
        return None if self._content.image is None else self._content.image.shape

    @override
    def picture(self, position: QPointF | None = None) -> QRect:
        """Where the photograph may be, in logical px of the widget."""
        return self._picture_in(self.rect())

    def room_in(self, size: QSize) -> QSize:
        """How much of a pane of this size is left for the photograph."""
        return self._picture_in(QRect(0, 0, size.width(), size.height())).size()

    def _picture_in(self, pane: QRect) -> QRect:
        line = self.fontMetrics().height()
        inside = pane.adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        lies = _bar_lies(pane.size())
        beside = pane_drawing.bar_width(self.fontMetrics()) if self._bar and not lies else 0
        below = pane_drawing.bar_height(self.fontMetrics()) if self._bar and lies else 0
        return inside.adjusted(0, 2 * line + pane_drawing.GAP_PX, -beside, -below)

    @override
    def minimumSizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(150, 130 + 2 * line)

    @override
    def sizeHint(self) -> QSize:
        return QSize(360, 360)

    @override
    def clicked(self, position: QPointF) -> None:
        at = self.position_at(position)
        if at is not None:
            self.pixel_clicked.emit(int(at[0]), int(at[1]))

    @override
    def double_clicked(self, position: QPointF) -> None:
        self.opened.emit()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        shape = self.image_shape()
        key = Qt.Key(event.key())
        if shape is None:
            super().keyPressEvent(event)
            return
        row, col = self.viewport.cursor or (shape[0] / 2, shape[1] / 2)
        if key in ARROWS:
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            down, across = (far * part for part in ARROWS[key])
            # The middle of a pixel, where no rounding can make it the neighbour.
            self.point_at(
                (
                    min(max(int(row) + down, 0), shape[0] - 1) + 0.5,
                    min(max(int(col) + across, 0), shape[1] - 1) + 0.5,
                )
            )
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.pixel_clicked.emit(int(row), int(col))
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus}:
            factor = 1 / NOTCH if key == Qt.Key.Key_Minus else NOTCH
            self.zoom_at((row, col), factor)
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        picture = self.picture()
        if picture.width() > 0 and picture.height() > 0:
            self._paint_picture(painter, picture)
        self._paint_head(painter)
        self._paint_bar(painter, picture)
        if self.reached_by_keys:
            pane_drawing.draw_frame(painter, self.rect(), self.palette())
        painter.end()

    def _paint_picture(self, painter: QPainter, picture: QRect) -> None:
        content = self._content
        view = self.field()
        if content.image is None or view is None:
            pane_drawing.draw_placeholder(painter, picture, content.waiting, self.palette())
            return
        painter.drawImage(picture.topLeft(), self._composed(content.image, view))
        painter.setClipRect(picture)
        if self._dimmed:
            pane_drawing.draw_veil(painter, picture, self.palette())
        if content.waiting:
            pane_drawing.draw_placeholder(painter, _middle(picture), content.waiting, self.palette())
        self._paint_rings(painter, picture, view)
        self._paint_cross(painter, picture, view)
        painter.setClipping(False)

    def _composed(self, image: SourceImage, view: VisibleRegion) -> QImage:
        """Photograph and layer as one picture, so that a move of the cursor costs one draw."""
        ground_colour = self.palette().color(QPalette.ColorRole.Window).rgb()
        if self._picture is not None and self._picture[:2] == (view, ground_colour):
            return self._picture[2]
        content, ratio = self._content, self.devicePixelRatioF()
        whole = QImage(view.shape[1], view.shape[0], QImage.Format.Format_RGB32)
        whole.fill(ground_colour)
        painter = QPainter(whole)
        # A cover that hides everything needs nothing below it.
        if not isinstance(content.layer, MapLayer) or self._opacity < 1:
            ground = (self._scaled_images.grey if content.grey else self._scaled_images.colour)(image, view)
            painter.drawImage(ground.across, ground.down, ground.image)
        if content.layer is not None:
            patch = self._patch_now(content.layer, view)
            painter.drawImage(patch.across, patch.down, painted(patch, self._table_now(content.layer)))
        painter.end()
        whole.setDevicePixelRatio(ratio)
        self._picture = (view, ground_colour, whole)
        return whole

    def _patch_now(self, layer: Layer, view: VisibleRegion) -> SampledLayer:
        if self._patch is None or self._patch[0] is not layer or self._patch[1] != view:
            self._patch = (layer, view, sample_layer(layer, view))
        return self._patch[2]

    def _table_now(self, layer: Layer) -> NDArray[np.uint8]:
        if isinstance(layer, MapLayer):
            return map_table(self._colormap, self._opacity)
        return label_table(layer.names, self._opacity)

    def _paint_cross(self, painter: QPainter, picture: QRect, view: VisibleRegion) -> None:
        cursor = self.viewport.cursor
        if cursor is None or not view.holds(*cursor):
            return
        ratio = self.devicePixelRatioF()
        down, across = view.position_of(*cursor)
        top, left = view.position_of(int(cursor[0]), int(cursor[1]))
        side = 1 / view.step / ratio
        pane_drawing.draw_cross(
            painter,
            self.in_sight(view).translated(picture.topLeft()),
            QPointF(picture.left() + across / ratio, picture.top() + down / ratio),
            QRectF(picture.left() + left / ratio, picture.top() + top / ratio, side, side),
        )

    def _paint_rings(self, painter: QPainter, picture: QRect, view: VisibleRegion) -> None:
        ratio = self.devicePixelRatioF()
        for ring in self._content.rings:
            down, across = (position / ratio for position in view.position_of(ring.row, ring.col))
            at = QPointF(picture.left() + across, picture.top() + down)
            pane_drawing.draw_ring(painter, at, ring.radius_px / view.step / ratio, dashed=ring.dashed)

    def _paint_head(self, painter: QPainter) -> None:
        content, palette = self._content, self.palette()
        line = painter.fontMetrics().height()
        box = QRect(_MARGIN_PX + 1, _MARGIN_PX, self.width() - 2 * _MARGIN_PX - 2, line)
        first = box
        if content.class_id is not None:
            side = painter.fontMetrics().ascent() - 1
            chip = QRect(box.left(), box.top() + (line - side) // 2, side, side)
            pane_drawing.draw_chip(painter, chip, class_colour(content.class_id), palette)
            first = box.adjusted(side + pane_drawing.GAP_PX, 0, 0, 0)
        text = palette.color(QPalette.ColorRole.WindowText)
        quiet = pane_drawing.muted(palette)
        painter.setFont(pane_drawing.bold(self.font()))
        pane_drawing.draw_words(
            painter, first, left=content.title, right=self.value_under_cursor(), left_colour=text, right_colour=text
        )
        painter.setFont(self.font())
        mark = "updating" if self._dimmed else content.mark
        second = box.translated(0, line)
        pane_drawing.draw_words(painter, second, left=content.badge, right=mark, left_colour=quiet, right_colour=text)

    def _paint_bar(self, painter: QPainter, picture: QRect) -> None:
        layer, view = self._content.layer, self.field()
        if not self._bar or not isinstance(layer, MapLayer) or view is None:
            return
        seen = self.in_sight(view).translated(picture.topLeft())
        if _bar_lies(self.size()):
            box = QRect(seen.left(), seen.bottom() + 1, seen.width(), pane_drawing.bar_height(painter.fontMetrics()))
            pane_drawing.draw_lying_bar(painter, box, self._table_now(layer), layer.colours, self.palette())
            return
        height = max(seen.height(), min(picture.height(), 5 * painter.fontMetrics().height()))
        top = seen.center().y() - height // 2
        box = QRect(seen.right() + 1, top, pane_drawing.bar_width(painter.fontMetrics()), height)
        pane_drawing.draw_upright_bar(painter, box, self._table_now(layer), layer.colours, self.palette())

    def value_under_cursor(self) -> str:
        """What this pane says at the shared cursor, "" without a cursor on the image."""
        cursor = self.viewport.cursor
        return "" if cursor is None else self._content.reading(*cursor)


def _bar_lies(size: QSize) -> bool:
    # The bar takes its room from the longer side; by the pane's shape alone, so that no result moves it.
    return size.height() > size.width()


def _middle(picture: QRect) -> QRect:
    height = min(picture.height(), 90)
    return QRect(picture.left(), picture.center().y() - height // 2, picture.width(), height)
