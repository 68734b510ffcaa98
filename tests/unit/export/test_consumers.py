"""Profiles for other programs: each file read back with that program's own steps, written out here by hand."""

from __future__ import annotations

import base64
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export import FORMATS, export_result
from dcsm_viewer.export.codecs.pickled_npy import DictionaryDamagedError, load_dictionary
from dcsm_viewer.export.consumer_maps import maps_over_own_maximum
from dcsm_viewer.export.formats.coco_json import combined, document
from dcsm_viewer.io.codecs.coco_rle import mask_of, unpacked
from dcsm_viewer.io.images import read_image
from tests.results import make_model_card
from tests.unit.export.subjects import (
    BICYCLE,
    CORNERS,
    DOG,
    of_image,
    one_pixel_result,
    small_result,
    thousand_class_result,
)

Labels = NDArray[np.int64]


def _as_coco_reads(path: Path, result: Result) -> Labels:
    content = json.loads(path.read_text(encoding="utf-8"))
    labels = np.zeros(result.request.image.shape, dtype=np.int64)
    for annotation in content["annotations"]:
        code = annotation["segmentation"]
        labels[mask_of(unpacked(code["counts"]), *code["size"])] = annotation["category_id"]
    return labels


def _as_labelme_reads(path: Path, result: Result) -> Labels:
    content = json.loads(path.read_text(encoding="utf-8"))
    labels = np.zeros((content["imageHeight"], content["imageWidth"]), dtype=np.int64)
    for shape in content["shapes"]:
        assert shape["shape_type"] == "mask"
        mask = np.array(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))).astype(bool)
        (x1, y1), (x2, y2) = np.asarray(shape["points"]).astype(int)
        labels[y1 : y2 + 1, x1 : x2 + 1][mask] = result.model.class_names.index(shape["label"]) + 1
    return labels


def _as_cvat_reads(path: Path, result: Result) -> Labels:
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("labelmap.txt").decode().splitlines()[1:]
        (name,) = archive.read("ImageSets/Segmentation/default.txt").decode().split()
        rgb = np.array(Image.open(io.BytesIO(archive.read(f"SegmentationClass/{name}.png"))).convert("RGB"))
    labels = np.full(rgb.shape[:2], -1, dtype=np.int64)
    for line in lines:
        label, colour, _, _ = line.split(":")
        names = ("background", *result.model.class_names)
        if label in names:
            labels[(rgb == [int(part) for part in colour.split(",")]).all(axis=2)] = names.index(label)
    return labels


READERS: dict[str, Callable[[Path, Result], Labels]] = {
    "coco": _as_coco_reads,
    "labelme": _as_labelme_reads,
    "cvat": _as_cvat_reads,
}


def _written(tmp_path: Path, name: str, result: Result) -> Path:
    return export_result(result, tmp_path, "a", [name])[0]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_one_pixel_in_a_corner_stays_there(tmp_path: Path, name: str, row: int, col: int) -> None:
    result = one_pixel_result(row, col)
    labels = READERS[name](_written(tmp_path, name, result), result)
    assert labels[row, col] == DOG + 1
    assert np.count_nonzero(labels) == 1


@pytest.mark.parametrize("name", READERS)
def test_that_two_classes_read_back_pixel_by_pixel(tmp_path: Path, name: str) -> None:
    result = small_result()
    assert result.segmentation is not None
    assert len(np.unique(result.segmentation.labels)) == 3
    np.testing.assert_array_equal(READERS[name](_written(tmp_path, name, result), result), result.segmentation.labels)


@pytest.mark.parametrize("name", READERS)
def test_that_an_image_without_classes_is_a_file_too(tmp_path: Path, name: str) -> None:
    result = small_result(detected=0)
    assert READERS[name](_written(tmp_path, name, result), result).max() == 0


@pytest.mark.parametrize("name", READERS)
def test_that_a_thousand_classes_keep_their_names(tmp_path: Path, name: str) -> None:
    result = thousand_class_result()
    assert READERS[name](_written(tmp_path, name, result), result)[0, :3].tolist() == [6, 901, 0]


