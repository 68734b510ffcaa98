"""What the lessons' questions hold for true, on results whose truth is known, and how a lesson keeps score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dcsm_viewer.core.settings import ClassChoice, CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import Result, read_only
from dcsm_viewer.gui.tools.tutorials import tutorial_answers
from dcsm_viewer.gui.tools.tutorials.tutorial_content import TUTORIALS
from dcsm_viewer.gui.tools.tutorials.tutorial_model import AnswerContext, TutorialRun, Verdict, lesson_settings
from tests.results import VOC_NAMES, make_result

Maps = NDArray[np.float64]

DOG, BICYCLE = VOC_NAMES.index("dog"), VOC_NAMES.index("bicycle")


def now(result: Result) -> AnswerContext:
    return AnswerContext(result, result)


def with_maps(result: Result, *, raw: Maps, distinct: Maps) -> Result:
    return replace(
        result,
        raw_class_maps=read_only(raw.astype(np.float32)),
        class_maps=read_only(distinct.astype(np.float32)),
    )


def test_that_likeness_is_pearsons_correlation() -> None:
    result = make_result()
    raw, distinct = tutorial_answers.likeness(result) or (0.0, 0.0)
    indices = [result.candidate_ids.index(one) for one in (DOG, BICYCLE)]
    expected = np.corrcoef([result.raw_class_maps[index].ravel() for index in indices])[0, 1]
    assert raw == pytest.approx(expected, abs=1e-6)
    expected = np.corrcoef([result.class_maps[result.detected_ids.index(one)].ravel() for one in (DOG, BICYCLE)])[0, 1]
    assert distinct == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("share", "right"), [(1.0, 0), (0.0, 2)])
def test_that_maps_that_become_alike_are_called_so(share: float, right: int) -> None:
    result = make_result()
    left, other = np.zeros((20, 30)), np.zeros((20, 30))
    left[:, :15], other[:, 10:25] = 1.0, 1.0
    raw = np.stack([left, other, left, other])
    distinct = np.stack([left, share * left + (1 - share) * (1 - left)])
    verdict = tutorial_answers.more_or_less_alike(now(with_maps(result, raw=raw, distinct=distinct)))
    assert verdict.right == right


def test_that_the_peak_of_the_raw_map_is_looked_up_in_the_labels() -> None:
    result = make_result()
    assert result.segmentation is not None
    for label, right in ((DOG + 1, 0), (BICYCLE + 1, 1), (0, 2)):
        labels = read_only(np.full(result.segmentation.labels.shape, label, np.uint16))
        seen = now(replace(result, segmentation=replace(result.segmentation, labels=labels)))
        assert tutorial_answers.where_the_raw_map_is_brightest(seen).right == right


def test_that_without_a_dog_nobody_can_tell() -> None:
    result = make_result(classes=("cat", "car", "cow", "sofa"))
    for truth in (
        tutorial_answers.where_the_raw_map_is_brightest,
        tutorial_answers.rougher_or_smoother,
        tutorial_answers.more_or_less_alike,
    ):
        verdict = truth(now(result))
        assert verdict.right is None
        assert "does not find" in verdict.numbers


def test_that_roughness_follows_the_steps_between_neighbours() -> None:
    result = make_result()
    key = max(result.raw, key=lambda one: result.raw[one][0].size)
    smooth = np.broadcast_to(np.linspace(1, 2, result.raw[key].shape[2]), result.raw[key].shape).astype(np.float32)
    rough = smooth + np.indices(smooth.shape).sum(0) % 2
    calm, wild = (replace(result, raw={**result.raw, key: read_only(maps)}) for maps in (smooth, rough))
    assert tutorial_answers.rougher_or_smoother(AnswerContext(calm, wild)).right == 0
    assert tutorial_answers.rougher_or_smoother(AnswerContext(calm, calm)).right == 1
    assert tutorial_answers.rougher_or_smoother(AnswerContext(wild, calm)).right == 2


def test_that_n_0_is_held_against_the_raw_map_and_the_map_before() -> None:
    result = make_result()
    raw, before = result.raw_class_maps, result.class_maps
    to_raw = np.stack([raw[result.candidate_ids.index(one)] for one in result.detected_ids])
    same = replace(result, class_maps=read_only(to_raw))
    empty = replace(result, class_maps=read_only(np.zeros_like(before)))
    assert tutorial_answers.what_n_0_leaves(AnswerContext(result, same)).right == 0
    assert tutorial_answers.what_n_0_leaves(AnswerContext(result, empty)).right == 1
    assert tutorial_answers.what_n_0_leaves(AnswerContext(result, result)).right == 2


def test_that_borders_and_relabelled_pixels_are_counted() -> None:
    labels = np.zeros((4, 6), np.uint16)
    labels[:, 3:] = 5
    assert tutorial_answers.border_px(labels) == 4
    result = make_result()
    assert result.segmentation is not None
    changed = labels.copy()
    changed[0, 0] = 5
    segmentation = replace(result.segmentation, labels=read_only(changed), labels_before_crf=read_only(labels))
    verdict = tutorial_answers.how_much_the_crf_relabels(now(replace(result, segmentation=segmentation)))
    assert verdict == Verdict(1, "4.2 % of the pixels changed label.")
    assert tutorial_answers.longer_or_shorter_borders(now(replace(result, segmentation=segmentation))).right == 2


def test_that_the_busiest_step_and_the_finest_layer_are_found() -> None:
    result = make_result()
    assert tutorial_answers.which_step_changes_most(now(result)).right == 0
    assert result.segmentation is not None
    late = replace(result.segmentation, changed=(0.1, 0.0, 0.0, 0.3))
    assert tutorial_answers.which_step_changes_most(now(replace(result, segmentation=late))).right == 2
    assert tutorial_answers.which_layer_is_finest(now(result)).right == 0
    turned = replace(result, layers=tuple(reversed(result.layers)))
    assert tutorial_answers.which_layer_is_finest(now(turned)).right == 1


def test_that_the_most_alike_pair_is_the_one_with_the_largest_correlation() -> None:
    result = make_result()
    rng = np.random.default_rng(0)
    maps = rng.random(result.raw_class_maps.shape)
    for alike, right in ((("dog", "bicycle"), 0), (("dog", "car"), 1), (("person", "car"), 2)):
        a, b = (result.candidate_ids.index(VOC_NAMES.index(name)) for name in alike)
        raw = maps.copy()
        raw[b] = raw[a] + 0.01 * rng.random(raw[a].shape)
        assert (
            tutorial_answers.most_alike_pair(
                now(replace(result, raw_class_maps=read_only(raw.astype(np.float32))))
            ).right
            == right
        )


def test_that_every_lesson_is_short_named_once_and_asks_at_least_once() -> None:
    assert len({lesson.name for lesson in TUTORIALS}) == len(TUTORIALS) == 5
    for lesson in TUTORIALS:
        assert 4 <= len(lesson.steps) <= 6
        questions = [step.question for step in lesson.steps if step.question is not None]
        assert questions, lesson.name
        assert all(2 <= len(question.answers) <= 3 for question in questions)


def test_that_texts_wait_with_dots_and_then_hold_the_numbers() -> None:
    for lesson in TUTORIALS:
        for step in lesson.steps:
            assert "{" not in step.words(None)
            assert "{" not in step.words(make_result())
    first = TUTORIALS[0].steps[0]
    assert "20 classes" in first.words(make_result())
    assert "… classes" in first.words(None)


def test_that_only_the_first_answer_counts_and_the_score_goes_along() -> None:
    result = make_result()
    index = next(index for index, step in enumerate(TUTORIALS[0].steps) if step.question is not None)
    run = TutorialRun(TUTORIALS[0]).at(index)
    question = run.step.question
    assert question is not None
    right = question.truth(now(result)).right
    assert right is not None
    answered = run.choosing(right, result).choosing((right + 1) % 2, result).revealing(result)
    assert (answered.chosen, answered.right, answered.answered) == (right, 1, 1)
    assert answered.revealing(result) == answered
    onward = answered.at(index + 1)
    assert (onward.chosen, onward.verdict, onward.right) == (None, None, 1)
    assert TutorialRun(TUTORIALS[0]).at(99).is_last


def test_that_a_lesson_uses_the_papers_method_at_the_users_scales() -> None:
    users = Settings(
        model="mine", vocabulary="imagenet",
        method=MethodSettings(scales=(300,), canvas_px=300, alpha=9.0, attribution="deconvnet"),
        choice=ClassChoice(always_compared=(3,)), crf=CrfSettings(enabled=False, iterations=0), device="cpu",
    )  # fmt: skip
    found = lesson_settings(users)
    assert (found.method.scales, found.method.canvas_px, found.device) == ((300,), 300, "cpu")
    assert (found.method.alpha, found.method.attribution, found.choice) == (3.0, "guided", ClassChoice())
    assert (found.model, found.vocabulary, found.crf.enabled) == ("lite0-voc", "voc", True)
