from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage

from dcsm_viewer.gui.canvas.sampling import MapLayer, painted, sample_layer
from dcsm_viewer.gui.canvas.value_ranges import ColourRange
from dcsm_viewer.gui.canvas.visible_region import VisibleRegion
from dcsm_viewer.render.color_tables import map_table
from dcsm_viewer.render.colormaps import lookup_table
from dcsm_viewer.render.paint import paint_map


def test_that_every_screen_pixel_shows_the_value_below_its_centre() -> None:
    random = np.random.default_rng(4)
    values = random.random((7, 5)).astype(np.float32)
    view = VisibleRegion(image_shape=(14, 20), top=-3.3, left=2.1, step=0.37, shape=(60, 40))
    patch = sample_layer(MapLayer(values, ColourRange(0.0, 1.0, "", 1.0)), view)
    seen = 0
    for down in range(60):
        for across in range(40):
            row, col = -3.3 + (down + 0.5) * 0.37, 2.1 + (across + 0.5) * 0.37
            if not (0 <= row < 14 and 0 <= col < 20):
                continue
            expected = min(int(values[int(row / 2), int(col / 4)] * np.float32(256)), 255)
            assert patch.color_indices[down - patch.down, across - patch.across] == expected
            seen += 1
    assert seen == patch.color_indices.size


@pytest.mark.parametrize("high", [1.0, 0.3, 7.0, 0.0, 1e-30])
def test_that_the_screen_has_the_colours_of_the_exported_picture(high: float) -> None:
    values = np.random.default_rng(5).normal(0.4, 0.5, (9, 13)).astype(np.float32)
    values[2, 3] = np.nan
    values[3, 4] = np.inf
    view = VisibleRegion(image_shape=(9, 13), top=0.0, left=0.0, step=1.0, shape=(9, 13))
    layer = MapLayer(values, ColourRange(0.0, high, "", high))
    image = painted(sample_layer(layer, view), map_table("viridis", 1.0)).convertToFormat(QImage.Format.Format_RGBA8888)
    shown = np.frombuffer(image.constBits(), np.uint8).reshape(9, 13, 4)
    np.testing.assert_array_equal(shown, paint_map(values, lookup_table("viridis"), 0.0, high))


def test_that_an_image_out_of_sight_leaves_an_empty_patch() -> None:
    view = VisibleRegion(image_shape=(9, 13), top=50.0, left=0.0, step=1.0, shape=(9, 13))
    patch = sample_layer(MapLayer(np.ones((9, 13), np.float32), ColourRange(0.0, 1.0, "", 1.0)), view)
    assert patch.color_indices.size == 0
