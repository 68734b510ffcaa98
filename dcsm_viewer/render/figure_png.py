"""A matplotlib figure as an RGB PNG: the same figure gives the same bytes, with no version or date in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from PIL import Image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 200


def write_png(figure: Figure, stream: BinaryIO) -> None:
    """Draws the figure with Agg at DPI dots per inch. Neither pyplot nor a screen is used."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's own
    size = canvas.get_width_height()
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]  # matplotlib's own
    picture = Image.frombuffer("RGBA", size, pixels).convert("RGB")
    picture.save(stream, "PNG", dpi=(DPI, DPI), optimize=True)
