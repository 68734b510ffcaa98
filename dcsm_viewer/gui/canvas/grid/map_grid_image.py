"""All tiles of the grid as one picture of colour indices: eighty maps cost one draw and one colour table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect

from dcsm_viewer.gui.canvas.grid.grid_contents import Tile
from dcsm_viewer.gui.canvas.sampling import MapLayer, places_of
from dcsm_viewer.gui.canvas.visible_region import VisibleRegion


def grid_color_indices(
    maps: Mapping[Tile, MapLayer],
    pictures: Mapping[Tile, QRect],
    view: VisibleRegion,
    *,
    ratio: float,
    shape: tuple[int, int],
) -> NDArray[np.uint8]:
    """Colour indices uint8 `shape` (height, width in device pixels); 0 wherever no map is.

    All tiles see the same `view`. pictures: where each tile's map is, logical px; ratio: device px per logical px.
    """
    sheet = np.zeros(shape, dtype=np.uint8)
    # Most maps have one shape; the indices into it are worth making once.
    rows_of, cols_of = cache(view.rows_of), cache(view.cols_of)
    for tile, layer in maps.items():
        down, rows = rows_of(layer.values.shape[0])
        across, cols = cols_of(layer.values.shape[1])
        top = round(pictures[tile].top() * ratio) + down
        left = round(pictures[tile].left() * ratio) + across
        window = sheet[top : top + len(rows), left : left + len(cols)]
        seen = layer.values.take(rows[: window.shape[0]], axis=0).take(cols[: window.shape[1]], axis=1)
        window[...] = places_of(seen, layer.colours)
    return sheet
