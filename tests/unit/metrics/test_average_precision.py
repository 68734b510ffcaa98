"""Average precision against a literal reference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsm_viewer.metrics.average_precision import average_precision, average_precisions, mean_average_precision
from tests.reference.scores import reference_average_precision


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30))
def test_that_average_precision_is_that_of_the_reference(images: list[tuple[int, bool]]) -> None:
    scores, has_it = [score / 7 for score, _ in images], [truth for _, truth in images]
    expected = reference_average_precision(scores, has_it)
    assert average_precision(np.array(scores), np.array(has_it)) == pytest.approx(expected, nan_ok=True, rel=1e-12)


def test_that_average_precision_is_the_published_rule_on_a_case_worked_by_hand() -> None:
    # Right, wrong, right: recall 1/2 at precision 1, recall 1 at precision 2/3.
    assert average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True])) == pytest.approx(5 / 6)


def test_that_a_perfect_ranking_is_1_and_the_mean_leaves_out_classes_nobody_shows() -> None:
    scores = np.array([[0.9, 0.1, 0.5], [0.2, 0.8, 0.5], [0.1, 0.7, 0.5]])
    present = np.array([[True, False, False], [False, True, False], [False, True, False]])
    of_classes = average_precisions(scores, present)
    assert of_classes[:2].tolist() == [1.0, 1.0]
    assert math.isnan(of_classes[2])
    assert mean_average_precision(of_classes) == 1.0
    assert math.isnan(mean_average_precision(np.array([math.nan])))
