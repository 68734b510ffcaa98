"""What layers and scales add up to, and that the window takes the engine's word for it."""

from __future__ import annotations

import numpy as np
import pytest

from dcsm_viewer.core.map_sums import sums_of
from dcsm_viewer.core.types import FocusMaps
from dcsm_viewer.gui.canvas.grid.grid_sums import focus_sums
from dcsm_viewer.gui.canvas.value_ranges import colour_ranges


def made() -> dict[tuple[int, str], np.ndarray]:
    random = np.random.default_rng(0)
    keys = [(400, "conv3_1"), (400, "conv4_1"), (500, "conv3_1")]
    return {key: random.standard_normal((5, 7)).astype(np.float32) for key in keys}


def test_that_sums_and_largest_values_are_those_of_the_maps() -> None:
    maps = made()
    kept = {key: values.copy() for key, values in maps.items()}
    sums = sums_of(maps)
    np.testing.assert_allclose(sums.of_layer["conv3_1"], maps[400, "conv3_1"] + maps[500, "conv3_1"], rtol=1e-6)
    np.testing.assert_allclose(sums.of_scale[400], maps[400, "conv3_1"] + maps[400, "conv4_1"], rtol=1e-6)
    assert (sums.terms_of_layer, sums.terms_of_scale) == ({"conv3_1": 2, "conv4_1": 1}, {400: 2, 500: 1})
    assert sums.highest[400, "conv4_1"] == maps[400, "conv4_1"].max()
    assert sums.highest[None, "conv3_1"] == sums.of_layer["conv3_1"].max()
    assert all(np.array_equal(values, kept[key]) for key, values in maps.items())


def test_that_sums_that_came_with_the_maps_are_not_made_again() -> None:
    raw, distinct = sums_of(made()), sums_of({})
    focus = FocusMaps(3, made(), {}, raw_sums=raw, distinct_sums=distinct)
    assert focus_sums(focus).raw is raw
    assert focus_sums(focus).distinct is distinct
    alone = focus_sums(FocusMaps(3, made(), {}))
    assert alone.raw.highest == raw.highest


@pytest.mark.parametrize("known", [None, {"map": float("nan")}])
def test_that_a_value_that_is_not_a_number_is_said_also_where_the_largest_is_known(
    known: dict[str, float] | None,
) -> None:
    values = np.array([[1.0, np.nan], [0.5, 0.0]], dtype=np.float32)
    found = colour_ranges({"map": values}, "own", {"map": None}, known)["map"]
    assert found.own_max == 1.0
    assert "1 px not a number" in found.badge
