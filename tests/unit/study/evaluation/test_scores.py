"""The figures against a literal reference, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dcsm_viewer.study.evaluation import confusion, curve
from dcsm_viewer.study.evaluation.confusion import Confusion
from dcsm_viewer.study.evaluation.curve import THRESHOLDS, Curve
from dcsm_viewer.study.evaluation.pointing import pointed
from dcsm_viewer.values import UserError
from tests.reference.scores import (
    reference_iou,
    reference_labels_at,
    reference_mean_iou,
    reference_pixel_accuracy,
)

LABELS = 5


def masks(seed: int, *, absent: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A true mask with void pixels and labels that are often right; `absent` is in the labels alone."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, LABELS, (9, 13), np.uint8)
    given = np.where(random.random(truth.shape) < 0.6, truth, random.integers(0, LABELS, truth.shape, np.uint8))
    if absent is not None:
        truth[truth == absent] = 0
    truth[random.random(truth.shape) < 0.2] = 255
    return truth, given.astype(np.uint8)


@pytest.mark.parametrize("void_is_wrong", [False, True])
@pytest.mark.parametrize("absent", [None, 3])
def test_that_iou_and_accuracy_are_those_of_the_reference(absent: int | None, void_is_wrong: bool) -> None:
    pairs = [masks(seed, absent=absent) for seed in range(4)]
    truths, givens = [truth for truth, _ in pairs], [given for _, given in pairs]
    total = confusion.total_of((Confusion.of(truth, given, LABELS) for truth, given in pairs), LABELS)
    expected = [reference_iou(truths, givens, label, void_is_wrong=void_is_wrong) for label in range(LABELS)]
    np.testing.assert_allclose(total.iou(void_is_wrong=void_is_wrong), expected, rtol=1e-12)
    assert total.mean_iou(void_is_wrong=void_is_wrong) == pytest.approx(
        reference_mean_iou(truths, givens, LABELS, void_is_wrong=void_is_wrong), rel=1e-12
    )
    assert total.pixel_accuracy() == pytest.approx(reference_pixel_accuracy(truths, givens), rel=1e-12)


def test_that_a_label_no_truth_has_is_left_out_of_the_mean() -> None:
    truth = np.array([[0, 0, 1, 1]], np.uint8)
    given = np.array([[0, 2, 1, 1]], np.uint8)
    iou = Confusion.of(truth, given, 3).iou()
    np.testing.assert_array_equal(np.isnan(iou), [False, False, True])
    assert confusion.mean_of(iou) == pytest.approx((0.5 + 1) / 2)


def test_that_pixels_given_no_label_count_against_their_true_one() -> None:
    truth = np.array([[1, 1, 1, 0]], np.uint8)
    given = np.array([[1, 255, 255, 0]], np.uint8)
    result = Confusion.of(truth, given, 2)
    np.testing.assert_allclose(result.iou(), [1, 1 / 3])
    assert result.pixel_accuracy() == 0.5


def test_that_counts_of_two_images_add_up() -> None:
    (truth, given), (other, guessed) = masks(1), masks(2)
    both = Confusion.of(np.hstack((truth, other)), np.hstack((given, guessed)), LABELS)
    np.testing.assert_array_equal(
        (Confusion.of(truth, given, LABELS) + Confusion.of(other, guessed, LABELS)).counts, both.counts
    )


def test_that_a_label_beyond_the_classes_is_named() -> None:
    with pytest.raises(UserError, match=r"labels hold \[7\]; they may hold 0 to 2"):
        Confusion.of(np.zeros((1, 2), np.uint8), np.array([[0, 7]], np.uint8), 3)


def test_that_masks_of_another_shape_are_refused() -> None:
    with pytest.raises(UserError, match="must be equal"):
        Confusion.of(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), 3)


def test_that_the_curve_is_mean_iou_at_each_threshold() -> None:
    random = np.random.default_rng(5)
    truths, all_maps, numbers = [masks(seed)[0] for seed in range(3)], [], [(1, 3), (2,), (1, 2, 4)]
    for truth, there in zip(truths, numbers, strict=True):
        maps = random.random((len(there), *truth.shape)).astype(np.float32)
        maps[:, 0, :4] = 0.5  # equal maps, and values at a threshold exactly
        all_maps.append(maps)
    parts = [Curve.of(truth, maps, there, LABELS) for truth, maps, there in zip(truths, all_maps, numbers, strict=True)]
    found = curve.total_of(parts, LABELS).mean_iou()
    for place in (0, 1, 30, 49, 50, 51, 99):
        givens = [
            reference_labels_at(maps, there, THRESHOLDS[place]) for maps, there in zip(all_maps, numbers, strict=True)
        ]
        assert found[place] == pytest.approx(reference_mean_iou(truths, givens, LABELS), rel=1e-12)


def test_that_an_image_without_maps_is_all_background() -> None:
    truth, _ = masks(0)
    result = Curve.of(truth, np.zeros((0, *truth.shape), np.float32), (), LABELS)
    expected = reference_mean_iou([truth], [np.zeros_like(truth)], LABELS)
    np.testing.assert_allclose(result.mean_iou(), expected, rtol=1e-12)


def test_that_a_class_is_pointed_at_where_its_map_is_largest() -> None:
    truth = np.array([[0, 1, 1], [2, 2, 255]], np.uint8)
    maps = np.zeros((3, 2, 3), np.float32)
    maps[0, 0, 1] = maps[1, 1, 2] = maps[2, 0, 0] = 1
    # Label 1 is hit, label 2's maximum lies on void, and label 3 is nowhere.
    assert pointed(truth, maps, (1, 2, 3)) == {1: True, 2: False}


def test_that_of_equal_maxima_the_first_in_reading_order_is_the_point() -> None:
    truth = np.array([[0, 1]], np.uint8)
    assert pointed(truth, np.ones((1, 1, 2), np.float32), (1,)) == {1: False}
