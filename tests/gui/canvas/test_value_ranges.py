from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dcsm_viewer.gui.canvas.sampling import places_of
from dcsm_viewer.gui.canvas.value_ranges import colour_ranges, short
from dcsm_viewer.gui.state.view_state import RangeMode

SMALL = np.array([[0.0, 0.25]], dtype=np.float32)
LARGE = np.array([[0.5, 2.0]], dtype=np.float32)
MAPS = {"small": SMALL, "large": LARGE}


def test_that_own_ranges_end_at_each_map_s_own_maximum() -> None:
    ranges = colour_ranges(MAPS, "own", {"small": 3.0, "large": 3.0})
    assert [(each.low, each.high) for each in ranges.values()] == [(0.0, 0.25), (0.0, 2.0)]
    assert ranges["small"].badge == "own max 0.25"


def test_that_shared_ranges_end_at_the_common_maximum() -> None:
    ranges = colour_ranges(MAPS, "shared", {"small": 3.0, "large": 3.0})
    assert {each.high for each in ranges.values()} == {2.0}
    assert ranges["small"].badge == "shared 0..2"
    assert ranges["small"].own_max == 0.25


def test_that_absolute_ranges_end_at_the_largest_possible_value() -> None:
    ranges = colour_ranges(MAPS, "absolute", {"small": 1.0, "large": 3.0})
    assert [each.high for each in ranges.values()] == [1.0, 3.0]
    assert ranges["large"].badge == "absolute 0..3"


def test_that_maps_without_a_bound_are_shared_when_absolute_is_asked() -> None:
    ranges = colour_ranges(MAPS, "absolute", {"small": None, "large": None})
    assert {each.badge for each in ranges.values()} == {"shared 0..2"}


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), -1.0), np.zeros((0, 0))])
def test_that_a_map_without_a_positive_value_gets_an_empty_range(values: NDArray[np.float64]) -> None:
    ranges = colour_ranges({"m": values.astype(np.float32)}, "own", {"m": 1.0})
    assert (ranges["m"].low, ranges["m"].high) == (0.0, 0.0)


def test_that_the_badge_counts_what_is_not_a_number() -> None:
    values = np.array([[np.nan, np.inf, 0.5]], dtype=np.float32)
    ranges = colour_ranges({"m": values}, "own", {"m": 1.0})
    assert ranges["m"].high == 0.5
    assert ranges["m"].badge == "own max 0.5, 2 px not a number"


def test_that_a_colour_bar_has_at_least_three_numbers_from_low_to_high() -> None:
    ticks = colour_ranges(MAPS, "own", {"small": None, "large": None})["large"].ticks()
    assert ticks == (0.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "0"), (0.8345, "0.835"), (12.34, "12.3"), (4.123e-5, "4.1e-5"), (12345.0, "1.2e4")]
)
def test_that_numbers_are_short(value: float, words: str) -> None:
    assert short(value) == words


@pytest.mark.parametrize("mode", ["own", "absolute"])
def test_that_a_map_filled_by_the_floor_alone_is_not_painted_as_if_it_were_full(mode: RangeMode) -> None:
    floor = np.full((3, 4), 1e-20, np.float32)
    found = colour_ranges({"m": floor}, mode, {"m": 1.0})["m"]
    assert (found.low, found.high) == (0.0, 1.0)
    assert int(places_of(floor, found).max()) == 0
