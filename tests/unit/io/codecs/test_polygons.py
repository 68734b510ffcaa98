"""Polygons have the pixels of the mask they were traced from, as Pillow and OpenCV fill them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from dcsm_viewer.io.codecs.brush_rle import brush_code, mask_of_brush
from dcsm_viewer.io.codecs.polygons import filled, polygons_of


def _masks() -> list[NDArray[np.bool_]]:
    random = np.random.default_rng(0)
    found = []
    for index in range(120):
        height, width = random.integers(1, 40, 2)
        noise = random.random((height, width))
        found.append(noise < random.uniform(0.1, 0.9) if index % 2 else gaussian_filter(noise, 2) > 0.5)
    return found


def test_that_polygons_without_tolerance_have_exactly_the_pixels_whatever_the_holes() -> None:
    for mask in _masks():
        by_pillow, by_opencv = np.zeros_like(mask), np.zeros(mask.shape, dtype=np.uint8)
        for points in polygons_of(mask, 0):
            assert len(points) > 2
            by_pillow |= filled(points, *mask.shape)
            cv2.fillPoly(by_opencv, [np.array(points, dtype=np.int32)], (1,))
        np.testing.assert_array_equal(by_pillow, mask)
        np.testing.assert_array_equal(by_opencv.astype(bool), mask)


def test_that_a_tolerance_of_1_px_leaves_points_out_and_differs_in_half_a_percent_at_most() -> None:
    noise = gaussian_filter(np.random.default_rng(1).random((300, 400)), 20)
    mask = noise > np.median(noise)
    drawn = np.zeros_like(mask)
    polygons = polygons_of(mask, 1)
    for points in polygons:
        drawn |= filled(points, *mask.shape)
    assert (drawn != mask).sum() <= 0.005 * mask.sum()
    assert sum(map(len, polygons)) < sum(map(len, polygons_of(mask, 0)))


def test_that_brush_codes_give_the_mask_again_and_damage_is_refused() -> None:
    for mask in _masks():
        np.testing.assert_array_equal(mask_of_brush(brush_code(mask), *mask.shape), mask)
    code = brush_code(np.ones((9, 9), dtype=bool))
    with pytest.raises(ValueError, match="cut off"):
        mask_of_brush(code[:-1], 9, 9)
    with pytest.raises(ValueError, match="81 pixels for 90"):
        mask_of_brush(code, 9, 10)