def test_that_two_classes_of_one_name_are_told_apart_by_their_ids_in_coco(tmp_path: Path) -> None:
    names = ["crane" if class_id in {DOG, BICYCLE} else str(class_id) for class_id in range(20)]
    result = small_result()
    result = replace(result, model=make_model_card(result.layers, names))
    assert result.segmentation is not None
    np.testing.assert_array_equal(
        _as_coco_reads(_written(tmp_path, "coco", result), result), result.segmentation.labels
    )


@pytest.mark.parametrize("name", READERS)
def test_that_a_shifted_mask_and_another_class_are_found(tmp_path: Path, name: str) -> None:
    path = _written(tmp_path, name, one_pixel_result(3, 3))
    for other in (one_pixel_result(3, 4), one_pixel_result(3, 3, BICYCLE)):
        report = FORMATS[name].verify(path, other)
        assert not report.ok
        assert "pixels" in report.sentences[0]


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04", b"\x93NUMPY\x01\x00", bytes(64)])
def test_that_a_damaged_file_is_reported_and_not_raised(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    report = FORMATS[name].verify(tmp_path / "a", small_result())
    assert not report.ok
    assert "cannot be read back" in report.sentences[0]


def test_that_coco_knows_area_box_and_category(tmp_path: Path) -> None:
    content = json.loads(_written(tmp_path, "coco", one_pixel_result(5, 7)).read_text(encoding="utf-8"))
    (annotation,) = content["annotations"]
    assert (annotation["area"], annotation["bbox"], annotation["category_id"]) == (1, [7, 5, 1, 1], 12)
    assert content["categories"][11] == {"id": 12, "name": "dog", "supercategory": ""}
    assert content["images"] == [{"id": 1, "file_name": "made-0.png", "height": 24, "width": 37}]


def test_that_a_wrong_area_is_found(tmp_path: Path) -> None:
    path = _written(tmp_path, "coco", one_pixel_result(5, 7))
    content = json.loads(path.read_text(encoding="utf-8"))
    content["annotations"][0]["area"] = 2
    path.write_text(json.dumps(content), encoding="utf-8")
    report = FORMATS["coco"].verify(path, one_pixel_result(5, 7))
    assert report.sentences[0].startswith("dog has area 2 and box [7, 5, 1, 1]; its mask has 1")


def test_that_a_folder_makes_one_coco_file_with_numbers_of_its_own() -> None:
    whole = combined([document(small_result()), document(one_pixel_result(0, 0)), document(small_result(detected=0))])
    assert [image["id"] for image in whole["images"]] == [1, 2, 3]
    assert [(note["id"], note["image_id"], note["category_id"]) for note in whole["annotations"]] == [
        (1, 1, 2), (2, 1, 12), (3, 2, 12),
    ]  # fmt: skip
    assert len(whole["categories"]) == 20


def test_that_labelme_finds_the_image_from_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.fromarray(small_result().request.image.rgb).save(tmp_path / "photos" / "a.png")
    result = of_image(small_result(), read_image(tmp_path / "photos" / "a.png"))
    path = export_result(result, tmp_path / "masks", "a", ["labelme"])[0]
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["imagePath"] == "../../photos/a.png"
    assert content["imageData"] is None
    path.rename(tmp_path / "a.json")
    assert "../../photos/a.png leads to no image." in FORMATS["labelme"].verify(tmp_path / "a.json", result).sentences


@pytest.mark.parametrize("name", ["labelme", "coco"])
def test_that_names_are_written_for_readers_of_any_encoding(tmp_path: Path, name: str) -> None:
    result = small_result()
    names = [f"Rad {class_id} ö" for class_id in range(20)]
    path = _written(tmp_path, name, replace(result, model=make_model_card(result.layers, names)))
    assert path.read_bytes().isascii()
    assert "Rad 11 ö" in json.dumps(json.loads(path.read_bytes()), ensure_ascii=False)


def test_that_cvat_is_told_of_the_background_and_of_255(tmp_path: Path) -> None:
    with zipfile.ZipFile(_written(tmp_path, "cvat", small_result())) as archive:
        lines = archive.read("labelmap.txt").decode().splitlines()
        objects = np.array(Image.open(io.BytesIO(archive.read("SegmentationObject/made-0.png"))))
    assert lines == [
        "# label:color_rgb:parts:actions",
        "background:0,0,0::",
        "bicycle:0,128,0::",
        "dog:64,0,128::",
        "ignore:224,224,192::",
    ]
    assert np.unique(objects).tolist() == [0, 1, 2]


def test_that_names_with_the_marks_of_the_label_map_lose_them(tmp_path: Path) -> None:
    result = small_result()
    names = [f"#{class_id}: a" for class_id in range(20)]
    path = _written(tmp_path, "cvat", replace(result, model=make_model_card(result.layers, names)))
    with zipfile.ZipFile(path) as archive:
        assert "11  a:64,0,128::" in archive.read("labelmap.txt").decode().splitlines()


@pytest.mark.parametrize("name", ["psa", "seam"])
def test_that_psa_and_seam_get_maps_by_class_counted_from_nought(tmp_path: Path, name: str) -> None:
    result = small_result()
    content = np.load(_written(tmp_path, name, result), allow_pickle=True).item()
    assert list(content) == [BICYCLE, DOG]
    for index, class_id in enumerate(result.detected_ids):
        assert (content[class_id].dtype.name, content[class_id].shape) == ("float32", (24, 37))
        np.testing.assert_allclose(content[class_id], result.class_maps[index] / result.class_maps[index].max())


def test_that_clip_es_gets_keys_and_halves(tmp_path: Path) -> None:
    result = small_result()
    content = np.load(_written(tmp_path, "clip-es", result), allow_pickle=True).item()
    # As its evaluation reads them: background 1 - max first, then label = key + 1.
    maps = content["attn_highres"]
    probabilities = np.concatenate([1 - maps.max(axis=0, keepdims=True), maps])
    assert (maps.dtype, probabilities.shape) == (np.float16, (3, 24, 37))
    assert np.pad(content["keys"] + 1, (1, 0)).tolist() == [0, BICYCLE + 1, DOG + 1]


def test_that_clip_es_refuses_an_image_without_classes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no detected class, which CLIP-ES cannot read; lower the threshold"):
        _written(tmp_path, "clip-es", small_result(detected=0))
    assert list(tmp_path.iterdir()) == []


def test_that_maps_without_evidence_stay_nought() -> None:
    result = small_result()
    maps = np.zeros_like(result.class_maps)
    maps[1, 0, 0] = np.nan
    assert maps_over_own_maximum(replace(result, class_maps=maps)).max() == 0


@pytest.mark.parametrize("name", ["psa", "clip-es"])
def test_that_other_maps_are_found(tmp_path: Path, name: str) -> None:
    path = _written(tmp_path, name, small_result())
    result = small_result()
    maps = result.class_maps.copy()
    maps[0, 0, 0] = 0.5
    assert not FORMATS[name].verify(path, replace(result, class_maps=maps)).ok
    assert not FORMATS[name].verify(path, replace(result, detected_ids=(1, 12))).ok


def test_that_old_numpy_finds_its_own_module_in_the_file(tmp_path: Path) -> None:
    stored = _written(tmp_path, "psa", small_result()).read_bytes()
    assert b"numpy.core.multiarray" in stored
    assert b"numpy._core" not in stored


class _Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("this must not run",)


@pytest.mark.parametrize(("content", "words"), [(_Trap(), "builtins.print"), (np.array([3, 4]), "not a dictionary")])
def test_that_reading_back_runs_no_code_and_wants_a_dictionary(tmp_path: Path, content: object, words: str) -> None:
    boxed = np.empty((), dtype=object)
    boxed[()] = content
    with (tmp_path / "a.npy").open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(boxed))
        pickle.dump(boxed, stream, protocol=3)
    with pytest.raises(DictionaryDamagedError, match=words):
        load_dictionary(tmp_path / "a.npy")
