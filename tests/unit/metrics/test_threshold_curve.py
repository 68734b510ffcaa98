"""Mean IoU over thresholds: one definition, which the window and `evaluate` share."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dcsm_viewer.gui.tools.thresholds.thresholds_curves import counts_of, curves_from
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import GRID, hard_labels, peaks_from
from dcsm_viewer.metrics.confusion import Confusion
from dcsm_viewer.metrics.threshold_curve import THRESHOLDS, ThresholdCounts, total_of
from tests.reference.scores import reference_labels_at, reference_mean_iou

LABELS = 6
NAMES = {label: f"class {label}" for label in range(1, LABELS)}


def case(seed: int, numbers: tuple[int, ...]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A true mask with void pixels, and maps with equal values and values at a threshold exactly."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 4, (9, 11)).astype(np.uint8)
    truth[random.random(truth.shape) < 0.1] = 255
    maps = random.random((len(numbers), *truth.shape)).astype(np.float32)
    maps[:, 0, :4], maps[:, 1, :2], maps[:, 1, 2:4] = 0.5, 0.0, 1.0
    return truth, maps


def test_that_the_curve_is_mean_iou_at_each_threshold_up_to_one() -> None:
    numbers = [(1, 3), (2,), (1, 2, 4)]
    cases = [case(seed, there) for seed, there in enumerate(numbers)]
    parts = [
        ThresholdCounts.of(truth, maps, there, LABELS) for (truth, maps), there in zip(cases, numbers, strict=True)
    ]
    found = total_of(parts, LABELS).mean_iou()
    for index in (0, 1, 30, 49, 50, 51, 99, 100):
        givens = [
            reference_labels_at(maps, there, THRESHOLDS[index]) for (_, maps), there in zip(cases, numbers, strict=True)
        ]
        expected = reference_mean_iou([truth for truth, _ in cases], givens, LABELS)
        assert found[index] == pytest.approx(expected, rel=1e-12)


def test_that_an_image_without_maps_is_all_background() -> None:
    truth, _ = case(0, (1,))
    result = ThresholdCounts.of(truth, np.zeros((0, *truth.shape), np.float32), (), LABELS)
    expected = reference_mean_iou([truth], [np.zeros_like(truth)], LABELS)
    np.testing.assert_allclose(result.mean_iou(), expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_that_the_window_and_evaluate_give_one_number_for_one_image(seed: int) -> None:
    """Class 5 is given but nowhere in the mask, class 3 is in the mask and never given."""
    numbers = (1, 2, 5)
    truth, maps = case(seed, numbers)
    evaluated = ThresholdCounts.of(truth, maps, numbers, LABELS).mean_iou()
    peaks = peaks_from(maps, numbers, NAMES, "digest")
    in_window = curves_from(counts_of(peaks, truth.astype(np.uint16))).mean_iou
    np.testing.assert_array_equal(in_window, evaluated)
    for index in (0, 15, 50, 100):
        labels = hard_labels(peaks, float(GRID[index]))
        assert evaluated[index] == pytest.approx(Confusion.of(truth, labels, LABELS).mean_iou(), rel=1e-12)
