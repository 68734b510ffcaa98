"""Lookup tables by name."""

from __future__ import annotations

import numpy as np
import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.render.colormaps import DIVERGING, ON_REQUEST, POSITIVE, lookup_table


def _lightness(name: str) -> list[float]:
    return [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue, _ in lookup_table(name).tolist()]


@pytest.mark.parametrize("name", POSITIVE + DIVERGING + ON_REQUEST)
def test_that_every_offered_name_gives_256_opaque_colours(name: str) -> None:
    table = lookup_table(name)
    assert table.shape == (256, 4)
    assert table.dtype == np.uint8
    assert table[:, 3].tolist() == [255] * 256


def test_that_inferno_runs_from_nearly_black_to_pale_yellow() -> None:
    table = lookup_table("inferno")
    assert table[0].tolist() == [0, 0, 4, 255]
    assert table[255].tolist() == [252, 255, 164, 255]


@pytest.mark.parametrize("name", ["inferno", "viridis", "magma", "cividis"])
def test_that_the_sequential_maps_only_get_lighter(name: str) -> None:
    assert np.diff(_lightness(name)).min() > -1.5  # a rounding of 8-bit colours at most


def test_that_diverging_maps_are_blue_below_red_above_and_one_colour_in_the_middle() -> None:
    for name in DIVERGING:
        table = lookup_table(name).astype(int)
        assert np.abs(table[127] - table[128]).max() < 10
        red_over_blue = table[:, 0] - table[:, 2]
        assert red_over_blue[0] < -60
        assert red_over_blue[255] > 60


def test_that_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="no colormap called 'rainbwo'; choose one of inferno, viridis"):
        lookup_table("rainbwo")


def test_that_nobody_can_write_into_a_table() -> None:
    with pytest.raises(ValueError, match="read-only"):
        lookup_table("inferno")[0] = 0
