"""The strokes of a pane: words, colour bar, cross-hair, placeholder; colours come from the application's palette."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QImage, QPainter, QPalette, QPen, QTransform

from dcsm_viewer.gui.canvas.value_ranges import ColourRange, short

BAR_PX = 12
GAP_PX = 6
CROSS = (((0, 0, 0, 130), 3.0), ((255, 255, 255, 230), 1.0))
"""Colour and width of the two strokes of a cross-hair: light on a dark seam, so that it shows on any map."""


def muted(palette: QPalette) -> QColor:
    """Colour of what is said in passing."""
    return palette.color(QPalette.ColorRole.PlaceholderText)


def draw_chip(painter: QPainter, box: QRect, colour: tuple[int, int, int] | None, palette: QPalette) -> None:
    """The class colour, outlined so that a dark one shows on a dark ground; hollow for what has no colour."""
    painter.setPen(QPen(palette.color(QPalette.ColorRole.WindowText), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush if colour is None else QColor(*colour))
    painter.drawRect(box)


def draw_words(
    painter: QPainter, box: QRect, *, left: str, right: str, left_colour: QColor, right_colour: QColor
) -> None:
    """Two texts on one line; the right one is whole, the left one gives way."""
    metrics = painter.fontMetrics()
    wide = metrics.horizontalAdvance(right) + GAP_PX if right else 0
    painter.setPen(right_colour)
    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
    area = max(0, box.width() - wide)
    painter.setPen(left_colour)
    painter.drawText(
        QRect(box.left(), box.top(), area, box.height()),
        Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
        metrics.elidedText(left, Qt.TextElideMode.ElideMiddle, area),
    )


def bar_width(metrics: QFontMetrics) -> int:
    """Room for an upright colour bar and its numbers; the same for every range, so that nothing jumps."""
    return GAP_PX + BAR_PX + 6 + metrics.horizontalAdvance("8.8e-8")


def bar_height(metrics: QFontMetrics) -> int:
    """Room for a lying colour bar and the numbers below it."""
    return GAP_PX + BAR_PX + 4 + metrics.height()


def draw_upright_bar(
    painter: QPainter, box: QRect, table: NDArray[np.uint8], colours: ColourRange, palette: QPalette
) -> None:
    """The colours from low (below) to high (above), with at least three numbers beside them."""
    metrics = painter.fontMetrics()
    strip = QRect(box.left() + GAP_PX, box.top(), BAR_PX, box.height())
    _draw_strip(painter, strip, _gradient(table).transformed(QTransform().rotate(-90)), palette)
    ticks = colours.ticks(5 if strip.height() > 9 * metrics.height() else 3)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    for part, value in enumerate(ticks):
        y = strip.bottom() - round((strip.height() - 1) * part / (len(ticks) - 1))
        painter.drawLine(strip.right() + 1, y, strip.right() + 3, y)
        # The outermost numbers stay beside the bar instead of reaching beyond it.
        base = min(max(y + metrics.ascent() // 2 - 1, strip.top() + metrics.ascent() - 2), strip.bottom() + 1)
        painter.drawText(strip.right() + 6, base, short(value))


def draw_lying_bar(
    painter: QPainter, box: QRect, table: NDArray[np.uint8], colours: ColourRange, palette: QPalette
) -> None:
    """The colours from low (left) to high (right), with at least three numbers below them."""
    metrics = painter.fontMetrics()
    strip = QRect(box.left(), box.top() + GAP_PX, box.width(), BAR_PX)
    _draw_strip(painter, strip, _gradient(table), palette)
    ticks = colours.ticks(5 if strip.width() > 6 * metrics.horizontalAdvance("8.8e-8") else 3)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    for part, value in enumerate(ticks):
        x = strip.left() + round((strip.width() - 1) * part / (len(ticks) - 1))
        painter.drawLine(x, strip.bottom() + 1, x, strip.bottom() + 3)
        wide = metrics.horizontalAdvance(short(value))
        left = min(max(x - wide // 2, strip.left()), strip.right() - wide + 1)
        painter.drawText(left, strip.bottom() + 4 + metrics.ascent(), short(value))


def _gradient(table: NDArray[np.uint8]) -> QImage:
    solid = table.copy()
    solid[:, 3] = 255
    # The copy owns its pixels; the array of this function is gone when it is drawn.
    return QImage(solid.data, 256, 1, 4 * 256, QImage.Format.Format_RGBA8888).copy()


def _draw_strip(painter: QPainter, strip: QRect, gradient: QImage, palette: QPalette) -> None:
    painter.drawImage(strip, gradient)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(muted(palette), 1))
    painter.drawRect(strip.adjusted(0, 0, -1, -1))


def draw_cross(painter: QPainter, picture: QRect, at: QPointF, pixel: QRectF) -> None:
    """Lines through `at`, and a box round the pixel when it is large."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in CROSS:
        painter.setPen(QPen(QColor(*colour), width, c=Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(picture.left(), at.y()), QPointF(picture.right() + 1, at.y()))
        painter.drawLine(QPointF(at.x(), picture.top()), QPointF(at.x(), picture.bottom() + 1))
        if pixel.width() >= 6:
            painter.drawRect(pixel)


def draw_ring(painter: QPainter, at: QPointF, radius: float, *, dashed: bool) -> None:
    """A circle that shows on any ground, never so small that it is lost."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    for colour, width in CROSS:
        painter.setPen(QPen(QColor(*colour), width, style))
        painter.drawEllipse(at, max(radius, 3.0), max(radius, 3.0))
    painter.restore()


def draw_placeholder(painter: QPainter, box: QRect, sentence: str, palette: QPalette) -> None:
    """A hatched field with the reason in it: something is missing here, and it is not a black map."""
    painter.fillRect(box, palette.color(QPalette.ColorRole.Window))
    hatch = muted(palette)
    hatch.setAlpha(45)
    painter.fillRect(box, QBrush(hatch, Qt.BrushStyle.BDiagPattern))
    painter.setPen(QPen(muted(palette), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0, 0, -1, -1))
    area = box.adjusted(GAP_PX, 2, -GAP_PX, -2)
    flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
    words = painter.boundingRect(area, flags, sentence).intersected(area).adjusted(-3, -1, 3, 1)
    painter.fillRect(words, palette.color(QPalette.ColorRole.Window))
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    painter.drawText(area, flags, sentence)


def draw_veil(painter: QPainter, box: QRect, palette: QPalette) -> None:
    """What is below is not of now: half sunk into the ground."""
    veil = palette.color(QPalette.ColorRole.Window)
    veil.setAlpha(120)
    painter.fillRect(box, veil)


def draw_frame(painter: QPainter, box: QRect, palette: QPalette) -> None:
    """The accent around what is chosen or has the keyboard."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
    painter.drawRect(box.adjusted(1, 1, -1, -1))


def bold(font: QFont) -> QFont:
    heavy = QFont(font)
    heavy.setBold(True)
    return heavy
