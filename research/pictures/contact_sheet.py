"""Scenes with their masks on one sheet, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

_GAP_PX = 4


def contact_sheet(folder: Path, stems: Sequence[str], columns: int = 6, width_px: int = 200) -> Image.Image:
    """The scenes named, `columns` to a row, each above its class mask; pictures are cut to the proportions 4 : 3."""
    height_px = width_px * 3 // 4
    rows = -(-len(stems) // columns)
    across, down = width_px + _GAP_PX, 2 * height_px + 3 * _GAP_PX
    sheet = Image.new("RGB", (columns * across - _GAP_PX, rows * down - 2 * _GAP_PX), "white")
    for position, stem in enumerate(stems):
        left, top = position % columns * across, position // columns * down
        with Image.open(folder / "JPEGImages" / f"{stem}.jpg") as picture:
            sheet.paste(_cut(picture.convert("RGB"), width_px, height_px, Image.Resampling.LANCZOS), (left, top))
        with Image.open(folder / "SegmentationClass" / f"{stem}.png") as mask:
            small = _cut(mask.convert("RGB"), width_px, height_px, Image.Resampling.NEAREST)
            sheet.paste(small, (left, top + height_px + _GAP_PX // 2))
    return sheet


def _cut(image: Image.Image, width: int, height: int, how: Image.Resampling) -> Image.Image:
    """The middle of the image at that size, its shorter side filled."""
    factor = min(image.width / width, image.height / height)
    left, top = (image.width - factor * width) / 2, (image.height - factor * height) / 2
    return image.resize((width, height), how, box=(left, top, left + factor * width, top + factor * height))
