"""The palette PNG, read back the way segmentation trainers do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.formats import voc_png
from dcsm_viewer.render.palette import class_colour
from tests.unit.export.subjects import BICYCLE, CORNERS, DOG, one_pixel_result, small_result, thousand_class_result


@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_one_pixel_in_a_corner_stays_there_in_its_colour(tmp_path: Path, row: int, col: int) -> None:
    voc_png.write(one_pixel_result(row, col), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.mode == "P"
        index, rgb = np.array(picture), np.array(picture.convert("RGB"))
    assert index.shape == (24, 37)
    assert index[row, col] == DOG + 1
    assert np.count_nonzero(index) == 1
    assert rgb[row, col].tolist() == list(class_colour(DOG))


def test_that_index_255_is_the_published_ignore_colour(tmp_path: Path) -> None:
    voc_png.write(small_result(), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        palette = picture.getpalette()
    assert palette is not None
    assert palette[255 * 3 :] == [224, 224, 192]


def test_that_a_thousand_classes_are_numbered_in_the_order_of_the_detected_ones(tmp_path: Path) -> None:
    result = thousand_class_result()
    voc_png.write(result, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert np.array(picture)[0, :3].tolist() == [1, 2, 0]
    assert voc_png.verify(tmp_path / "a.png", result).ok


def test_that_more_classes_than_a_byte_holds_are_refused(tmp_path: Path) -> None:
    result = replace(thousand_class_result(), detected_ids=tuple(range(255)))
    with pytest.raises(UserError, match="has 255 classes, and a label image holds at most 254; raise the threshold"):
        voc_png.write(result, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_that_what_was_written_reads_back(tmp_path: Path) -> None:
    result = small_result()
    voc_png.write(result, tmp_path / "a.png")
    report = voc_png.verify(tmp_path / "a.png", result)
    assert report.ok
    assert "Every pixel has its label." in report.sentences


def test_that_a_single_wrong_pixel_is_found(tmp_path: Path) -> None:
    voc_png.write(one_pixel_result(0, 0), tmp_path / "a.png")
    report = voc_png.verify(tmp_path / "a.png", one_pixel_result(0, 0, BICYCLE))
    assert (report.ok, report.sentences[0]) == (False, "1 pixels have another label.")


def test_that_a_shifted_mask_is_found(tmp_path: Path) -> None:
    voc_png.write(one_pixel_result(0, 1), tmp_path / "a.png")
    assert voc_png.verify(tmp_path / "a.png", one_pixel_result(0, 0)).sentences[0] == "2 pixels have another label."


def test_that_other_colours_another_mode_and_another_size_are_found(tmp_path: Path) -> None:
    result = one_pixel_result(0, 0)
    voc_png.write(result, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        picture.load()
    picture.putpalette([0, 0, 0, 1, 1, 1])
    picture.save(tmp_path / "colours.png")
    picture.convert("L").save(tmp_path / "mode.png")
    picture.crop((0, 0, 5, 5)).save(tmp_path / "size.png")
    assert "Its colours are not VOC's." in voc_png.verify(tmp_path / "colours.png", result).sentences
    assert "It is a PNG of mode L, not a palette PNG." in voc_png.verify(tmp_path / "mode.png", result).sentences
    assert "It has shape (5, 5); the image has (24, 37)." in voc_png.verify(tmp_path / "size.png", result).sentences


def test_that_a_class_nobody_detected_is_found(tmp_path: Path) -> None:
    result = one_pixel_result(0, 0, 19)
    voc_png.write(result, tmp_path / "a.png")
    assert voc_png.verify(tmp_path / "a.png", result).sentences[0] == "Labels [20] are no detected class."


def test_that_a_file_that_is_no_png_is_reported_and_not_raised(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n")
    report = voc_png.verify(tmp_path / "a.png", small_result())
    assert not report.ok
    assert "cannot be read back" in report.sentences[0]


@pytest.mark.parametrize("completeness", ["partial", "preview"])
def test_that_what_is_not_final_is_refused(tmp_path: Path, completeness: str) -> None:
    result = replace(small_result(), completeness=completeness)  # type: ignore[arg-type]  # parametrize gives str
    with pytest.raises(UserError, match="is still being computed; export it when the last stage is done"):
        voc_png.write(result, tmp_path / "a.png")


def test_that_a_result_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no labels to export"):
        voc_png.write(replace(small_result(), segmentation=None), tmp_path / "a.png")
