"""Average precision against its definition in exact fractions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsm_viewer.training.average_precision import average_precision, average_precisions, mean_average_precision
from tests.reference.average_precision import average_precision as literal


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40))
def test_that_average_precision_is_that_of_the_definition_ties_included(images: list[tuple[int, bool]]) -> None:
    scores, present = [score / 7 for score, _ in images], [there for _, there in images]
    expected = literal(scores, present)
    found = average_precision(np.array(scores), np.array(present))
    assert math.isnan(found) if expected is None else found == pytest.approx(expected, abs=1e-12)


def test_that_a_perfect_ranking_is_1_and_the_mean_leaves_out_classes_nobody_shows() -> None:
    scores = np.array([[0.9, 0.1, 0.5], [0.2, 0.8, 0.5], [0.1, 0.7, 0.5]])
    present = np.array([[True, False, False], [False, True, False], [False, True, False]])
    of_classes = average_precisions(scores, present)
    assert of_classes[:2] == (1.0, 1.0)
    assert math.isnan(of_classes[2])
    assert mean_average_precision(of_classes) == 1.0
    assert math.isnan(mean_average_precision((math.nan,)))
