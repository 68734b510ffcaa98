"""The kernels around a pixel, against their formulas written out pixel by pixel in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsm_viewer.render.kernel_footprint import FOOTPRINT_THRESHOLD, appearance_footprint, smoothness_footprint
from tests.results import make_image

ROW, COL = 9, 17
RGB = make_image(24, 32).rgb


@pytest.mark.parametrize("width", [0.5, 3.0, 40.0])
def test_that_smoothness_is_the_gaussian_of_the_distance(width: float) -> None:
    expected = [[math.exp(-((r - ROW) ** 2 + (c - COL) ** 2) / (2 * width**2)) for c in range(32)] for r in range(24)]
    found = smoothness_footprint((24, 32), ROW, COL, width)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(("width", "levels"), [(80.0, 13.0), (5.0, 3.0), (200.0, 100.0), (1.0, 1.0)])
def test_that_appearance_is_the_gaussian_of_distance_and_colour(width: float, levels: float) -> None:
    rgb = RGB.astype(np.float64)
    expected = np.array(
        [
            [
                math.exp(
                    -((r - ROW) ** 2 + (c - COL) ** 2) / (2 * width**2)
                    - sum((rgb[r, c, k] - rgb[ROW, COL, k]) ** 2 for k in range(3)) / (2 * levels**2)
                )
                for c in range(32)
            ]
            for r in range(24)
        ]
    )
    found = appearance_footprint(RGB, ROW, COL, width, levels)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-5, atol=1e-12)
    assert found.share == pytest.approx(float((expected > FOOTPRINT_THRESHOLD).mean()))
    rows, cols = np.nonzero(expected > FOOTPRINT_THRESHOLD)
    assert found.reach_px == pytest.approx(float(np.hypot(rows - ROW, cols - COL).max()))


def test_that_the_reach_of_smoothness_ends_where_its_weight_is_a_tenth() -> None:
    found = smoothness_footprint((400, 400), 200, 200, 30.0)
    assert math.exp(-(found.limit_px**2) / (2 * 30.0**2)) == pytest.approx(FOOTPRINT_THRESHOLD)
    assert found.limit_px - 1 < found.reach_px <= found.limit_px


def test_that_equal_colours_reach_as_far_as_distance_alone() -> None:
    grey = np.full((300, 300, 3), 90, np.uint8)
    found = appearance_footprint(grey, 150, 150, 40.0, 1.0)
    plain = smoothness_footprint((300, 300), 150, 150, 40.0)
    np.testing.assert_allclose(found.weights, plain.weights, rtol=1e-6)
    assert found.reach_px == plain.reach_px


def test_that_a_large_image_is_looked_at_in_steps_and_always_at_the_pixel_itself() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (1501, 2003, 3), dtype=np.uint8)
    found = appearance_footprint(rgb, 700, 1301, 80.0, 13.0)
    assert found.weights.size <= 1_000_000
    assert float(found.weights.max()) == 1.0
    fine = smoothness_footprint((1501, 2003), 700, 1301, 80.0)
    assert fine.share == pytest.approx(math.pi * fine.limit_px**2 / (1501 * 2003), rel=0.01)
