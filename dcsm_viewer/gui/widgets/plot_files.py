"""A chart as a file: PNG and SVG on white in the light theme's colours, or CSV with the numbers."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QImageWriter, QPaintDevice, QPainter

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.theme import palette
from dcsm_viewer.gui.widgets.plot_canvas import Canvas
from dcsm_viewer.gui.widgets.plot_values import Chart
from dcsm_viewer.io.atomic import atomic_write

_SCALE = 3
"""Pixels of a PNG for each logical pixel: about 300 dots per inch where the screen has 96."""
_DOTS_PER_M = round(_SCALE * 96 / 0.0254)
_LEAST = QSize(480, 320)


def write_plot(chart: Chart, size: QSize, font: QFont, path: Path) -> None:
    """Writes the chart at `path` in the format its ending names (.png, .svg, .csv), whole or not at all.

    Parameters
    ----------
    chart : what is drawn; the whole of both axes, whatever the window has zoomed to.
    size : logical px of the plot in the window; the drawing has at least 480 x 320.
    font : of all words.
    path : replaced if it exists.

    Raises
    ------
    UserError : for another ending, or where the file cannot be written.
    """
    match path.suffix.lower():
        case ".png":
            data = _png(_drawn(chart, size, font))
        case ".svg":
            data = _svg(_drawn(chart, size, font), chart.name)
        case ".csv":
            data = csv_of(chart).encode("utf-8")
        case ending:
            raise UserError(f"A plot is not written as {ending or 'a file without ending'}; choose .png, .svg or .csv.")
    with atomic_write(path) as stream:
        stream.write(data)


def csv_of(chart: Chart) -> str:
    """One row a point (series, x, y; y empty where the curve breaks), or a bar (bar, start, end)."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    if chart.bars:
        rows.writerow(("bar", "start", "end"))
        rows.writerows(
            (bar.words.split(":")[0] if not bar.strong else bar.name, bar.start, bar.end) for bar in chart.bars
        )
    else:
        rows.writerow(("series", chart.x.title, "value"))
        for one in chart.series:
            rows.writerows((one.name, x, "" if math.isnan(y) else y) for x, y in zip(one.x, one.y, strict=True))
    return out.getvalue()


def _drawn(chart: Chart, size: QSize, font: QFont) -> Canvas:
    """A canvas of its own on white: what is on the screen keeps its colours and its zoom."""
    canvas = Canvas()
    canvas.setFont(font)
    canvas.resize(size.expandedTo(_LEAST))
    canvas.repaint_in(palette(dark=False), ground=QColor("white"))
    canvas.show_chart(chart, "")
    # Lays the scene out without showing the widget.
    canvas.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    canvas.show()
    canvas.plotItem.layout.activate()
    return canvas


def _png(canvas: Canvas) -> bytes:
    image = QImage(canvas.size() * _SCALE, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    # Not a scaled painter: the legend and the lines' names ignore its transformation and would stay small.
    image.setDevicePixelRatio(_SCALE)
    _render(canvas, image)
    image.setDevicePixelRatio(1)
    image.setDotsPerMeterX(_DOTS_PER_M)
    image.setDotsPerMeterY(_DOTS_PER_M)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def _svg(canvas: Canvas, title: str) -> bytes:
    # A megabyte of start-up that only who saves an SVG pays for.
    from PySide6.QtSvg import QSvgGenerator

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    paper = QSvgGenerator()
    paper.setOutputDevice(buffer)
    paper.setSize(canvas.size())
    paper.setViewBox(QRect(0, 0, canvas.width(), canvas.height()))
    paper.setTitle(title)
    _render(canvas, paper)
    return bytes(buffer.data().data())


def _render(canvas: Canvas, device: QPaintDevice) -> None:
    painter = QPainter(device)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    canvas.render(painter, QRectF(canvas.rect()), canvas.rect())
    painter.end()
    # Not close(): pyqtgraph then drops the items that events still under way ask for.
    canvas.hide()
    canvas.deleteLater()
