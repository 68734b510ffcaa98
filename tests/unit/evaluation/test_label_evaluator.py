"""The bench against the engine: the same labels, and less work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.settings import ClassChoice, PresetName, Settings
from dcsm_viewer.core.types import Request, SourceImage
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.evaluation.label_evaluator import LabelEvaluator
from dcsm_viewer.io.images import read_image
from tests.samples import SAMPLE


@pytest.fixture(scope="module")
def image() -> SourceImage:
    return SourceImage.of(read_image(SAMPLE).rgb[::3, ::3], name="small")


def small(preset: PresetName, n: int | None = None) -> Settings:
    method = PRESETS[preset]
    scales = tuple(scale // 3 for scale in method.scales)
    method = replace(method, scales=scales, min_candidates=method.min_candidates if n is None else n, threshold=0.2)
    return Settings(method=method, device="cpu", crf=replace(Settings().crf, iterations=3))


@pytest.mark.parametrize("preset", ["paper", "caffe", "formula", "simonyan"])
def test_that_its_labels_are_the_engines(preset: PresetName, image: SourceImage) -> None:
    settings = small(preset)
    labelled, result = LabelEvaluator().label(image, settings), Engine().settle(Request(0, image, settings))
    assert result.segmentation is not None
    assert labelled.detected_ids == result.detected_ids
    assert labelled.candidate_ids == result.candidate_ids
    np.testing.assert_array_equal(labelled.scores, image_scores(result.scores, settings.method))
    np.testing.assert_array_equal(labelled.class_maps, result.class_maps)
    np.testing.assert_array_equal(labelled.labels, result.segmentation.labels)


def test_that_what_was_asked_before_changes_no_label(image: SourceImage) -> None:
    evaluator = LabelEvaluator()
    for n in (5, 2, 0):
        settings = small("paper", n)
        np.testing.assert_array_equal(
            evaluator.label(image, settings).labels, LabelEvaluator().label(image, settings).labels
        )


def test_that_rows_of_the_same_candidates_share_their_class_maps(image: SourceImage) -> None:
    evaluator = LabelEvaluator()
    given = ClassChoice(image_labels=(1, 11))
    one, two, three, none = (
        evaluator.label(image, replace(small("paper", n), choice=given)).maps_key for n in (1, 2, 3, 0)
    )
    assert one == two
    assert len({one, three, none}) == 3
