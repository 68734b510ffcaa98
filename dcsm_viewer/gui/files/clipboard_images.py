"""A picture from the clipboard: files copied in a file browser, or pixels copied in another program."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from dcsm_viewer.core.types import SourceImage


def pasted_image(mime: QMimeData) -> SourceImage | None:
    """The copied pixels without their transparency, None where none were copied."""
    image = mime.imageData()
    if not isinstance(image, QImage) or image.isNull():
        return None
    return source_of(image)


def source_of(image: QImage) -> SourceImage:
    """`image` as RGB bytes; Qt pads each line to four bytes, which are cut off here."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    height, width = plain.height(), plain.width()
    lines = np.frombuffer(plain.constBits(), np.uint8).reshape(height, plain.bytesPerLine())
    rgb = lines[:, : 3 * width].reshape(height, width, 3)
    notes = ("Transparent places show the colour stored in them.",) if image.hasAlphaChannel() else ()
    return SourceImage.of(rgb, name="pasted", notes=notes)
