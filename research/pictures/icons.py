"""Icons of an Iconify set, drawn by Qt as cutouts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from research.pictures.cutout import crop_to_visible, file_name
from research.pictures.icon_classes import class_of_icon
from research.pictures.sources import Source

SIZE_PX = 384


def draw_icons(source: Source, folder: Path, out: Path, report: Callable[[str], None]) -> int:
    """How many icons of the set in `folder` lie in `out/<class>/` now: those of the table, in names' order.

    Those that are there already are left as they are; an icon that Qt cannot draw is left out. Raises UserError where
    the set's file is missing or says nothing.
    """
    listing = folder / "package" / "icons.json"
    try:
        icon_set = json.loads(listing.read_text(encoding="utf-8"))
        icons: dict[str, dict[str, object]] = icon_set["icons"]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{listing} is no icon set ({error}); delete {folder} and fetch it again.") from error
    drawn = 0
    for name in sorted(icons):
        class_name = class_of_icon(name)
        if class_name is None:
            continue
        target = out / class_name / file_name("icon", source.name, name, "0")
        if target.is_file():
            drawn += 1
            continue
        width, height = (icons[name].get(side, icon_set.get(side, 16)) for side in ("width", "height"))
        rgba = _drawn(f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
                      f'viewBox="0 0 {width} {height}">{icons[name]["body"]}</svg>')  # fmt: skip
        if rgba is None:
            continue
        ensure_folder(out / class_name)
        with atomic_path(target) as path:
            Image.fromarray(rgba).save(path, format="PNG")
        drawn += 1
    report(f"{source.name}: {drawn} icons")
    return drawn


def _drawn(svg: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None:
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    if not renderer.isValid():
        return None
    image = QImage(SIZE_PX, SIZE_PX, QImage.Format.Format_RGBA8888)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(SIZE_PX, image.bytesPerLine())
    return crop_to_visible(rows[:, : SIZE_PX * 4].reshape(SIZE_PX, SIZE_PX, 4).copy())
