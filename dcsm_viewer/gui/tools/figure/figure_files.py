"""A figure as a file: PNG with its resolution, SVG or PDF with exact rasters inside; and as an image."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRect, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QImageWriter, QPageSize, QPainter, QPdfWriter

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.tools.figure.figure_draw import Figure, draw, layout_of
from dcsm_viewer.gui.tools.figure.figure_layout import UNITS_PER_MM
from dcsm_viewer.io.atomic import atomic_write

Format = Literal["png", "svg", "pdf"]

_UNITS_PER_INCH = 720
MOST_PX = 100_000_000
COPIED_PX = 25_000_000
"""More pixels than these are a slip of the hand and take gigabytes: 400 MB for a file, 100 MB on the clipboard."""


def write_figure(figure: Figure, path: Path) -> Path:
    """The figure at `path`, in the format its ending names; the file appears whole or not at all.

    Raises UserError for another ending, a figure without panels and one too large for any paper.
    """
    data = figure_bytes(figure, _format_of(path))
    with atomic_write(path) as stream:
        stream.write(data)
    return path


def figure_bytes(figure: Figure, kind: Format) -> bytes:
    if not figure.panels:
        raise UserError("The figure has no panel; tick at least one that can be shown.")
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    match kind:
        case "png":
            QImageWriter(buffer, QByteArray(b"png")).write(image_of(figure))
        case "svg":
            _write_svg(figure, buffer)
        case "pdf":
            _write_pdf(figure, buffer)
    return bytes(buffer.data().data())


def image_of(figure: Figure, width_px: int | None = None, *, most_px: int = MOST_PX) -> QImage:
    """The figure on white at its resolution, or `width_px` wide; dots per metre say how large it is meant.

    Raises UserError where it would have more than `most_px` pixels.
    """
    layout = layout_of(figure)
    scale = figure.figure_style.dpi / _UNITS_PER_INCH if width_px is None else width_px / layout.width
    width, height = (max(1, round(side * scale)) for side in (layout.width, layout.height))
    if width * height > most_px:
        raise UserError(
            f"The figure would be {width} x {height} px, which is too large here; choose fewer dots per inch, "
            "a smaller width or more columns."
        )
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    dots = round(scale * UNITS_PER_MM * 1000)
    painter = QPainter(image)
    painter.scale(width / layout.width, height / layout.height)
    draw(painter, figure, layout)
    painter.end()
    # Set last: the painter would scale fonts by it.
    image.setDotsPerMeterX(dots)
    image.setDotsPerMeterY(dots)
    return image


def _write_svg(figure: Figure, buffer: QBuffer) -> None:
    # A megabyte of start-up that only who saves an SVG pays for.
    from PySide6.QtSvg import QSvgGenerator

    layout = layout_of(figure)
    size = QSize(round(layout.width), round(layout.height))
    paper = QSvgGenerator()
    paper.setOutputDevice(buffer)
    paper.setResolution(_UNITS_PER_INCH)
    paper.setSize(size)
    paper.setViewBox(QRect(0, 0, size.width(), size.height()))
    paper.setTitle("DCSM viewer figure")
    _paint_on(paper, figure)


def _write_pdf(figure: Figure, buffer: QBuffer) -> None:
    layout = layout_of(figure)
    paper = QPdfWriter(buffer)
    side_mm = QSizeF(layout.width / UNITS_PER_MM, layout.height / UNITS_PER_MM)
    page = QPageSize(side_mm, QPageSize.Unit.Millimeter, "figure", QPageSize.SizeMatchPolicy.ExactMatch)
    paper.setPageSize(page)
    paper.setPageMargins(QMarginsF(0, 0, 0, 0))
    paper.setResolution(_UNITS_PER_INCH)
    paper.setTitle("DCSM viewer figure")
    paper.setCreator("DCSM viewer")
    _paint_on(paper, figure)


def _paint_on(paper: QPdfWriter | object, figure: Figure) -> None:
    painter = QPainter(paper)  # type: ignore[arg-type]  # QSvgGenerator is a paint device; named late, to be loaded late
    draw(painter, figure, layout_of(figure))
    painter.end()


def _format_of(path: Path) -> Format:
    match path.suffix.lower():
        case ".png":
            return "png"
        case ".svg":
            return "svg"
        case ".pdf":
            return "pdf"
        case other:
            raise UserError(
                f"A figure cannot be written as {other or 'a file without an ending'}; end it in .png, .svg or .pdf."
            )
