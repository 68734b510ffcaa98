"""Cutouts of whole photographs by outlines that were drawn once and are kept in a table."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PySide6.QtCore import QFile, QIODevice, QResource

from dcsm_viewer.core.types import UserError

_PACKED = Path("usr/share/gcompris-qt/rcc")


@dataclass(frozen=True, slots=True)
class Outline:
    """One thing on a photograph of GCompris: which activity's resources, which file there, where its edge runs.

    `rings` are closed lines of (x, y) as shares of width and height; a ring within a ring is a hole.
    """

    activity: str
    file: str
    class_name: str
    rings: tuple[tuple[tuple[float, float], ...], ...]


def outlines() -> tuple[Outline, ...]:
    """The table, in its order."""
    table = json.loads((files(__package__) / "data" / "outlines.json").read_text(encoding="utf-8"))
    return tuple(
        Outline(
            entry["activity"],
            entry["path"],
            entry["class"],
            tuple(tuple((float(x), float(y)) for x, y in ring) for ring in entry["rings"]),
        )
        for entry in table
    )


def photograph_of(outline: Outline, folder: Path) -> Image.Image:
    """The whole photograph as RGB, out of the resource files of the unpacked package.

    Raises UserError where it is not there.
    """
    with Image.open(io.BytesIO(packed_file(outline.activity, outline.file, folder))) as opened:
        return opened.convert("RGB")


def packed_file(activity: str, name: str, folder: Path) -> bytes:
    """A file of the activity's resources, byte for byte, out of the unpacked package in `folder`.

    Raises UserError where it is not there.
    """
    packed = next(iter(sorted(folder.glob(f"**/{activity}.rcc"))), folder / _PACKED / f"{activity}.rcc")
    root = f"/outlined/{activity}"
    if not QResource.registerResource(str(packed), root):
        raise UserError(f"{packed} cannot be read; delete {folder} and fetch it again.")
    try:
        file = QFile(f":{root}/gcompris/src/activities/{activity}/resource/{name}")
        if not file.open(QIODevice.OpenModeFlag.ReadOnly):
            raise UserError(f"{name} is not in {packed}; delete {folder} and fetch it again.")
        content = bytes(file.readAll().data())
        file.close()
    finally:
        QResource.unregisterResource(str(packed), root)
    return content


def cut_out(photograph: Image.Image, outline: Outline) -> NDArray[np.uint8]:
    """Colour and alpha (H, W, 4) of the photograph; alpha is 255 within an odd number of rings, 0 elsewhere."""
    width, height = photograph.size
    inside = np.zeros((height, width), bool)
    for ring in outline.rings:
        filled = Image.new("1", photograph.size)
        ImageDraw.Draw(filled).polygon([(x * width, y * height) for x, y in ring], fill=1)
        inside ^= np.asarray(filled)
    return np.dstack([np.asarray(photograph), np.where(inside, 255, 0).astype(np.uint8)])
