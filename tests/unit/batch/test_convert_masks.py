"""Masks of other programs come in and go out: equal pixels where formats are exact, little lost where not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_mask  # type: ignore[import-untyped] # it has no types
from scipy.ndimage import gaussian_filter

from dcsm_viewer.batch.convert_masks import Converted, conversion_of, convert_masks
from dcsm_viewer.cli import main
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import FORMATS
from dcsm_viewer.io.foreign_masks.coco_polygon import coco_filled
from dcsm_viewer.io.masks import read_mask

# pycocotools 2.0.11 with numpy 2.4 says so of its own arrays.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)
HEIGHT, WIDTH = 120, 160
# Where each format's masks lie after an export of several images.
PLACES = {
    "voc-layout": "SegmentationClass",
    "coco": "coco/annotations.json",
    "labelme": "labelme",
    "labelme-polygons": "labelme-polygons",
    "yolo-seg": "yolo",
}
POLYGONS = {"labelme-polygons", "yolo-seg"}


def _labels(seed: int) -> NDArray[np.uint8]:
    noise = gaussian_filter(np.random.default_rng(seed).random((HEIGHT, WIDTH)), 12)
    return np.digitize(noise, np.quantile(noise, [0.4, 0.7])).astype(np.uint8)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for index, name in enumerate(("a", "b")):
        pixels = np.random.default_rng(index).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def pngs(tmp_path: Path) -> Path:
    folder = tmp_path / "pngs"
    folder.mkdir()
    for index, name in enumerate(("a", "b")):
        Image.fromarray(_labels(index)).save(folder / f"{name}.png")
    return folder


def _run(masks: Path, images: Path, out: Path, *formats: str, class_map: Path | None = None) -> list[Converted]:
    return list(convert_masks(conversion_of(masks, images, out, formats, class_map)))


def _problems(outcomes: list[Converted]) -> list[str]:
    return [sentence for outcome in outcomes for sentence in outcome.problems]


@pytest.mark.parametrize("name", PLACES)
def test_that_masks_come_back_from_every_format_that_is_read_and_written(
    tmp_path: Path, images: Path, pngs: Path, name: str
) -> None:
    assert not _problems(_run(pngs, images, tmp_path / "one", name))
    assert not _problems(_run(tmp_path / "one" / PLACES[name], images, tmp_path / "two", "voc"))
    for index, stem in enumerate(("a", "b")):
        before, after = _labels(index), read_mask(tmp_path / "two" / f"{stem}.png")
        for label in (1, 2):
            allowed = 0.005 * (before == label).sum() if name in POLYGONS else 0
            assert ((before == label) != (after == label)).sum() <= allowed


def test_that_polygons_are_filled_as_pycocotools_does() -> None:
    random = np.random.default_rng(3)
    for _ in range(60):
        points = random.uniform(-3, 30, (int(random.integers(3, 9)), 2)).clip(0, 25)
        expected = coco_mask.decode(coco_mask.frPyObjects([points.ravel().tolist()], 24, 26))[..., 0]
        np.testing.assert_array_equal(coco_filled([tuple(each) for each in points.tolist()], 24, 26), expected > 0)


def test_that_classes_are_mapped_and_an_empty_name_leaves_one_out(tmp_path: Path, images: Path, pngs: Path) -> None:
    table = tmp_path / "map.csv"
    table.write_text("1,dog\n2,\n")
    _run(pngs, images, tmp_path / "out", "voc", class_map=table)
    recipe = json.loads((tmp_path / "out" / "a.json").read_bytes())
    assert recipe["index_meanings"] == {"1": "dog"}
    assert recipe["notes"][0] == "The labels were read from pngs (PNG); nothing was computed."
    np.testing.assert_array_equal(read_mask(tmp_path / "out" / "a.png"), _labels(0) == 1)
    table.write_text("3,dog\n")
    with pytest.raises(UserError, match="maps '3'"):
        conversion_of(pngs, images, tmp_path / "out", ("voc",), table)


@pytest.mark.parametrize("name", [name for name, each in FORMATS.items() if not each.from_labels])
def test_that_formats_of_class_maps_are_refused(tmp_path: Path, images: Path, pngs: Path, name: str) -> None:
    with pytest.raises(UserError, match="needs class maps, which masks do not have"):
        conversion_of(pngs, images, tmp_path / "out", (name,))


def test_that_each_thing_wrong_in_a_coco_file_is_one_sentence_and_the_rest_goes_on(
    tmp_path: Path, images: Path
) -> None:
    def annotation(number: int, image: int, category: int, code: object) -> dict[str, object]:
        return {"id": number, "image_id": image, "category_id": category, "segmentation": code}

    square = [[10, 10, 20, 10, 20, 20, 10, 20]]
    size = {"height": HEIGHT, "width": WIDTH}
    content = {
        "images": [
            {"id": 1, "file_name": "a.png", **size},
            {"id": 2, "file_name": "gone.png", **size},
            {"id": 3, "file_name": "b.png", "height": 999, "width": 999},
        ],
        "categories": [{"id": 7, "name": "dog"}],
        "annotations": [
            annotation(1, 1, 7, square),
            annotation(2, 1, 7, [[1, 1, 2, 2]]),
            annotation(3, 1, 7, {"size": [5, 5], "counts": [0, 25]}),
            annotation(4, 1, 8, square),
            annotation(5, 9, 7, square),
        ],
    }
    path = tmp_path / "masks.json"
    path.write_text(json.dumps(content))
    order = conversion_of(path, images, tmp_path / "out", ("voc",))
    assert order.source.problems == (
        "Annotation 4 of masks.json has category 8, which has no name.",
        "Annotation 5 of masks.json is of image 9, which is not listed.",
    )
    outcomes = list(convert_masks(order))
    sentences = _problems(outcomes)
    for part in (
        "polygon of 2 points",
        "run lengths of 5 x 5 px",
        "no image for the masks of gone.png",
        "999 x 999 px",
    ):
        assert sum(part in sentence for sentence in sentences) == 1, part
    assert int((read_mask(tmp_path / "out" / "a.png") == 1).sum()) == 100


def test_that_a_yolo_line_of_an_odd_count_and_two_images_of_one_stem_are_said(tmp_path: Path, images: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "a.txt").write_text("0 0.1 0.1 0.5 0.1 0.5 0.5\n0 0.1 0.1 0.5\n")
    (folder / "b.txt").write_text("0 0.1 0.1 0.5 0.1 0.5 0.5\n")
    (images / "b.jpg").write_bytes((images / "b.png").read_bytes())
    order = conversion_of(folder, images, tmp_path / "out", ("voc",))
    assert order.source.problems == ("Line 2 of a.txt is left out: it has 3 coordinates, an odd count.",)
    (sentence,) = _problems(list(convert_masks(order)))
    assert sentence.startswith("b fits 2 images")


def test_that_cvats_masks_and_labelmes_circles_are_drawn(tmp_path: Path, images: Path) -> None:
    xml = tmp_path / "cvat.xml"
    xml.write_text(
        f'<annotations><image name="a.png" width="{WIDTH}" height="{HEIGHT}">'
        '<mask label="dog" rle="1,4,1" left="2" top="3" width="3" height="2"/>'
        '<polygon label="cat" points="10,10;20,10;20,20;10,20"/></image></annotations>'
    )
    _run(xml, images, tmp_path / "out", "voc")
    labels = read_mask(tmp_path / "out" / "a.png")
    assert int((labels == 1).sum()) == 4
    assert int((labels == 2).sum()) == 100
    shape = {"label": "dog", "shape_type": "circle", "points": [[50, 50], [50, 60]]}
    content = {"shapes": [shape], "imagePath": "x/b.png", "imageHeight": HEIGHT, "imageWidth": WIDTH}
    (tmp_path / "b.json").write_text(json.dumps(content))
    _run(tmp_path / "b.json", images, tmp_path / "out", "voc")
    assert abs(int(read_mask(tmp_path / "out" / "b.png").sum()) - np.pi * 10.5**2) < 20


def test_that_the_command_tells_a_line_an_image_and_never_replaces_a_file_of_the_user_s(
    tmp_path: Path, images: Path, pngs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.png").write_bytes(b"mine")
    with pytest.raises(SystemExit) as ended:
        main(["convert", str(pngs), "--images", str(images), "--format", "voc", "--out", str(out)])
    assert ended.value.code == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [bool(line["files"]) for line in lines] == [False, True]
    assert "was not written by this program" in lines[0]["problems"][0]
    assert (out / "a.png").read_bytes() == b"mine"
    with pytest.raises(SystemExit) as ended:
        main(["convert", str(tmp_path / "none"), "--images", str(images), "--format", "voc", "--out", str(out)])
    assert ended.value.code == 2
