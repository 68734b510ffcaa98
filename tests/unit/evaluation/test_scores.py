"""The figures against a literal reference, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.metrics.confusion import Confusion, total_of
from dcsm_viewer.metrics.means import mean_of
from tests.reference.scores import (
    reference_iou,
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
    total = total_of((Confusion.of(truth, given, LABELS) for truth, given in pairs), LABELS)
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
    assert mean_of(iou) == pytest.approx((0.5 + 1) / 2)


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
