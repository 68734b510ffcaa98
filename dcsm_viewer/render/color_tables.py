"""Colour tables with the opacity in them: a slider that moves costs 256 entries, not a picture."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.render.colormaps import lookup_table
from dcsm_viewer.render.palette import class_colour


def map_table(colormap: str, opacity: float) -> NDArray[np.uint8]:
    """RGBA uint8 (256, 4) of a colormap, low to high, its alpha times `opacity` in [0, 1]."""
    table = lookup_table(colormap).copy()
    table[:, 3] = np.rint(table[:, 3] * opacity).astype(np.uint8)
    return table


def label_table(labels: Iterable[int], opacity: float) -> NDArray[np.uint8]:
    """RGBA uint8 (256, 4) whose row k is the colour of the k-th smallest of `labels`; the background is clear."""
    table = np.zeros((256, 4), dtype=np.uint8)
    for index, label in zip(range(256), sorted(labels), strict=False):
        if label:
            table[index] = (*class_colour(label - 1), round(255 * opacity))
    return table
