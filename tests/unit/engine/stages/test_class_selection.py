from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import ClassChoice
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.stages.class_selection import detect

PAPER = PRESETS["paper"]
BY_MEAN = replace(PAPER, score_reduction="mean")
SCALES = (400, 500, 600)


def rows(*scores: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(scores, dtype=np.float32)


THREE_SCALES = rows((0.1, 0.6, 0.2, 0.4, 0.30), (0.1, 0.4, 0.2, 0.9, 0.30), (0.1, 0.6, 0.2, 0.9, 0.31))


def test_that_classes_above_the_threshold_at_any_scale_are_detected_ascending() -> None:
    found = detect(THREE_SCALES, SCALES, PAPER, ClassChoice())
    assert found.detected_ids == (1, 3)
    assert found.detected_at == {400: {1}, 500: {3}, 600: {1, 3}}


def test_that_by_the_mean_a_class_above_the_threshold_at_one_scale_alone_is_not_detected() -> None:
    scores = rows((0.1, 0.9, 0.9), (0.1, 0.1, 0.8), (0.1, 0.2, 0.3))
    assert detect(scores, SCALES, PAPER, ClassChoice()).detected_ids == (1, 2)
    assert detect(scores, SCALES, BY_MEAN, ClassChoice()).detected_ids == (2,)


def test_that_by_the_mean_a_detected_class_still_counts_only_where_it_was_above_the_threshold() -> None:
    found = detect(rows((0.9, 0.9), (0.1, 0.8), (0.2, 0.3)), SCALES, BY_MEAN, ClassChoice())
    assert found.detected_at == {400: {1}, 500: {1}, 600: frozenset()}


def test_that_by_the_mean_forced_classes_and_the_best_stand_in_as_ever() -> None:
    low = rows((0.1, 0.6), (0.2, 0.1), (0.1, 0.1))
    assert detect(low, SCALES, BY_MEAN, ClassChoice(force_detected=(0,))).detected_ids == (0,)
    assert detect(low, SCALES, BY_MEAN, ClassChoice(top1_if_none=True)).detected_ids == (1,)


def test_that_the_candidates_are_filled_up_by_falling_sum_to_n() -> None:
    assert detect(THREE_SCALES, SCALES, PAPER, ClassChoice()).candidate_ids == (1, 3, 4, 2)


def test_that_more_detected_classes_than_n_are_all_candidates() -> None:
    found = detect(THREE_SCALES, SCALES, replace(PAPER, min_candidates=1), ClassChoice())
    assert found.candidate_ids == found.detected_ids == (1, 3)


def test_that_a_score_equal_to_the_threshold_is_not_detected() -> None:
    assert detect(rows((0.5, 0.4)), (500,), PAPER, ClassChoice()).detected_ids == ()
    assert detect(rows((0.3, 0.1)), (500,), replace(PAPER, threshold=0.3), ClassChoice()).detected_ids == ()


def test_that_without_a_subtraction_only_detected_classes_are_candidates() -> None:
    found = detect(THREE_SCALES, SCALES, replace(PAPER, min_candidates=0), ClassChoice())
    assert found.candidate_ids == (1, 3)


def test_that_nothing_detected_leaves_the_best_as_candidates() -> None:
    found = detect(rows((0.1, 0.3, 0.2)), (500,), replace(PAPER, min_candidates=2), ClassChoice())
    assert (found.candidate_ids, found.detected_ids) == ((1, 2), ())


def test_that_the_best_class_can_stand_in_when_nothing_is_detected() -> None:
    found = detect(rows((0.1, 0.3), (0.2, 0.1)), (400, 500), PAPER, ClassChoice(top1_if_none=True))
    assert found.detected_ids == (1,)
    assert found.detected_at == {400: {1}, 500: {1}}


def test_that_the_best_class_does_not_stand_in_when_something_is_detected() -> None:
    found = detect(rows((0.6, 0.3)), (500,), PAPER, ClassChoice(top1_if_none=True))
    assert found.detected_ids == (0,)


def test_that_equal_sums_go_by_smaller_id_and_in_the_caffe_preset_by_larger() -> None:
    equal = rows((0.2, 0.2, 0.2, 0.2))
    two = replace(PAPER, min_candidates=2)
    assert detect(equal, (500,), two, ClassChoice()).candidate_ids == (0, 1)
    assert detect(equal, (512,), replace(PRESETS["caffe"], min_candidates=2), ClassChoice()).candidate_ids == (2, 3)


def test_that_the_caffe_preset_maps_its_best_three_whatever_they_score() -> None:
    found = detect(rows((0.1, 0.9, 0.8, 0.7, 0.6)), (512,), PRESETS["caffe"], ClassChoice())
    assert found.candidate_ids == found.detected_ids == (1, 2, 3)
    assert found.detected_at == {512: {1, 2, 3}}


def test_that_pinned_classes_come_before_other_fill_ups_and_struck_ones_never() -> None:
    choice = ClassChoice(always_compared=(0,), excluded=(1, 4))
    found = detect(THREE_SCALES, SCALES, PAPER, choice)
    assert (found.candidate_ids, found.detected_ids) == ((3, 0, 2), (3,))


def test_that_pinned_classes_stay_when_n_is_full() -> None:
    found = detect(THREE_SCALES, SCALES, replace(PAPER, min_candidates=2), ClassChoice(always_compared=(0, 2)))
    assert found.candidate_ids == (1, 3, 2, 0)


def test_that_a_forced_class_is_found_at_every_scale() -> None:
    found = detect(THREE_SCALES, SCALES, PAPER, ClassChoice(force_detected=(0,)))
    assert found.detected_ids == (0, 1, 3)
    assert all(0 in ids for ids in found.detected_at.values())


@pytest.mark.parametrize("preset", ["paper", "caffe"])
def test_that_given_classes_are_exactly_the_detected_ones(preset: str) -> None:
    method = PRESETS[preset]  # type: ignore[index]  # a plain string
    found = detect(
        THREE_SCALES, SCALES, method, ClassChoice(image_labels=(2, 4), force_detected=(0,), top1_if_none=True)
    )
    assert found.detected_ids == (2, 4)
    assert all(ids == {2, 4} for ids in found.detected_at.values())
    assert detect(THREE_SCALES, SCALES, method, ClassChoice(image_labels=(), top1_if_none=True)).detected_ids == ()


def test_that_a_class_the_model_does_not_have_is_named() -> None:
    with pytest.raises(UserError, match="5 classes"):
        detect(THREE_SCALES, SCALES, PAPER, ClassChoice(always_compared=(7,)))


def test_that_scores_that_are_not_numbers_detect_nothing_and_rank_last() -> None:
    found = detect(rows((np.nan, 0.2, 0.1)), (500,), replace(PAPER, min_candidates=2), ClassChoice())
    assert found.candidate_ids == (1, 2)


ids = st.sets(st.integers(0, 5), max_size=3).map(lambda some: tuple(sorted(some)))


@settings(max_examples=60)
@given(
    scores=st.lists(st.lists(st.floats(0, 1, width=32), min_size=6, max_size=6), min_size=3, max_size=3),
    always_compared=ids,
    excluded=ids,
    force_detected=ids,
    n=st.integers(0, 8),
    preset=st.sampled_from(["paper", "caffe", "formula", "simonyan"]),
)
def test_that_whatever_is_chosen_detected_classes_lead_the_candidates(
    scores: list[list[float]],
    always_compared: tuple[int, ...],
    excluded: tuple[int, ...],
    force_detected: tuple[int, ...],
    n: int,
    preset: str,
) -> None:
    method = replace(PRESETS[preset], min_candidates=n)  # type: ignore[index]  # a plain string
    found = detect(np.array(scores, np.float32), SCALES, method, ClassChoice(always_compared, excluded, force_detected))
    assert found.candidate_ids[: len(found.detected_ids)] == found.detected_ids == tuple(sorted(found.detected_ids))
    assert len(set(found.candidate_ids)) == len(found.candidate_ids) >= min(n, 6 - len(excluded))
    assert not set(excluded) & set(found.candidate_ids)
    assert (set(always_compared) | set(force_detected)) - set(excluded) <= set(found.candidate_ids)
    assert set().union(*found.detected_at.values()) == set(found.detected_ids)
