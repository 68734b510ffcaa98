"""Each reason to doubt a mask, against the slow reference, and the one number of them all."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.settings import ClassChoice
from dcsm_viewer.core.types import read_only
from dcsm_viewer.export import export_result
from dcsm_viewer.review.doubt import LEVELS, DoubtMeasures, flipped, measured, narrow, overlap, uncertain_below
from dcsm_viewer.review.exported_result import Labels, read_exported
from tests.reference.triage_slow import slow_flipped, slow_narrow, slow_overlap, slow_uncertain
from tests.results import make_image, make_result
from tests.unit.review.exports import make_export

MAPS = make_result(make_image(30, 40), detected=3).class_maps


def test_that_overlap_is_that_of_the_reference() -> None:
    assert overlap(MAPS) == pytest.approx(slow_overlap(MAPS), rel=1e-5)


def test_that_equal_maps_overlap_wholly_whatever_their_heights() -> None:
    assert overlap(np.stack([MAPS[0], np.float32(0.25) * MAPS[0]])) == pytest.approx(1.0, rel=1e-6)


def test_that_maps_apart_one_map_and_an_empty_map_do_not_overlap() -> None:
    apart = np.zeros((2, 4, 4), np.float32)
    apart[0, :2], apart[1, 2:] = 0.7, 0.2
    assert overlap(apart) == 0.0
    assert overlap(apart[:1]) == 0.0
    assert overlap(np.stack([apart[0], np.zeros((4, 4), np.float32)])) == 0.0
    assert overlap(np.zeros((0, 4, 4), np.float32)) == 0.0


def test_that_flipped_is_that_of_the_reference() -> None:
    random = np.random.default_rng(1)
    labels, before = (random.choice([0, 0, 0, 2, 12], (20, 30)).astype(np.uint8) for _ in range(2))
    assert flipped(labels, before) == pytest.approx(slow_flipped(labels, before), rel=1e-12)
    assert flipped(labels, None) == 0.0
    assert flipped(np.zeros_like(labels), np.zeros_like(labels)) == 0.0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_that_uncertain_is_that_of_the_reference_at_every_level(dtype: type) -> None:
    random = np.random.default_rng(2)
    q = random.dirichlet([0.5] * 3, (15, 20)).transpose(2, 0, 1).astype(np.float32)
    ignore = int(np.iinfo(dtype).max)
    labels: Labels = np.where(random.random((15, 20)) < 0.1, ignore, 1).astype(dtype)
    found = uncertain_below(labels, q)
    expected = [slow_uncertain(labels, q, k / LEVELS, ignore) for k in range(1, LEVELS + 1)]
    assert found == pytest.approx(expected, abs=1e-6)


def test_that_without_a_crf_only_ignored_pixels_are_uncertain() -> None:
    labels = np.array([[255, 1], [0, 0]], np.uint8)
    assert uncertain_below(labels, None) == (0.25,) * LEVELS


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=6), st.floats(0, 1, width=32))
def test_that_narrow_is_that_of_the_reference_and_within_0_and_1(best: list[float], threshold: float) -> None:
    found = narrow(np.array(best, np.float32), threshold)
    assert found == pytest.approx(slow_narrow(best, threshold), abs=1e-6)
    assert 0 <= found <= 1


def test_that_an_export_is_measured_from_its_own_numbers(tmp_path: Path) -> None:
    result = make_export(tmp_path, "dog", detected=2)
    found = measured(read_exported(tmp_path, "dog"))
    segmentation = result.segmentation
    assert segmentation is not None
    assert segmentation.q is not None
    before = np.array([0, *(c + 1 for c in result.detected_ids)])[segmentation.unary.argmin(0)]
    assert found.overlap == pytest.approx(slow_overlap(result.class_maps), rel=1e-5)
    assert found.flipped == pytest.approx(slow_flipped(segmentation.labels, before))
    assert found.uncertain(0.2) == pytest.approx(
        slow_uncertain(segmentation.labels, segmentation.q, 0.2, 255), abs=1e-6
    )
    best = image_scores(result.scores, result.request.settings.method)[list(result.candidate_ids)]
    assert found.narrow == pytest.approx(slow_narrow(best.tolist(), 0.5), abs=1e-6)
    assert sum(found.pixels.values()) == segmentation.labels.size
    assert set(found.pixels) <= {"background", "dog", "bicycle"}


def test_that_given_classes_are_doubtful_where_the_network_does_not_see_them(tmp_path: Path) -> None:
    result = make_result(make_image(48, 64), detected=2)
    choice = ClassChoice(image_labels=result.detected_ids)
    asked = replace(result.request, settings=replace(result.request.settings, choice=choice))
    scores = result.scores.copy()
    scores[:, result.detected_ids[0]] = 0.1
    export_result(replace(result, request=asked, scores=read_only(scores)), tmp_path, "given", ("npz",))
    assert measured(read_exported(tmp_path, "given")).narrow == pytest.approx(0.9, abs=1e-6)


PARTS = DoubtMeasures(0.3, 0.1, tuple(k / LEVELS for k in range(1, LEVELS + 1)), 0.8, is_empty=False, pixels={"dog": 9})


def test_that_doubt_is_the_root_of_the_mean_square_of_its_parts() -> None:
    assert PARTS.uncertain(0.2) == 0.2
    assert PARTS.doubt(0.2) == pytest.approx(math.sqrt((0.3**2 + 0.1**2 + 0.2**2 + 0.8**2) / 4), rel=1e-12)


def test_that_a_larger_part_never_lessens_the_doubt() -> None:
    for name in ("overlap", "flipped", "narrow"):
        assert replace(PARTS, **{name: 0.95}).doubt() > PARTS.doubt()  # type: ignore[arg-type]  # a part by name
    assert PARTS.doubt(0.6) > PARTS.doubt(0.2)


def test_that_a_mask_without_any_class_is_the_most_doubtful(tmp_path: Path) -> None:
    make_export(tmp_path, "empty", detected=0)
    found = measured(read_exported(tmp_path, "empty"))
    assert found.is_empty
    assert found.doubt() == 1.0
