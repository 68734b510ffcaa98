"""The subtraction matrix against single comparisons in float64, and its rows against the distinct maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dcsm_viewer.engine.analysis.class_pairs import pairwise_contributions, similarity, step_for
from dcsm_viewer.engine.analysis.treat_all_as_detected import treat_all_as_detected
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.stages.preprocess import to_image
from dcsm_viewer.engine.stages.subtraction.class_maps import class_maps_from, subtract
from dcsm_viewer.queries.matrix_query import ClassMatrix, MatrixQuestion
from dcsm_viewer.queries.query import Answer, Query, Report
from tests.parity.test_method import small
from tests.parity.test_pipeline import OneModel, network
from tests.reference.paper import step_6_pair
from tests.reference.resizing import half_pixel
from tests.unit.engine.analysis.test_pixel_contributions import SHAPE, made, request_for


def _no_checkpoint(_stage: str, _text: str) -> None:
    return None


def test_that_a_cell_is_the_mean_of_the_comparisons_of_the_two_classes() -> None:
    method = small("paper")
    found, placement, w = made(method, SHAPE)
    left = pairwise_contributions(found, method, placement, 1, _no_checkpoint)
    ids, side = found.detection.candidate_ids, method.canvas_px
    detected_at = treat_all_as_detected(found.detection).detected_at
    rectangle = (slice(placement.top, placement.top + SHAPE[0]), slice(placement.left, placement.left + SHAPE[1]))
    for row, one in enumerate(ids):
        for column, other in enumerate(ids):
            expected, terms = np.zeros(SHAPE), 0
            for (scale, _), of_class in w.items():
                if one in detected_at[scale]:
                    up = {c: half_pixel(np.abs(each).max(axis=0), side, side) for c, each in of_class.items()}
                    rival = np.zeros_like(up[one]) if one == other else up[other]
                    expected += step_6_pair(up[one], rival, method.alpha)[rectangle]
                    terms += 1
            np.testing.assert_allclose(left[row, column], expected / terms, rtol=0, atol=1e-6)


@pytest.mark.parametrize("preset", ["paper", "formula", "caffe"])
def test_that_of_each_row_the_cells_make_the_distinct_map_where_pairs_are_added_up(preset: str) -> None:
    method = small(preset)
    found, placement, _ = made(method, SHAPE)
    left = pairwise_contributions(found, method, placement, 1, _no_checkpoint)
    detection = treat_all_as_detected(found.detection)
    expected = subtract(found.candidate_maps, detection, method, placement).class_maps.float()
    cells = left.sum(1) - left.diagonal().permute(2, 0, 1)
    made_of_cells = to_image(class_maps_from([cells], method), placement)
    worst = float((made_of_cells - expected).abs().max())
    # The other presets normalise the sum over the rivals, so that single comparisons do not add up to it.
    assert (worst < 1e-5) == (preset == "paper")


def test_that_with_n_0_nothing_is_taken() -> None:
    method = small("paper", min_candidates=0)
    found, placement, _ = made(method, SHAPE)
    left = pairwise_contributions(found, method, placement, 1, _no_checkpoint)
    torch.testing.assert_close(left, left.diagonal().permute(2, 0, 1)[:, None].expand_as(left))


def test_that_the_similarity_is_the_mean_of_numpys_correlations() -> None:
    maps = np.random.default_rng(1).random((4, 9, 11))
    every = np.asarray(np.corrcoef(maps.reshape(4, -1)))[np.triu_indices(4, 1)]
    found = similarity(torch.from_numpy(maps))
    assert found.mean is not None
    np.testing.assert_allclose(found.mean, every.mean(), rtol=0, atol=1e-12)
    assert found.pairs == 6


def test_that_flat_maps_are_left_out_of_the_similarity() -> None:
    maps = torch.stack([torch.eye(5), torch.full((5, 5), 0.3), torch.eye(5)])
    found = similarity(maps)
    assert found.pairs == 1
    assert found.mean is not None
    np.testing.assert_allclose(found.mean, 1.0, rtol=0, atol=1e-12)
    assert similarity(maps[:2]).mean is None


def test_that_samples_are_as_many_as_the_room_holds() -> None:
    assert step_for(4, (500, 375), 4 * 16 * 500 * 375) == 1
    assert step_for(4, (500, 375), 4 * 16 * 500 * 375 - 1) == 2


def test_that_the_engine_answers_a_coarse_matrix_first_and_then_the_whole() -> None:
    request = request_for("paper", (60, 90))
    engine = Engine(OneModel(network(2)))
    result = engine.settle(request)
    output: list[Report] = []
    assert engine.answer(Query(1, request, MatrixQuestion()), lambda: True, output.append)
    matrices = [report.value for report in output if isinstance(report, Answer)]
    assert all(isinstance(each, ClassMatrix) for each in matrices)
    last = matrices[-1]
    assert isinstance(last, ClassMatrix)
    assert not last.is_preview
    assert last.class_ids == result.candidate_ids
    assert last.left.shape[:2] == (len(last.class_ids),) * 2
    assert set(last.distinct) == set(result.candidate_ids) - set(result.detected_ids)
    np.testing.assert_array_equal(last.taken(0, 0), np.zeros_like(last.left[0, 0]))
