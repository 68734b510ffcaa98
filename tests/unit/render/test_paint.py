"""Painting against slow, literal versions of the same rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.render.colormaps import lookup_table
from dcsm_viewer.render.paint import blend, paint_labels, paint_map
from dcsm_viewer.render.palette import class_colour

LUT = lookup_table("inferno")


def _row(*values: float) -> NDArray[np.float32]:
    return np.array([values], dtype=np.float32)


def test_that_low_high_and_what_lies_beyond_get_the_end_colours() -> None:
    painted = paint_map(_row(-np.inf, -1, 0, 2, 9, np.inf), LUT, 0, 2)
    assert painted[0].tolist() == [LUT[0].tolist()] * 3 + [LUT[255].tolist()] * 3


def test_that_nan_is_transparent_and_its_neighbours_are_not() -> None:
    painted = paint_map(_row(0.5, np.nan, 1), LUT, 0, 1)
    assert painted[0, 1].tolist() == [0, 0, 0, 0]
    assert painted[0, [0, 2], 3].tolist() == [255, 255]


def test_that_a_constant_map_gets_the_first_colour() -> None:
    assert paint_map(_row(0.25, 0.25), LUT, 0.25, 0.25)[0].tolist() == [LUT[0].tolist()] * 2


def test_that_without_a_range_all_above_it_gets_the_last_colour_and_nan_none() -> None:
    painted = paint_map(_row(0, 1, np.nan), LUT, 0, 0)
    assert painted[0].tolist() == [LUT[0].tolist(), LUT[255].tolist(), [0, 0, 0, 0]]


@pytest.mark.parametrize(("low", "high"), [(0.0, 1e-44), (-1e38, 1e38), (0.0, 5e-324)])
def test_that_extreme_ranges_paint_without_a_warning(low: float, high: float) -> None:
    painted = paint_map(_row(-3e38, 0, 3e38), LUT, low, high)
    assert painted[0, :, 3].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("low", "high"), [(1, 0), (np.nan, 1), (0, np.inf), (-1e300, 0)])
def test_that_an_impossible_range_is_refused(low: float, high: float) -> None:
    with pytest.raises(UserError, match="colour range cannot go from"):
        paint_map(_row(0), LUT, low, high)


def test_that_256_bins_are_equally_wide() -> None:
    values = (np.arange(256, dtype=np.float32)[None] + 0.5) / 256
    assert paint_map(values, LUT, 0, 1)[0].tolist() == LUT.tolist()


def test_that_zero_lies_in_the_middle_of_a_diverging_range() -> None:
    table = lookup_table("vik")
    assert paint_map(_row(0), table, -0.3, 0.3)[0, 0].tolist() == table[128].tolist()


def test_that_labels_get_their_class_colours_and_background_none() -> None:
    labels = np.array([[0, 12], [2, 0]], dtype=np.uint16)
    painted = paint_labels(labels, 0.6)
    assert painted[0, 1].tolist() == [*class_colour(11), 153]
    assert painted[1, 0].tolist() == [*class_colour(1), 153]
    assert painted[0, 0].tolist() == painted[1, 1].tolist() == [0, 0, 0, 0]


def test_that_labels_beyond_255_are_painted_too() -> None:
    assert paint_labels(np.array([[901]], dtype=np.uint16))[0, 0].tolist() == [*class_colour(900), 255]


@pytest.mark.parametrize(("row", "col"), [(0, 0), (0, -1), (-1, 0), (-1, -1)])
def test_that_a_pixel_in_a_corner_stays_in_its_corner(row: int, col: int) -> None:
    labels = np.zeros((5, 7), dtype=np.uint16)
    labels[row, col] = 8
    cover = paint_labels(labels)[..., 3] > 0
    assert cover.sum() == 1
    assert cover[row, col]


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_that_blending_gives_the_nearest_level(below: int, above: int, alpha: int) -> None:
    rgb = np.full((1, 1, 3), below, dtype=np.uint8)
    rgba = np.array([[[above, above, above, alpha]]], dtype=np.uint8)
    exact = below + (above - below) * alpha / 255
    assert abs(int(blend(rgb, rgba)[0, 0, 0]) - exact) <= 0.5


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.floats(0, 1))
def test_that_blending_follows_the_formula_to_one_level(below: int, above: int, alpha: int, opacity: float) -> None:
    rgb = np.full((1, 1, 3), below, dtype=np.uint8)
    rgba = np.array([[[above, above, above, alpha]]], dtype=np.uint8)
    exact = below + (above - below) * alpha * opacity / 255
    assert abs(int(blend(rgb, rgba, opacity)[0, 0, 0]) - exact) <= 1


def test_that_opacity_nought_gives_the_image_and_one_the_layer() -> None:
    random = np.random.default_rng(3)
    rgb = random.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    rgba = random.integers(0, 256, (4, 5, 4), dtype=np.uint8)
    rgba[..., 3] = 255
    np.testing.assert_array_equal(blend(rgb, rgba, 0), rgb)
    np.testing.assert_array_equal(blend(rgb, rgba, 1), rgba[..., :3])


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_that_an_opacity_outside_nought_to_one_is_refused(opacity: float) -> None:
    with pytest.raises(UserError, match="must lie between 0 and 1"):
        paint_labels(np.zeros((1, 1), dtype=np.uint16), opacity)
