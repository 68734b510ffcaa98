"""The CRFs of PSA, SEAM and IRN against pydensecrf called step by step as their programs call it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dcsm_viewer.core.types import SeedRule
from dcsm_viewer.engine import pseudo_label_crf
from dcsm_viewer.engine.pseudo_label_crf import seed_probabilities
from dcsm_viewer.export import FORMATS, export_with_reports
from dcsm_viewer.export.consumer_maps import maps_over_own_maximum
from dcsm_viewer.export.format_registry import rules_of
from dcsm_viewer.export.seed_rules import IRN_SURE_BACKGROUND, IRN_SURE_CLASS, PSA_HIGH, PSA_LOW, SEAM_HIGH
from dcsm_viewer.worker.pseudo_labels import with_seeds
from tests.results import make_image, make_result

TOLERANCE = (
    1e-3  # of probabilities: the torch CRF is held to 1e-4 of pydensecrf on energies of one size; these reach 11
)


def _psa_with_pydensecrf(maps: NDArray[np.float32], rgb: NDArray[np.uint8], alpha: float) -> NDArray[np.float32]:
    """PSA's infer_cls.py: _crf_with_alpha and imutils.crf_inference."""
    densecrf = pytest.importorskip("pydensecrf.densecrf")
    background = np.power(1 - maps.max(axis=0, keepdims=True), alpha)
    scores = np.clip(np.concatenate([background, maps]), 1e-5, 1.0)
    crf = densecrf.DenseCRF2D(maps.shape[2], maps.shape[1], len(scores))
    crf.setUnaryEnergy(np.ascontiguousarray(-np.log(scores).reshape(len(scores), -1), dtype=np.float32))
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=80, srgb=13, rgbim=np.copy(rgb), compat=10)
    return np.array(crf.inference(10)).reshape(scores.shape)


def _irn_with_pydensecrf(maps: NDArray[np.float32], rgb: NDArray[np.uint8], threshold: float) -> NDArray[np.float32]:
    """IRN's cam_to_ir_label.py and imutils.crf_inference_label."""
    densecrf = pytest.importorskip("pydensecrf.densecrf")
    labels = np.pad(maps, ((1, 0), (0, 0), (0, 0)), constant_values=threshold).argmax(axis=0).ravel()
    count = len(maps) + 1
    unary = np.full((count, labels.size), -np.log(0.3 / (count - 1)), dtype=np.float32)
    unary[labels, np.arange(labels.size)] = -np.log(0.7)
    crf = densecrf.DenseCRF2D(maps.shape[2], maps.shape[1], count)
    crf.setUnaryEnergy(unary)
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=50, srgb=5, rgbim=np.ascontiguousarray(np.copy(rgb)), compat=10)
    return np.array(crf.inference(10)).reshape(count, *maps.shape[1:])


@pytest.mark.parametrize("rule", [PSA_LOW, PSA_HIGH, SEAM_HIGH, IRN_SURE_CLASS, IRN_SURE_BACKGROUND])
@pytest.mark.parametrize("detected", [1, 3])
def test_that_each_rule_gives_what_its_program_computes(rule: SeedRule, detected: int) -> None:
    result = make_result(make_image(30, 41), detected=detected)
    maps, rgb = maps_over_own_maximum(result), result.request.image.rgb
    theirs = (_psa_with_pydensecrf if rule.preset == "psa" else _irn_with_pydensecrf)(maps, rgb, rule.background)
    ours = seed_probabilities(maps, rgb, [rule])[rule]
    np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)
    assert len(np.unique(theirs.argmax(axis=0))) > 1


def test_that_both_backends_agree() -> None:
    pytest.importorskip("pydensecrf")
    result = make_result(make_image(22, 31))
    maps, rgb = maps_over_own_maximum(result), result.request.image.rgb
    ours = seed_probabilities(maps, rgb, [PSA_LOW])[PSA_LOW]
    np.testing.assert_allclose(ours, seed_probabilities(maps, rgb, [PSA_LOW], "pydensecrf")[PSA_LOW], atol=TOLERANCE)


def test_that_rules_together_give_what_each_gives_alone() -> None:
    result = make_result(make_image(16, 21))
    maps, rgb, rules = maps_over_own_maximum(result), result.request.image.rgb, (PSA_LOW, IRN_SURE_CLASS, PSA_HIGH)
    together = seed_probabilities(maps, rgb, rules)
    for rule in rules:
        np.testing.assert_array_equal(together[rule], seed_probabilities(maps, rgb, [rule])[rule])


def test_that_without_classes_all_is_background() -> None:
    image = make_image(24, 37)
    for rule in (PSA_LOW, IRN_SURE_CLASS):
        planes = seed_probabilities(np.zeros((0, 24, 37), np.float32), image.rgb, [rule])[rule]
        np.testing.assert_array_equal(planes, np.ones((1, 24, 37)))


def test_that_too_large_an_image_is_reduced_for_the_crf(monkeypatch: pytest.MonkeyPatch) -> None:
    result = make_result(make_image(48, 60))
    maps, rgb = maps_over_own_maximum(result), result.request.image.rgb
    whole = seed_probabilities(maps, rgb, [PSA_LOW])[PSA_LOW]
    monkeypatch.setattr(pseudo_label_crf, "MAX_CRF_PIXELS", 48 * 60 // 4)
    reduced = seed_probabilities(maps, rgb, [PSA_LOW])[PSA_LOW]
    assert reduced.shape == whole.shape
    assert not np.array_equal(reduced, whole)
    assert (reduced.argmax(axis=0) == whole.argmax(axis=0)).mean() > 0.9


def test_that_only_what_is_missing_is_computed_and_every_format_finds_its_seeds(tmp_path: Path) -> None:
    result = make_result(make_image(24, 37))
    assert with_seeds(result, ("voc", "npz", "irn")) is result
    full = with_seeds(result, tuple(FORMATS))
    assert set(full.seeds) == set(rules_of(tuple(FORMATS)))
    assert with_seeds(full, tuple(FORMATS)) is full
    again = with_seeds(replace(full, seeds={PSA_LOW: full.seeds[PSA_LOW]}), ("psa-crf",))
    assert again.seeds[PSA_LOW] is full.seeds[PSA_LOW]
    reports = export_with_reports(full, tmp_path, "a", tuple(FORMATS)).reports
    assert all(report.ok for _, report in reports)
    assert [name for name, _ in reports].count("psa-crf") == 2
