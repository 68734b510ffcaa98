"""One file for a whole folder: what COCO's own reader and CVAT's rules find in it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml  # type: ignore[import-untyped] # it has no types
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_mask  # type: ignore[import-untyped] # it has no types
from pycocotools.coco import COCO  # type: ignore[import-untyped] # it has no types

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export import FOLDER_FORMATS, FolderImage, Report, export_result, write_folder_files
from tests.results import make_image, make_model_card
from tests.unit.export.subjects import (
    CORNERS,
    DOG,
    of_image,
    one_pixel_result,
    small_result,
    thousand_class_result,
    with_labels,
)

RESULTS: dict[str, Result] = {
    "a/dog.png": small_result(),
    "b/dog.png": one_pixel_result(*CORNERS[3]),
    "b/nothing.png": small_result(detected=0),
}
FORMATS = ("coco", "cvat", "voc-layout", "yolo-seg", "coco-panoptic", "imagefolder")


def _exported(folder: Path, results: dict[str, Result] = RESULTS) -> list[FolderImage]:
    images = []
    for name, result in results.items():
        image = FolderImage(name.removesuffix(".png").replace("/", "_"), name)
        named = replace(result.request.image, name=Path(name).name)
        export_result(of_image(result, named), folder, image.stem, FORMATS)
        images.append(image)
    return images


def _labels(result: Result) -> NDArray[np.uint16]:
    assert result.segmentation is not None
    return result.segmentation.labels


# pycocotools 2.0.11 with numpy 2.4 says so of its own arrays.
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_that_cocos_own_reader_finds_every_mask_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = _exported(tmp_path)
    ((_, path, report),) = write_folder_files(images, tmp_path, ("coco",))
    assert report.ok
    coco = COCO(path)
    assert [entry["file_name"] for entry in coco.loadImgs(coco.getImgIds())] == list(RESULTS)
    for number, result in enumerate(RESULTS.values(), 1):
        labels = np.zeros(result.request.image.shape, dtype=np.int64)
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[number], iscrowd=False)):
            mask = coco.annToMask(annotation).astype(bool)
            labels[mask] = annotation["category_id"]
            assert annotation["area"] == mask.sum() == coco_mask.area(annotation["segmentation"])
            assert annotation["bbox"] == coco_mask.toBbox(annotation["segmentation"]).tolist()
        np.testing.assert_array_equal(labels, _labels(result))
    assert coco.loadCats([DOG + 1])[0]["name"] == "dog"
    assert "index created" in capsys.readouterr().out  # its own words; nothing else was said


def _as_cvat_reads(path: Path, name: str, names: tuple[str, ...]) -> NDArray[np.int64]:
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("labelmap.txt").decode().splitlines()[1:]
        rgb = np.array(Image.open(io.BytesIO(archive.read(f"SegmentationClass/{name}.png"))).convert("RGB"))
    labels = np.full(rgb.shape[:2], -1, dtype=np.int64)
    for line in lines:
        label, colour, _, _ = line.split(":")
        if label in ("background", *names):
            wanted = [int(part) for part in colour.split(",")]
            labels[(rgb == wanted).all(axis=2)] = ("background", *names).index(label)
    return labels


def test_that_cvat_finds_every_mask_under_the_image_s_path(tmp_path: Path) -> None:
    images = _exported(tmp_path)
    ((_, path, report),) = write_folder_files(images, tmp_path, ("cvat",))
    assert report.ok
    with zipfile.ZipFile(path) as archive:
        assert archive.read("ImageSets/Segmentation/default.txt").decode() == "a/dog\nb/dog\nb/nothing\n"
        assert "ignore:224,224,192::" in archive.read("labelmap.txt").decode().splitlines()
    for name, result in RESULTS.items():
        found = _as_cvat_reads(path, name.removesuffix(".png"), result.model.class_names)
        np.testing.assert_array_equal(found, _labels(result))


def test_that_classes_of_a_large_vocabulary_keep_their_names_over_images(tmp_path: Path) -> None:
    one = thousand_class_result()
    labels = np.zeros((24, 37), dtype=np.uint16)
    labels[3, 3] = 901
    other = with_labels(replace(one, detected_ids=(900,), class_maps=one.class_maps[1:]), labels)
    ((_, path, report),) = write_folder_files(
        _exported(tmp_path, {"one.png": one, "other.png": other}), tmp_path, ("cvat",)
    )
    assert report.ok
    for name, result in {"one": one, "other": other}.items():
        np.testing.assert_array_equal(_as_cvat_reads(path, name, result.model.class_names), _labels(result))


def test_that_voc_gets_a_list_of_its_masks(tmp_path: Path) -> None:
    images = _exported(tmp_path)
    write_folder_files(images, tmp_path, ("voc-layout",))
    listed = (tmp_path / "ImageSets" / "Segmentation" / "default.txt").read_text().splitlines()
    assert listed == ["a_dog", "b_dog", "b_nothing"]
    for stem, result in zip(listed, RESULTS.values(), strict=True):
        with Image.open(tmp_path / "SegmentationClass" / f"{stem}.png") as picture:
            np.testing.assert_array_equal(np.array(picture), _labels(result))


def test_that_the_same_files_give_the_same_bytes_and_other_formats_none(tmp_path: Path) -> None:
    images = _exported(tmp_path)
    first = {path: path.read_bytes() for _, path, _ in write_folder_files(images, tmp_path, FORMATS)}
    assert {path: path.read_bytes() for _, path, _ in write_folder_files(images, tmp_path, FORMATS)} == first
    assert len(first) == len(FOLDER_FORMATS)
    assert write_folder_files(images, tmp_path, ("voc", "npz")) == ()


@pytest.mark.parametrize("name", FOLDER_FORMATS)
def test_that_a_file_of_other_images_is_found(tmp_path: Path, name: str) -> None:
    images = _exported(tmp_path)
    ((_, path, _),) = write_folder_files(images, tmp_path, (name,))
    each = FOLDER_FORMATS[name]
    if name != "yolo-seg":  # data.yaml names the folder of the images, not the images
        assert not each.verify(images[:2], tmp_path, path).ok
    path.write_bytes(b"")
    assert not each.verify(images, tmp_path, path).ok


def test_that_data_yaml_names_every_class_as_a_string_whatever_the_name(tmp_path: Path) -> None:
    names = ["no", "007", 'a "b": c', "# d", "caf\u00e9", *[f"c{number}" for number in range(15)]]
    odd = replace(RESULTS["a/dog.png"], model=make_model_card(names=names))
    images = _exported(tmp_path, {"a/dog.png": odd})
    write_folder_files(images, tmp_path, ("yolo-seg",))
    read = yaml.safe_load((tmp_path / "yolo" / "data.yaml").read_text())
    assert read == {"path": ".", "train": "images", "val": "images", "names": dict(enumerate(names))}


def test_that_hugging_face_finds_an_image_and_a_mask_a_line(tmp_path: Path) -> None:
    write_folder_files(_exported(tmp_path), tmp_path, ("imagefolder",))
    root = tmp_path / "imagefolder"
    rows = [json.loads(line) for line in (root / "metadata.jsonl").read_text().splitlines()]
    assert len({tuple(row) for row in rows}) == 1
    for row, result in zip(rows, RESULTS.values(), strict=True):
        with Image.open(root / row["file_name"]) as picture, Image.open(root / row["mask_file_name"]) as mask:
            np.testing.assert_array_equal(np.array(picture), result.request.image.rgb)
            assert set(np.unique(np.array(mask)).tolist()) - {0} <= set(row["labels"])


@pytest.mark.parametrize("name", ["coco", "cvat"])
def test_that_an_other_mask_is_found(tmp_path: Path, name: str) -> None:
    images = _exported(tmp_path)
    ((_, path, _),) = write_folder_files(images, tmp_path, (name,))
    _exported(tmp_path, {**RESULTS, "b/dog.png": one_pixel_result(5, 5)})
    report = FOLDER_FORMATS[name].verify(images, tmp_path, path)
    assert report.sentences[0] == "1 images have other masks."


@pytest.mark.parametrize(("name", "file"), [("coco", "b_dog.coco.json"), ("cvat", "b_dog.cvat.zip")])
def test_that_a_damaged_file_of_one_image_is_named(tmp_path: Path, name: str, file: str) -> None:
    images = _exported(tmp_path)
    (tmp_path / file).write_bytes(b"half")
    with pytest.raises(UserError, match=f"{file} cannot be read .* export its image once more"):
        write_folder_files(images, tmp_path, (name,))


def test_that_images_cvat_could_not_tell_apart_are_refused(tmp_path: Path) -> None:
    images = [FolderImage("dog_jpg", "dog.jpg"), FolderImage("dog_png", "dog.png")]
    with pytest.raises(UserError, match="Several images are dog but for their suffix"):
        write_folder_files(images, tmp_path, ("cvat",))


def test_that_a_wrong_area_in_the_whole_file_is_found(tmp_path: Path) -> None:
    images = _exported(tmp_path)
    ((_, path, _),) = write_folder_files(images, tmp_path, ("coco",))
    whole = json.loads(path.read_bytes())
    whole["annotations"][0]["area"] += 1
    path.write_text(json.dumps(whole))
    assert "Annotation 1 covers" in FOLDER_FORMATS["coco"].verify(images, tmp_path, path).sentences[0]


def test_that_an_image_of_another_size_keeps_it(tmp_path: Path) -> None:
    image = make_image(5, 9)
    result = small_result()
    labels = np.zeros((5, 9), dtype=np.uint16)
    labels[4, 8] = DOG + 1
    small = with_labels(replace(result, request=replace(result.request, image=image)), labels)
    images = _exported(tmp_path, {"small.png": small, **RESULTS})
    assert all(report.ok for _, _, report in write_folder_files(images, tmp_path, FORMATS))


@pytest.mark.parametrize("name", FOLDER_FORMATS)
def test_that_a_file_of_the_users_in_the_place_of_the_whole_folders_stays(tmp_path: Path, name: str) -> None:
    images = _exported(tmp_path)
    path = tmp_path / FOLDER_FORMATS[name].path_pattern
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"mine")
    with pytest.raises(UserError, match="is there already and is not known as a file of this program"):
        write_folder_files(images, tmp_path, (name,))
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("name", FOLDER_FORMATS)
def test_that_what_does_not_read_back_leaves_what_was_there(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = _exported(tmp_path)
    ((_, path, _),) = write_folder_files(images, tmp_path, (name,))
    before, files = path.read_bytes(), set(path.parent.iterdir())
    bad = Report(ok=False, sentences=("It lists other images.",))
    monkeypatch.setitem(FOLDER_FORMATS, name, replace(FOLDER_FORMATS[name], verify=lambda *_: bad))
    with pytest.raises(UserError, match="did not read back"):
        write_folder_files(images, tmp_path, (name,))
    assert path.read_bytes() == before
    assert set(path.parent.iterdir()) == files


@pytest.mark.parametrize("mark", ["\x85", "\u2028", "\x0b", "\x1c"])
def test_that_a_separator_that_ends_no_line_stays_inside_a_name(tmp_path: Path, mark: str) -> None:
    result = small_result()
    names = [f"do{mark}g" if class_id == DOG else str(class_id) for class_id in range(20)]
    odd = replace(result, model=make_model_card(result.layers, names))
    images = _exported(tmp_path, {f"wait{mark}now.png": odd, "plain.png": odd})
    assert all(report.ok for _, _, report in write_folder_files(images, tmp_path, FORMATS))
    listed = (tmp_path / "ImageSets" / "Segmentation" / "default.txt").read_bytes().decode().split("\n")
    assert listed == [f"wait{mark}now", "plain", ""]
