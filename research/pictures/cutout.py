"""One thing cut out of its surroundings, with the class it shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import UserError

# A figure is an emoji modelled and lit in three dimensions, in one fixed view.
Kind = Literal["photograph", "render", "figure", "icon"]
_KINDS = ("photograph", "render", "figure", "icon")

NO_CLASS = "background"  # things of none of the 20 classes, put into training scenes and left unlabelled
_FLYING = frozenset({"aeroplane", "bird"})
_NAME_PARTS = 4


@dataclass(frozen=True, slots=True)
class Cutout:
    """A PNG with alpha of one thing. `origin` names what it was made of: two views of one model share it.

    `class_name` is a VOC class, or NO_CLASS. The file's name says all of it:
    `<kind>--<source>--<origin>--<view>.png` in a folder of its class.
    """

    class_name: str
    kind: Kind
    source: str
    origin: str
    view: str
    path: Path

    @property
    def flies(self) -> bool:
        """Whether it may hang in the air and throws no shadow on the ground."""
        return self.class_name in _FLYING

    @property
    def key(self) -> str:
        """What it was made of, for keeping two sets apart."""
        return f"{self.source}/{self.origin}"


def file_name(kind: Kind, source: str, origin: str, view: str) -> str:
    """The name that `list_cutouts` reads back; "--" stands between the parts, so none of them may have it."""
    parts = (kind, source, origin, view)
    if any("--" in part or "/" in part for part in parts):
        raise ValueError(f"a part of {parts} has -- or / in it")
    return "--".join(parts) + ".png"


def list_cutouts(folder: Path) -> tuple[Cutout, ...]:
    """All cutouts below the folder, in the order of their paths. Raises UserError where there is none."""
    found = []
    for path in sorted(folder.glob("*/*.png"), key=lambda path: path.relative_to(folder).as_posix()):
        parts = path.stem.split("--")
        if len(parts) == _NAME_PARTS and parts[0] in _KINDS:
            kind, source, origin, view = parts
            found.append(Cutout(path.parent.name, kind, source, origin, view, path))  # type: ignore[arg-type]  # checked in the line above
    if not found:
        raise UserError(f"There are no cutouts in {folder}: run `make scenes`, which makes them.")
    return tuple(found)


@lru_cache(maxsize=512)
def pixels(path: Path) -> Image.Image:
    """The cutout as an RGBA image. Callers must not change it: it is kept for the next scene."""
    with Image.open(path) as opened:
        return opened.convert("RGBA")


def crop_to_visible(rgba: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The smallest window with all that is visible of rgba (H, W, 4); None where less than 16 px across is."""
    visible = rgba[..., 3] >= 128
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    if len(rows) < 16 or len(columns) < 16:
        return None
    return rgba[max(rows[0] - 1, 0) : rows[-1] + 2, max(columns[0] - 1, 0) : columns[-1] + 2]
