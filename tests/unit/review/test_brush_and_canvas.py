"""The brush covers what the reference says, and every stroke can be taken back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from dcsm_viewer.review.brush import brush_stroke
from dcsm_viewer.review.label_canvas import LabelCanvas
from tests.reference.triage_slow import slow_swept

SHAPE = (17, 23)
PLACES = st.tuples(st.integers(-4, 20), st.integers(-4, 26))


def covered(start: tuple[int, int], end: tuple[int, int], diameter_px: int) -> NDArray[np.bool_]:
    whole = np.zeros(SHAPE, dtype=np.bool_)
    footprint = brush_stroke(SHAPE, start, end, diameter_px)
    whole[footprint.box] = footprint.covered
    return whole


@given(PLACES, PLACES, st.integers(1, 12))
def test_that_the_brush_covers_what_the_reference_says(
    start: tuple[int, int], end: tuple[int, int], diameter_px: int
) -> None:
    assert_array_equal(covered(start, end, diameter_px), slow_swept(SHAPE, start, end, diameter_px))


@pytest.mark.parametrize("corner", [(0, 0), (0, 22), (16, 0), (16, 22)])
def test_that_the_smallest_brush_reaches_every_corner_alone(corner: tuple[int, int]) -> None:
    found = covered(corner, corner, 1)
    assert found[corner]
    assert found.sum() == 1


def stroke(canvas: LabelCanvas, start: tuple[int, int], end: tuple[int, int], label: int) -> bool:
    canvas.begin()
    canvas.paint(brush_stroke(SHAPE, start, end, 3), label)
    return canvas.end()


@given(st.lists(st.tuples(PLACES, PLACES, st.sampled_from([0, 2, 12, 255])), max_size=8))
def test_that_undoing_all_gives_the_labels_back_and_redoing_all_the_last_ones(
    strokes: list[tuple[tuple[int, int], tuple[int, int], int]],
) -> None:
    first = np.random.default_rng(0).choice([0, 2, 12], SHAPE).astype(np.uint8)
    canvas = LabelCanvas(first)
    changed = sum(stroke(canvas, *each) for each in strokes)
    last = canvas.labels.copy()
    steps = 0
    while canvas.undo():
        steps += 1
    assert steps == changed
    assert_array_equal(canvas.labels, first)
    while canvas.redo():
        pass
    assert_array_equal(canvas.labels, last)


def test_that_a_stroke_over_its_own_label_is_no_step() -> None:
    canvas = LabelCanvas(np.full(SHAPE, 12, np.uint8))
    assert not stroke(canvas, (3, 3), (9, 9), 12)
    assert not canvas.can_undo


def test_that_a_new_stroke_ends_what_could_be_made_again() -> None:
    canvas = LabelCanvas(np.zeros(SHAPE, np.uint8))
    stroke(canvas, (3, 3), (3, 3), 2)
    canvas.undo()
    stroke(canvas, (8, 8), (8, 8), 12)
    assert not canvas.can_redo


def test_that_the_canvas_leaves_the_labels_it_was_given_alone() -> None:
    first = np.zeros(SHAPE, np.uint8)
    stroke(LabelCanvas(first), (3, 3), (9, 9), 12)
    assert not first.any()


def test_that_all_labels_at_once_are_one_step() -> None:
    canvas = LabelCanvas(np.zeros(SHAPE, np.uint8))
    canvas.begin()
    canvas.replace(np.full(SHAPE, 2, np.uint8))
    canvas.replace(np.full(SHAPE, 12, np.uint8))
    assert canvas.end()
    canvas.undo()
    assert not canvas.labels.any()
