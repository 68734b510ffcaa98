"""The .npz against its contract in docs/formats.md."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.formats import npz
from tests.results import make_model_card
from tests.unit.export.subjects import CORNERS, DOG, one_pixel_result, small_result, thousand_class_result


def _written(path: Path, result: Result, *, stages: bool = False) -> dict[str, NDArray[np.generic]]:
    npz.write(result, path, stages=stages)
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def test_that_the_file_holds_the_contract_and_nothing_else(tmp_path: Path) -> None:
    result = small_result()
    found = _written(tmp_path / "a.npz", result)
    assert {name: (array.dtype.name, array.shape) for name, array in found.items() if name != "class_names"} == {
        "candidate_ids": ("int64", (4,)),
        "detected_ids": ("int64", (2,)),
        "scores": ("float32", (2, 4)),
        "class_maps": ("float32", (2, 24, 37)),
        "labels": ("uint8", (24, 37)),
        "unary": ("float32", (3, 24, 37)),
        "q": ("float32", (3, 24, 37)),
    }
    assert found["class_names"].tolist() == list(result.model.class_names)
    assert found["class_names"].dtype.kind == "U"


def test_that_every_value_is_the_results_to_the_bit(tmp_path: Path) -> None:
    result = small_result()
    found = _written(tmp_path / "a.npz", result)
    assert result.segmentation is not None
    assert result.segmentation.q is not None
    assert found["candidate_ids"].tolist() == list(result.candidate_ids)
    assert found["detected_ids"].tolist() == list(result.detected_ids)
    for column, class_id in enumerate(result.candidate_ids):
        np.testing.assert_array_equal(found["scores"][:, column], result.scores[:, class_id])
    np.testing.assert_array_equal(found["class_maps"], result.class_maps)
    np.testing.assert_array_equal(found["labels"], result.segmentation.labels)
    np.testing.assert_array_equal(found["unary"], result.segmentation.unary)
    np.testing.assert_array_equal(found["q"], result.segmentation.q)


def test_that_without_a_crf_there_is_neither_unary_nor_q(tmp_path: Path) -> None:
    assert {"unary", "q"} & _written(tmp_path / "a.npz", small_result(crf=False)).keys() == set()


def test_that_stages_add_the_raw_maps_by_scale_and_layer(tmp_path: Path) -> None:
    result = small_result()
    found = _written(tmp_path / "a.npz", result, stages=True)
    assert {name for name in found if name.startswith("raw/")} == {
        "raw/64/blocks.2", "raw/64/blocks.4", "raw/96/blocks.2", "raw/96/blocks.4",
    }  # fmt: skip
    for (scale, layer), maps in result.raw.items():
        assert found[f"raw/{scale}/{layer}"].dtype == np.float32
        np.testing.assert_array_equal(found[f"raw/{scale}/{layer}"], maps)


@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_one_pixel_in_a_corner_stays_there(tmp_path: Path, row: int, col: int) -> None:
    labels = _written(tmp_path / "a.npz", one_pixel_result(row, col))["labels"]
    assert labels[row, col] == DOG + 1
    assert np.count_nonzero(labels) == 1


def test_that_a_thousand_classes_keep_their_ids_in_two_bytes(tmp_path: Path) -> None:
    labels = _written(tmp_path / "a.npz", thousand_class_result())["labels"]
    assert labels.dtype == np.uint16
    assert labels[0, :3].tolist() == [6, 901, 0]


def test_that_names_that_look_like_numbers_stay_strings(tmp_path: Path) -> None:
    result = replace(small_result(), model=make_model_card(names=[str(number) for number in range(20)]))
    assert _written(tmp_path / "a.npz", result)["class_names"].tolist()[7] == "7"


def test_that_no_detected_class_is_an_empty_stack_of_maps(tmp_path: Path) -> None:
    result = small_result(detected=0)
    found = _written(tmp_path / "a.npz", result)
    assert found["class_maps"].shape == (0, 24, 37)
    assert found["detected_ids"].shape == (0,)
    assert npz.verify(tmp_path / "a.npz", result).ok


def test_that_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("a.npz", "b.npz"):
        npz.write(small_result(), tmp_path / name, stages=True)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_that_no_member_tells_the_time_or_the_system(tmp_path: Path) -> None:
    npz.write(small_result(), tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        stamps = {(member.date_time, member.create_system) for member in archive.infolist()}
    assert stamps == {((1980, 1, 1, 0, 0, 0), 3)}


@pytest.mark.parametrize("stages", [False, True])
def test_that_what_was_written_reads_back(tmp_path: Path, stages: bool) -> None:
    npz.write(small_result(), tmp_path / "a.npz", stages=stages)
    report = npz.verify(tmp_path / "a.npz", small_result(), stages=stages)
    assert report.ok
    assert report.sentences[0] == "It loads without pickle."


def test_that_missing_and_extra_arrays_are_found(tmp_path: Path) -> None:
    npz.write(small_result(), tmp_path / "a.npz", stages=True)
    assert "not in the contract: ['raw/64/blocks.2'" in npz.verify(tmp_path / "a.npz", small_result()).sentences[0]
    npz.write(small_result(crf=False), tmp_path / "b.npz")
    assert "Arrays missing: ['q', 'unary']" in npz.verify(tmp_path / "b.npz", small_result()).sentences[0]


def test_that_other_values_and_other_types_are_found(tmp_path: Path) -> None:
    npz.write(one_pixel_result(0, 0), tmp_path / "a.npz")
    assert (
        "labels holds other values than the result." in npz.verify(tmp_path / "a.npz", one_pixel_result(0, 1)).sentences
    )
    arrays = npz.arrays(small_result(), stages=False)
    wide = {name: array for name, array in arrays.items() if name != "labels"}
    np.savez(tmp_path / "b.npz", allow_pickle=False, labels=arrays["labels"].astype(np.int64), **wide)
    assert npz.verify(tmp_path / "b.npz", small_result()).sentences[0] == (
        "labels is int64 (24, 37), not uint8 (24, 37)."
    )


def test_that_a_label_nobody_detected_is_found(tmp_path: Path) -> None:
    result = one_pixel_result(0, 0, 19)
    npz.write(result, tmp_path / "a.npz")
    assert npz.verify(tmp_path / "a.npz", result).sentences[0] == "Labels [20] are no detected class."


def test_that_a_pickle_is_not_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", class_names=np.array([object()], dtype=object))
    report = npz.verify(tmp_path / "a.npz", small_result())
    assert not report.ok
    assert "cannot be read back: Object arrays cannot be loaded" in report.sentences[0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello", bytes(200)])
def test_that_a_damaged_file_is_reported_and_not_raised(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    assert "cannot be read back" in npz.verify(tmp_path / "a.npz", small_result()).sentences[0]


def test_that_a_bare_array_is_reported_and_not_raised(tmp_path: Path) -> None:
    with (tmp_path / "a.npz").open("wb") as stream:
        np.save(stream, np.zeros(3))
    assert not npz.verify(tmp_path / "a.npz", small_result()).ok


def test_that_members_are_stored_and_not_compressed(tmp_path: Path) -> None:
    npz.write(small_result(), tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
