"""Deletion and insertion against a literal float64 transcription."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcsm_viewer.engine.analysis.faithfulness_curves import BLUR, TIE_BREAK_SEED, Ranking, answer, grey_of
from dcsm_viewer.engine.networks.input_spec import CAFFE, EFFICIENTNET_LITE
from dcsm_viewer.engine.stages.preprocess import network_input
from dcsm_viewer.queries.faithfulness_query import FaithfulnessQuestion
from tests.reference import faithfulness as literal
from tests.reference.network import Array
from tests.unit.engine.analysis.stages import picture, request, stage

STEPS = 4


def test_that_the_curves_are_those_of_removing_and_showing_a_pixel_at_a_time() -> None:
    asked = request(picture(60, 80))
    bench = stage(asked)
    *_, found = answer(FaithfulnessQuestion(3, STEPS), bench)
    result = stage(asked).settled()
    canvas, placement = bench.passes.canvas()
    rows = slice(placement.top, placement.top + placement.height)
    cols = slice(placement.left, placement.left + placement.width)
    image = canvas[:, rows, cols].numpy()
    assert found.scale == 200

    def score(changed: Array) -> float:
        whole = canvas.clone()
        whole[:, rows, cols] = torch.from_numpy(changed)
        network = bench.passes.model.network
        logits = network.forward(network_input(whole, found.scale, network.convention).float()).logits
        return float(torch.sigmoid(logits[0, 3].max()))

    grey = np.broadcast_to(np.array(found.grey)[:, None, None], image.shape)
    blurred = np.stack([literal.gaussian_blur(plane, BLUR * placement.canvas_px) for plane in image])
    lots = np.random.default_rng(TIE_BREAK_SEED).permutation(image[0].size)
    maps = {
        "raw": result.raw_class_maps[result.candidate_ids.index(3)],
        "distinct": result.class_maps[result.detected_ids.index(3)],
    }
    for (curve, by), points in found.curves.items():
        order = literal.order_of(maps[by].astype(np.float64), lots)
        start, end = (image, grey) if curve == "deletion" else (blurred, image)
        expected = literal.curve(start, end, order, STEPS, score)
        np.testing.assert_allclose(points.scores, expected, atol=2e-6, err_msg=f"{curve} by {by}")
        assert points.area == pytest.approx(literal.area(expected), abs=2e-6)
    assert found.is_whole
    ends = {
        curve: {points.scores[-1] for name, points in found.curves.items() if name[0] == curve}
        for curve in ("deletion", "insertion")
    }
    assert all(len(scores) == 1 for scores in ends.values())


def test_that_the_curves_grow_and_have_an_area_only_when_they_are_whole() -> None:
    steps = list(answer(FaithfulnessQuestion(3, STEPS), stage(request(picture(60, 80)))))
    assert [len(step.curves["deletion", "raw"].scores) for step in steps] == [1, 2, 3, 4, 5]
    assert [step.is_whole for step in steps] == [False] * STEPS + [True]


def test_that_equal_values_are_ordered_by_the_same_lot_each_time_and_counted() -> None:
    values = np.zeros((10, 10), np.float32)
    values[2, 3], values[7, 7] = 0.9, 0.4
    ranking = Ranking.of(values)
    assert ranking.order[:2].tolist() == [23, 77]
    assert ranking.ranked == pytest.approx(0.02)
    assert ranking.order[2:].tolist() != sorted(ranking.order[2:].tolist()), "a lot, not the reading order"
    np.testing.assert_array_equal(ranking.order, Ranking.of(values).order)


def test_that_values_that_are_not_numbers_come_where_nothing_is() -> None:
    values = np.array([[np.nan, 0.5], [np.inf, 0.2]], np.float32)
    assert Ranking.of(values).order[:2].tolist() == [1, 3]


def test_that_the_grey_is_what_the_network_sees_as_nothing() -> None:
    assert grey_of(EFFICIENTNET_LITE) == (127.0, 127.0, 127.0)
    assert grey_of(CAFFE) == (122.67892, 116.66877, 104.00699)


def test_that_scores_are_kept_for_the_next_time_it_is_asked() -> None:
    bench = stage(request(picture(60, 80)))
    texts: list[str] = []
    list(answer(FaithfulnessQuestion(3, STEPS), bench))
    again = replace(bench, passes=replace(bench.passes, checkpoint=lambda _stage, text: texts.append(text)))
    *_, last = answer(FaithfulnessQuestion(3, STEPS), again)
    assert last.is_whole
    assert texts == []
