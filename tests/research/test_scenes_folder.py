from __future__ import annotations

import hashlib
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.io.datasets.labelled_image import VOC_CLASSES
from dcsm_viewer.render.palette import voc_palette
from research import scenes
from research.pictures.cutout import NO_CLASS
from research.pictures.scene import Scene, VisibleObject
from research.pictures.voc_folder import void_ring, write_scene
from tests.research.scene_subjects import drawn_cutout


@pytest.fixture
def material(tmp_path: Path) -> Path:
    objects = tmp_path / "objects" / "training"
    for name in ("bird", "cat", "dog", NO_CLASS):
        for origin in ("a", "b", "c"):
            drawn_cutout(objects, name, origin, colour=(30, 60, 200))
    backgrounds = tmp_path / "backgrounds" / "training"
    backgrounds.mkdir(parents=True)
    Image.new("RGB", (200, 150), (120, 110, 100)).save(backgrounds / "photograph--drawn--a.png")
    return tmp_path


def made(material: Path, out: Path, *more: str) -> int:
    fixed = ["--side", "training", "--count", "6", "--size", "160x120", "--no-fetch", "--workers", "1"]
    return scenes.main([*fixed, "--material", str(material), "--out", str(out), *more])


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_that_the_same_seed_gives_the_same_bytes_and_another_does_not(
    material: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made(material, tmp_path / "one") == 0
    assert "6 of 6 scenes" in capsys.readouterr().err
    assert made(material, tmp_path / "two") == 0
    assert made(material, tmp_path / "three", "--seed", "1") == 0
    assert made(material, tmp_path / "val", "--part", "val") == 0
    first = digests(tmp_path / "one")
    assert first == digests(tmp_path / "two")
    third = digests(tmp_path / "three")
    pictures = [name for name in first if name.startswith("JPEGImages")]
    assert len(pictures) == 6
    assert all(first[name] != third[name] for name in pictures)
    assert not set(first.values()) & {
        digest for name, digest in digests(tmp_path / "val").items() if name.startswith("JPEGImages")
    }


def test_that_lists_annotations_and_masks_say_the_same(material: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert made(material, out) == 0
    stems = (out / "ImageSets" / "Segmentation" / "train.txt").read_text().split()
    assert stems == (out / "ImageSets" / "Main" / "train.txt").read_text().split()
    assert len(stems) == 6
    assert {path.stem for path in (out / "JPEGImages").iterdir()} == set(stems)
    listed: dict[str, set[str]] = {stem: set() for stem in stems}
    for name in VOC_CLASSES:
        for line in (out / "ImageSets" / "Main" / f"{name}_train.txt").read_text().splitlines():
            stem, sign = line.split()
            assert sign in {"1", "-1"}
            if sign == "1":
                listed[stem].add(name)
    for stem in stems:
        root = ET.parse(out / "Annotations" / f"{stem}.xml").getroot()
        named = {entry.findtext("name") for entry in root.iter("object")}
        with Image.open(out / "SegmentationClass" / f"{stem}.png") as mask:
            assert mask.mode == "P"
            np.testing.assert_array_equal(np.array(mask.getpalette()).reshape(-1, 3), voc_palette())
            ids = set(np.unique(np.asarray(mask)).tolist()) - {0, 255}
            size = mask.size
        assert {VOC_CLASSES[one - 1] for one in ids} == named == listed[stem]
        with Image.open(out / "JPEGImages" / f"{stem}.jpg") as picture:
            assert picture.size == size == (160, 120)


def test_that_a_sheet_shows_each_scene_above_its_mask(material: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    assert made(material, tmp_path / "out", "--sheet", str(sheet)) == 0
    stems = (tmp_path / "out" / "ImageSets" / "Main" / "train.txt").read_text().split()
    with Image.open(sheet) as opened:
        shown = np.asarray(opened)
    assert shown.shape == (2 * 150 + 4, 6 * 204 - 4, 3)
    with Image.open(tmp_path / "out" / "SegmentationClass" / f"{stems[0]}.png") as mask:
        expected = np.asarray(mask.convert("RGB").resize((200, 150), Image.Resampling.NEAREST))
    np.testing.assert_array_equal(shown[152:302, :200], expected)


def test_that_the_ring_is_one_pixel_on_either_side_of_an_edge() -> None:
    numbers = np.zeros((10, 10), np.uint8)
    numbers[:, 5:] = 1
    ring = void_ring(numbers)
    assert ring[:, 4:6].all()
    assert ring.sum() == 20


def test_that_what_is_written_is_the_scene(tmp_path: Path) -> None:
    numbers = np.zeros((40, 50), np.uint8)
    numbers[10:30, 10:30] = 1
    numbers[10:30, 30:40] = 2
    rgb = np.full((40, 50, 3), 127, np.uint8)
    objects = (VisibleObject("tvmonitor", 1, (11, 11, 30, 30), cut=False, origin="x/1"),
               VisibleObject("aeroplane", 2, (31, 11, 40, 30), cut=True, origin="x/2"))  # fmt: skip
    written = write_scene(Scene(rgb, numbers, objects), "one", 92, tmp_path)
    assert written.classes == {"tvmonitor", "aeroplane"}
    with Image.open(tmp_path / "SegmentationClass" / "one.png") as mask:
        classes = np.asarray(mask)
    with Image.open(tmp_path / "SegmentationObject" / "one.png") as mask:
        own = np.asarray(mask)
    assert (classes[20, 20], classes[20, 35], classes[5, 5], classes[20, 30]) == (20, 1, 0, 255)
    assert (own[20, 20], own[20, 35], own[5, 5], own[20, 30]) == (1, 2, 0, 255)
    root = ET.parse(tmp_path / "Annotations" / "one.xml").getroot()
    boxes = {
        entry.findtext("name"): [int(edge.text or 0) for edge in entry.find("bndbox") or ()]
        for entry in root.iter("object")
    }
    assert boxes == {"tvmonitor": [11, 11, 30, 30], "aeroplane": [31, 11, 40, 30]}
    assert [entry.findtext("truncated") for entry in root.iter("object")] == ["0", "1"]


def test_that_missing_material_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert made(tmp_path / "nothing", tmp_path / "out") == 1
    assert "make scenes" in capsys.readouterr().err


@pytest.mark.parametrize("argument", [["--size", "big"], ["--size", "10x10"], ["--count", "-3"], ["--side", "both"]])
def test_that_a_wrong_argument_is_refused(argument: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        scenes.main(argument)
    assert argument[0] in capsys.readouterr().err
