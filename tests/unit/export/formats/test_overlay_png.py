"""The overlay that is exported to be looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.export.formats import overlay_png
from dcsm_viewer.render.palette import class_colour
from tests.unit.export.subjects import BICYCLE, CORNERS, DOG, one_pixel_result, small_result


@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_only_the_one_labelled_pixel_is_painted(tmp_path: Path, row: int, col: int) -> None:
    result = one_pixel_result(row, col)
    overlay_png.write(result, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        rgb = np.array(picture)
    source = result.request.image.rgb
    changed = (rgb != source).any(axis=2)
    assert changed.sum() == 1
    expected = 0.4 * source[row, col].astype(float) + 0.6 * np.array(class_colour(DOG))
    np.testing.assert_allclose(rgb[row, col], expected, atol=0.51)


def test_that_what_was_written_reads_back(tmp_path: Path) -> None:
    overlay_png.write(small_result(), tmp_path / "a.png")
    assert overlay_png.verify(tmp_path / "a.png", small_result()).ok


def test_that_another_class_and_another_place_are_found(tmp_path: Path) -> None:
    overlay_png.write(one_pixel_result(0, 0), tmp_path / "a.png")
    other_class = overlay_png.verify(tmp_path / "a.png", one_pixel_result(0, 0, BICYCLE))
    other_place = overlay_png.verify(tmp_path / "a.png", one_pixel_result(0, 1))
    assert other_class.sentences[0].startswith("Colours are off by up to")
    assert other_place.sentences[0] == "1 background pixels differ from the image."


def test_that_wrong_mode_wrong_size_and_no_image_are_found(tmp_path: Path) -> None:
    result = small_result()
    Image.fromarray(result.request.image.rgb).convert("L").save(tmp_path / "mode.png")
    Image.new("RGB", (3, 3)).save(tmp_path / "size.png")
    (tmp_path / "none.png").touch()
    found = [overlay_png.verify(tmp_path / f"{name}.png", result).sentences[0] for name in ("mode", "size", "none")]
    assert found[0] == "It is a PNG of mode L, not RGB."
    assert found[1] == "It has shape (3, 3, 3); the image has (24, 37, 3)."
    assert "cannot be read back" in found[2]
