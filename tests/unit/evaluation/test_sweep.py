"""What a sweep's words become: rows of settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.parameters import CHOICES, LIMITS
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ModelCard, UserError
from dcsm_viewer.evaluation.axes import axes, axis_called
from dcsm_viewer.evaluation.published_figures import PUBLISHED_BY_N, counterpart
from dcsm_viewer.evaluation.sweep import parsed_axes, variants_of
from dcsm_viewer.evaluation.variants import Variant, in_evaluation_order

CARD = ModelCard("net", "Net", ("cat", "dog"), ("low", "high"), "digest", "rgb", ("input", "low", "high"))
BASE = Variant("our masks", Settings(), labels_given=False)


def swept(words: str) -> tuple[Variant, ...]:
    return variants_of(BASE, parsed_axes([words]), CARD)


def test_that_without_a_sweep_there_is_one_row() -> None:
    assert variants_of(BASE, {}, CARD) == (BASE,)


def test_that_the_sweep_of_the_poster_has_its_rows() -> None:
    variants = swept("n,crf")
    assert [(v.settings.method.min_candidates, v.settings.crf.enabled) for v in variants] == [
        (n, crf) for n in PUBLISHED_BY_N for crf in (False, True)
    ]
    assert variants[0].name == "N 0, CRF off"


def test_that_values_can_be_named() -> None:
    variants = swept("alpha=2:3.5,layers=low+high:low,scales=400+500")
    assert {v.settings.method.alpha for v in variants} == {2, 3.5}
    assert {v.settings.method.layers for v in variants} == {("low", "high"), ("low",)}
    assert {v.settings.method.scales for v in variants} == {(400, 500)}


def test_that_every_constant_can_be_swept() -> None:
    known = axes()
    fields = {f"crf-{path[4:]}" if path.startswith("crf.") else path.split(".")[1] for path in (*LIMITS, *CHOICES)}
    assert {axis_called(field.replace("_", "-")) for field in fields} <= set(known)


@pytest.mark.parametrize(
    ("older", "present"),
    [
        ("backward=gradient", "method=gradient"),
        ("candidates=2", "n=2"),
        ("canvas-px=300", "canvas=300"),
        ("channel-max=signed", "channel-reduction=signed"),
        ("negatives=keep", "negative-mode=keep"),
        ("detect-by=any", "score-reduction=max"),
        ("gate-by-scale=off", "skip-undetected-scales=off"),
        ("fit=pad", "fit=letterbox"),
        ("crf-level-follows=0.5", "crf-adaptive-background=0.5"),
    ],
)
def test_that_older_names_and_values_sweep_the_same(older: str, present: str) -> None:
    assert [variant.settings for variant in swept(older)] == [variant.settings for variant in swept(present)]


def test_that_a_swept_preset_leaves_what_the_user_named() -> None:
    base = replace(BASE, settings=replace(BASE.settings, method=replace(PRESETS["paper"], alpha=2.0)))
    variants = variants_of(base, parsed_axes(["preset=paper:caffe"]), CARD, {"alpha": 2.0})
    assert [v.settings.method for v in variants] == [replace(PRESETS[p], alpha=2.0) for p in ("paper", "caffe")]


def test_that_a_preset_is_set_before_the_constants_beside_it() -> None:
    variants = swept("n=2,preset=caffe")
    assert variants[0].settings.method == replace(PRESETS["caffe"], min_candidates=2)


def test_that_the_true_classes_can_be_told_by_row() -> None:
    found, given = swept("classes")
    assert found.for_image((1,), ()).choice.image_labels is None
    assert given.for_image((1, 0), ()).choice.image_labels == (0, 1)


def test_that_classes_the_data_set_does_not_know_are_never_found() -> None:
    assert BASE.for_image((0,), (1,)).choice.excluded == (1,)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("colour", "There is nothing called 'colour' to sweep; choose from "),
        ("alpha=high", "'high' is no value of Alpha; write for example 3"),
        ("alpha=99", "Alpha (method.alpha) is 99; it must lie between 0.1 and 10"),
        ("preset=best", "'best' is no value of the preset; choose from paper"),
        ("scales=big", "'big' names no scales"),
        ("canvas-px", "Say which values of 'canvas' to sweep"),
        ("n,crf,threshold,alpha", "The sweep has 630 rows; at most 400"),
    ],
)
def test_that_a_sweep_that_cannot_be_made_is_one_sentence(words: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        swept(words)
    assert str(error.value).startswith(sentence)


def test_that_only_what_changes_the_figures_is_in_a_rows_digest() -> None:
    first, *others = swept("n=4:5,crf")
    assert replace(first, name="another name", values={}).digest("weights") == first.digest("weights")
    digests = {variant.digest("weights") for variant in (first, *others)} | {
        first.digest("other weights"),
        replace(first, labels_given=True).digest("weights"),
    }
    assert len(digests) == 6


def test_that_the_largest_n_is_worked_on_first() -> None:
    assert [v.settings.method.min_candidates for v in in_evaluation_order(swept("n"))] == [10, 5, 4, 3, 2, 1, 0]


def test_that_rows_made_like_the_posters_have_its_figures_beside_them() -> None:
    paper = Settings()
    without = replace(paper, crf=replace(paper.crf, enabled=False))
    simonyan = replace(paper, method=PRESETS["simonyan"])
    n_10 = replace(paper, method=replace(paper.method, min_candidates=10))
    assert [(counterpart(s) or ("", 0))[1] for s in (paper, without, simonyan, n_10)] == [44.2, 40.5, 33.8, 43.7]
    assert counterpart(replace(paper, method=PRESETS["gradcam"])) is None
    assert counterpart(replace(simonyan, crf=without.crf)) is None
