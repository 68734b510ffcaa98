"""The pointing game, strict and within 15 px: one definition, which the window and `evaluate` share."""

from __future__ import annotations

import numpy as np
import pytest

from dcsm_viewer.gui.tools.faithfulness.faithfulness_model import RankedMap, pointed
from dcsm_viewer.metrics.pointing import TOLERANCE_PX, distance_px, distances_of, is_hit, peak_of


def test_that_a_class_is_pointed_at_where_its_map_is_largest() -> None:
    truth = np.array([[0, 1, 1], [2, 2, 255]], np.uint8)
    maps = np.zeros((3, 2, 3), np.float32)
    maps[0, 0, 1] = maps[1, 1, 2] = maps[2, 0, 0] = 1
    # Label 1 is hit, label 2's maximum lies on void beside it, and label 3 is nowhere.
    assert distances_of(truth, maps, (1, 2, 3)) == {1: 0.0, 2: 1.0}


def test_that_of_equal_maxima_the_first_in_reading_order_is_the_point() -> None:
    assert peak_of(np.ones((3, 2), np.float32)) == (0, 0)


@pytest.mark.parametrize(
    ("away", "strict", "near"), [(0, True, True), (1, False, True), (15, False, True), (16, False, False)]
)
def test_that_a_maximum_up_to_15_px_away_is_a_hit_within_the_tolerance_only(
    away: int, strict: bool, near: bool
) -> None:
    truth = np.zeros((5, 40), np.uint8)
    truth[2, 20:] = 1
    distance = distance_px(truth, 1, 2, 20 - away)
    assert distance == away
    assert is_hit(distance) == strict
    assert is_hit(distance, tolerance_px=TOLERANCE_PX) == near


@pytest.mark.parametrize("seed", range(5))
def test_that_the_window_and_evaluate_give_one_distance_for_one_image(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = np.zeros((40, 50), np.uint8)
    truth[random.integers(0, 40), random.integers(0, 50)] = 3
    truth[5:8, 5:8] = 255
    class_map = random.random((40, 50)).astype(np.float32)
    in_window = pointed(RankedMap.of(class_map), (40, 50), truth, 2)
    assert distances_of(truth, class_map[None], (3,)) == {3: in_window.distance_px}
