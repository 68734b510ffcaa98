"""Files for IRN, PSA and SEAM: what their own loaders do with them, written out here by the rules of their sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export import FORMATS, export_result
from dcsm_viewer.export.consumer_maps import maps_over_own_maximum
from dcsm_viewer.export.formats.irn_npy import strided
from dcsm_viewer.export.seed_rules import IRN_SURE_BACKGROUND, IRN_SURE_CLASS, PSA_HIGH, PSA_LOW, SEAM_HIGH
from tests.unit.export.subjects import BICYCLE, DOG, small_result, thousand_class_result


def _written(tmp_path: Path, name: str, result: Result) -> tuple[Path, ...]:
    return export_result(result, tmp_path, "a", [name])[:-1]


def test_that_irn_evaluates_the_maps_at_its_threshold(tmp_path: Path) -> None:
    result = small_result()
    content = np.load(_written(tmp_path, "irn", result)[0], allow_pickle=True).item()
    # As its evaluation does: a background of 0.15 before the maps, the largest wins, keys + 1 are the labels.
    maps = np.pad(content["high_res"], ((1, 0), (0, 0), (0, 0)), constant_values=0.15)
    labels = np.pad(content["keys"] + 1, (1, 0))[maps.argmax(axis=0)]
    own = maps_over_own_maximum(result)
    expected = np.where(own.max(axis=0) > 0.15, np.array([BICYCLE + 1, DOG + 1])[own.argmax(axis=0)], 0)
    np.testing.assert_array_equal(labels, expected)
    assert set(np.unique(labels)) == {0, BICYCLE + 1, DOG + 1}


def test_that_irn_and_advcam_enlarge_the_coarse_maps_onto_the_fine_ones(tmp_path: Path) -> None:
    result = small_result()
    content = np.load(_written(tmp_path, "irn", result)[0], allow_pickle=True).item()
    height, width = result.request.image.shape
    assert isinstance(content["cam"], torch.Tensor)  # they call .cuda() on it
    assert tuple(content["cam"].shape) == (2, (height - 1) // 4 + 1, (width - 1) // 4 + 1)
    assert content["cam"].amax((1, 2)).tolist() == [1, 1]
    enlarged = torch.nn.functional.interpolate(content["cam"][:, None], scale_factor=4, mode="bilinear")[:, 0]
    fine = torch.from_numpy(content["high_res"])
    difference = (enlarged[:, :height, :width] - fine).abs()
    assert float(difference.max()) < 0.35  # half a cell off, the peak's flank alone would be off by more
    centres = [np.argwhere(maps.numpy() >= 0.5).mean(axis=0) for maps in (enlarged[0], fine[0])]
    np.testing.assert_allclose(centres[0], centres[1], atol=0.5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (4, 5), (23, 37), (24, 36)])
def test_that_coarse_maps_lose_no_pixel(height: int, width: int) -> None:
    for row, col in ((0, 0), (0, -1), (-1, 0), (-1, -1), (height // 2, width // 2)):
        maps = np.zeros((1, height, width), dtype=np.float32)
        maps[0, row, col] = 1
        coarse = strided(maps)
        assert coarse.shape == (1, (height - 1) // 4 + 1, (width - 1) // 4 + 1)
        assert np.argwhere(coarse).tolist() == [[0, row % height // 4, col % width // 4]]


def _with_passes(sure: NDArray[np.uint8], generous: NDArray[np.uint8]) -> Result:
    """Dog and bicycle; each pass is certain of its labels, which are 0, 1 (bicycle), 2 (dog)."""
    result = small_result()
    certain = {rule: np.eye(3, dtype=np.float32)[labels].transpose(2, 0, 1) for rule, labels in (
        (IRN_SURE_CLASS, sure), (IRN_SURE_BACKGROUND, generous),
    )}  # fmt: skip
    return replace(result, seeds=certain)


def test_that_irn_labels_are_unsure_where_only_the_generous_pass_sees_a_class(tmp_path: Path) -> None:
    sure, generous = np.zeros((2, 24, 37), dtype=np.uint8)
    generous[:, 10:20] = 2
    sure[5:9, 12:15] = 2
    sure[0, 0] = 1  # background for the generous pass: a class all the same, as IRN has it
    (path,) = _written(tmp_path, "irn-labels", _with_passes(sure, generous))
    with Image.open(path) as picture:
        assert picture.mode == "L"  # its reader turns a palette into colours
        labels = np.array(picture)
    expected = np.zeros((24, 37), dtype=np.uint8)
    expected[:, 10:20] = 255
    expected[5:9, 12:15] = DOG + 1
    expected[0, 0] = BICYCLE + 1
    np.testing.assert_array_equal(labels, expected)
    assert not FORMATS["irn-labels"].verify(path, _with_passes(generous, generous)).ok


def test_that_an_image_of_background_alone_has_labels_but_no_maps_for_irn(tmp_path: Path) -> None:
    result = small_result(detected=0)
    (path,) = _written(tmp_path, "irn-labels", result)
    assert np.array(Image.open(path)).max() == 0
    with pytest.raises(UserError, match="has no detected class, which IRN cannot read"):
        _written(tmp_path, "irn", result)


def test_that_a_vocabulary_beyond_bytes_has_no_irn_labels(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="IRN's labels are bytes, and lite0-voc has 1000 classes"):
        _written(tmp_path, "irn-labels", thousand_class_result())


def _as_affinity_training_reads(low: Path, high: Path) -> NDArray[np.uint8]:
    """PSA's and SEAM's VOC12AffDataset: values as they come, halves, the largest of each; 255 where `low` has none."""
    la, ha = (np.load(path, allow_pickle=True).item() for path in (low, high))
    scores = np.array(list(la.values()) + list(ha.values())).transpose(1, 2, 0)
    label_la, label_ha = (half.argmax(axis=-1).astype(np.uint8) for half in np.array_split(scores, 2, axis=-1))
    labels: NDArray[np.uint8] = label_la.copy()
    labels[label_la == 0] = 255
    labels[label_ha == 0] = 0
    labels[scores.max(axis=-1) < 1e-5] = 255
    return labels


@pytest.mark.parametrize("name", ["psa-crf", "seam-crf"])
def test_that_affinity_training_sees_background_classes_and_what_is_neither(tmp_path: Path, name: str) -> None:
    result = small_result()
    low, high = np.zeros((2, 24, 37), dtype=np.uint8)
    high[:, 10:20] = 2
    low[5:9, 12:15] = 2
    high_rule = PSA_HIGH if name == "psa-crf" else SEAM_HIGH
    certain = {PSA_LOW: np.eye(3, dtype=np.float32)[low], high_rule: np.eye(3, dtype=np.float32)[high]}
    seeds = {rule: np.ascontiguousarray(planes.transpose(2, 0, 1)) for rule, planes in certain.items()}
    paths = _written(tmp_path, name, replace(result, seeds=seeds))
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [f"{name}/la/a.npy", f"{name}/ha/a.npy"]
    expected = np.zeros((24, 37), dtype=np.uint8)
    expected[:, 10:20] = 255
    expected[5:9, 12:15] = 2
    np.testing.assert_array_equal(_as_affinity_training_reads(*paths), expected)


def test_that_psa_goes_by_the_order_of_the_keys(tmp_path: Path) -> None:
    result = small_result()
    low, _ = _written(tmp_path, "psa-crf", result)
    content = np.load(low, allow_pickle=True).item()
    assert list(content) == [0, BICYCLE + 1, DOG + 1]
    assert {(plane.dtype.name, plane.shape, plane.flags.c_contiguous) for plane in content.values()} == {
        ("float32", (24, 37), True)
    }
    swapped = replace(result, detected_ids=result.detected_ids[::-1])
    assert "in this order" in FORMATS["psa-crf"].verify(low, swapped).sentences[0]


def test_that_an_image_of_background_alone_is_background_for_psa(tmp_path: Path) -> None:
    paths = _written(tmp_path, "psa-crf", small_result(detected=0))
    assert _as_affinity_training_reads(*paths).max() == 0


@pytest.mark.parametrize("name", ["irn-labels", "psa-crf", "seam-crf"])
def test_that_formats_with_a_crf_of_their_own_want_it_computed(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="has no labels of its consumer's CRF yet"):
        _written(tmp_path, name, replace(small_result(), seeds={}))
    assert list(tmp_path.iterdir()) == []


def test_that_other_maps_are_found_in_an_irn_file(tmp_path: Path) -> None:
    (path,) = _written(tmp_path, "irn", small_result())
    maps = small_result().class_maps.copy()
    maps[0, 0, 0] = 0.5
    report = FORMATS["irn"].verify(path, replace(small_result(), class_maps=maps))
    assert [sentence.split(" ")[0] for sentence in report.sentences[:2]] == ["cam", "high_res"]
    assert not FORMATS["irn"].verify(path, replace(small_result(), detected_ids=(1, 12))).ok
