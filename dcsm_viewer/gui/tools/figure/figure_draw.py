"""A figure on any paper Qt can paint on: exact rasters, captions, bars with numbers, legends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from dcsm_viewer.gui.canvas.legend import entries
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.canvas.value_ranges import ColourRange, short
from dcsm_viewer.gui.tools.figure.figure_layout import (
    FONT,
    SMALL_FONT,
    Box,
    Layout,
    PanelNeed,
    PanelPlace,
    elided,
    figure_layout_of,
)
from dcsm_viewer.gui.tools.figure.figure_panels import Panel
from dcsm_viewer.gui.tools.figure.figure_raster import Raster, raster
from dcsm_viewer.render.colormaps import lookup_table
from dcsm_viewer.render.palette import class_colour

_INK, _QUIET = QColor("#111111"), QColor("#555555")
_CHIP, _CHIP_GAP = 60.0, 25.0
_BAR_HIGH = 60.0
_HAIR = 4.0


@dataclass(frozen=True, slots=True)
class FigureStyle:
    """How a figure is set. columns: panels beside each other. letters: (a), (b) before the captions.

    captions, scales: the words above; the colour bars, legends and scale badges.
    """

    columns: int = 3
    width_mm: float = 180.0
    dpi: int = 300
    captions: bool = True
    letters: bool = True
    scales: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """Panels with their rasters, RGB uint8 (h, w, 3), made once and drawn on any paper."""

    panels: tuple[Panel, ...]
    rasters: tuple[Raster, ...]
    figure_style: FigureStyle

    @classmethod
    def of(cls, panels: Sequence[Panel], figure_style: FigureStyle) -> Figure:
        return cls(tuple(panels), tuple(raster(panel) for panel in panels), figure_style)


def layout_of(figure: Figure) -> Layout:
    figure_style = figure.figure_style
    measure = QFontMetricsF(_font(SMALL_FONT)).horizontalAdvance
    needs = []
    for panel in figure.panels:
        content = panel.content
        assert content.image is not None, "a panel has an image"
        lines = int(figure_style.captions) + int(figure_style.scales and bool(_quiet_words(panel)))
        legend: tuple[float, ...] = ()
        if figure_style.scales and isinstance(content.layer, LabelLayer):
            legend = tuple(_CHIP + _CHIP_GAP + measure(words) for _, words in _legend(content.layer))
        has_bar = figure_style.scales and isinstance(content.layer, MapLayer)
        needs.append(PanelNeed(content.image.shape, lines, has_bar, legend))
    return figure_layout_of(needs, figure_style.columns, figure_style.width_mm)


def draw(painter: QPainter, figure: Figure, layout: Layout) -> None:
    """The whole figure; one unit of the painter is a tenth of a point."""
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for index, (panel, picture) in enumerate(zip(figure.panels, figure.rasters, strict=True)):
        where = layout.panel_places[index]
        _draw_head(painter, where.head, panel, index, figure.figure_style)
        _draw_picture(painter, where.picture, picture)
        layer = panel.content.layer
        if where.bar is not None and isinstance(layer, MapLayer):
            _draw_bar(painter, where.bar, panel.colormap, layer.colours)
        elif isinstance(layer, LabelLayer) and where.legend:
            _draw_legend(painter, where, layer)


def letter(index: int) -> str:
    """(a) to (z), then (aa), (ab)."""
    first, last = divmod(index, len(ascii_lowercase))
    return f"({ascii_lowercase[first - 1] if first else ''}{ascii_lowercase[last]})"


def qimage(picture: Raster) -> QImage:
    """A copy that owns its pixels."""
    solid = np.ascontiguousarray(picture)
    h, w = solid.shape[:2]
    return QImage(solid.data, w, h, 3 * w, QImage.Format.Format_RGB888).copy()


def _draw_head(painter: QPainter, head: Box, panel: Panel, index: int, figure_style: FigureStyle) -> None:
    quiet = _quiet_words(panel) if figure_style.scales else ""
    base = head.top + 75.0
    if figure_style.captions:
        left = head.left
        if figure_style.letters:
            heavy = _font(FONT, bold=True)
            _draw_text(painter, QPointF(left, base), head.width, letter(index), heavy, _INK)
            left += QFontMetricsF(heavy).horizontalAdvance(letter(index)) + 30.0
        max_width = head.width - (left - head.left)
        _draw_text(painter, QPointF(left, base), max_width, panel.content.title, _font(FONT), _INK)
    if quiet:
        base = head.bottom - 33.0
        _draw_text(painter, QPointF(head.left, base), head.width, quiet, _font(SMALL_FONT), _QUIET)


def _draw_picture(painter: QPainter, box: Box, picture: Raster) -> None:
    where = QRectF(box.left, box.top, box.width, box.height)
    painter.drawImage(where, qimage(picture))


def _draw_bar(painter: QPainter, box: Box, colormap: str, colours: ColourRange) -> None:
    strip = QRectF(box.left, box.top, box.width, _BAR_HIGH)
    painter.drawImage(strip, qimage(lookup_table(colormap)[None, :, :3]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_QUIET, _HAIR))
    painter.drawRect(strip)
    font = _font(SMALL_FONT)
    measure = QFontMetricsF(font).horizontalAdvance
    ticks = colours.ticks(5 if box.width > 6 * measure("-8.8e-8") else 3)
    for part, value in enumerate(ticks):
        x = strip.left() + strip.width() * part / (len(ticks) - 1)
        painter.setPen(QPen(_INK, _HAIR))
        painter.drawLine(QPointF(x, strip.bottom()), QPointF(x, strip.bottom() + 18))
        words = short(value)
        left = min(max(x - measure(words) / 2, strip.left()), strip.right() - measure(words))
        _draw_text(painter, QPointF(left, strip.bottom() + 85), box.width, words, font, _INK)


def _draw_legend(painter: QPainter, panel_place: PanelPlace, layer: LabelLayer) -> None:
    for (label, words), (left, top) in zip(_legend(layer), panel_place.legend, strict=True):
        painter.setPen(QPen(_INK, _HAIR))
        painter.setBrush(QColor(*class_colour(label - 1)) if label else Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(left + _HAIR, top + 20, _CHIP, _CHIP))
        at = QPointF(left + _CHIP + _CHIP_GAP, top + 20 + _CHIP)
        _draw_text(painter, at, panel_place.picture.width, words, _font(SMALL_FONT), _INK)


def _draw_text(painter: QPainter, at: QPointF, max_width: float, text: str, font: QFont, colour: QColor) -> None:
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(at, elided(text, max_width, QFontMetricsF(font).horizontalAdvance))


def _legend(layer: LabelLayer) -> tuple[tuple[int, str], ...]:
    """Labels and words of those that have a pixel."""
    return tuple((entry.label, entry.words) for entry in entries(layer.labels, layer.names) if entry.share > 0)


def _quiet_words(panel: Panel) -> str:
    """How the colours are scaled, and what to know of the result."""
    return " · ".join(part for part in (panel.content.badge, panel.content.mark) if part)


def _font(size: int, *, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(size)
    font.setBold(bold)
    # The same outlines at any size: hints for the screen's pixels would shift letters on paper.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
