"""Cutouts and backgrounds that the tests draw themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from research.pictures.cutout import Cutout, Kind, file_name
from research.pictures.layer import Layer

Picture = NDArray[np.float32]


def drawn_cutout(
    folder: Path,
    class_name: str,
    origin: str = "a",
    kind: Kind = "icon",
    colour: tuple[int, int, int] = (200, 40, 40),
    size: tuple[int, int] = (60, 40),
) -> Cutout:
    """A filled ellipse of one colour, written where `list_cutouts` looks for it."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    inside = ((x - (width - 1) / 2) / (width / 2)) ** 2 + ((y - (height - 1) / 2) / (height / 2)) ** 2 <= 1
    rgba = np.dstack([np.full((height, width, 3), colour, np.uint8), np.where(inside, 255, 0).astype(np.uint8)])
    path = folder / class_name / file_name(kind, "drawn", origin, "0")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgba).save(path)
    return Cutout(class_name, kind, "drawn", origin, "0", path)


def square(cutout: Cutout, at: tuple[int, int], side: int, colour: float, alpha: float = 1.0) -> Layer:
    """A layer of one colour and one alpha, without a shadow."""
    return Layer(
        cutout,
        np.full((side, side, 3), colour, np.float32),
        np.full((side, side), alpha, np.float32),
        at,
        np.zeros((0, 0), np.float32),
        (0, 0),
    )


class Grey:
    """A background of one grey."""

    def drawn(self, rng: np.random.Generator, height: int, width: int) -> Picture:
        return np.full((height, width, 3), 0.5 + 0 * rng.random(), np.float32)
