"""Masks from elsewhere, in the forms people keep them in: what is a number stays one, what is damaged is a sentence."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io import image_decoder as decode
from dcsm_viewer.io.masks import read_mask
from dcsm_viewer.render.palette import voc_palette
from tests.unit.io.files import GREY, GREY_ALPHA, png

LABELS = np.array([[0, 1, 20], [255, 3, 0]], np.uint8)


def test_that_palette_grey_and_coloured_masks_say_the_same(tmp_path: Path) -> None:
    palette = Image.fromarray(LABELS)
    palette.putpalette(voc_palette().tobytes())
    palette.save(tmp_path / "palette.png")
    Image.fromarray(LABELS).save(tmp_path / "grey.png")
    Image.fromarray(voc_palette()[LABELS]).save(tmp_path / "colours.png")
    for name in ("palette", "grey", "colours"):
        np.testing.assert_array_equal(read_mask(tmp_path / f"{name}.png"), LABELS)


@pytest.mark.parametrize("kind", ["uint16.png", "uint16.tif", "int32.tif", "float32.tif", "alpha.png", "uint16.pgm"])
def test_that_grey_is_a_number_and_no_colour_of_the_palette(tmp_path: Path, kind: str) -> None:
    # 128 and 192 are greys of VOC's palette, 7 and 223, when they are taken for colours.
    numbers = np.array([[0, 128, 192], [255, 1, 7]], np.uint8)
    path = tmp_path / kind
    if kind == "alpha.png":
        Image.fromarray(numbers).convert("LA").save(path)
    else:
        Image.fromarray(numbers.astype(kind.partition(".")[0])).save(path)
    np.testing.assert_array_equal(read_mask(path), numbers)


@pytest.mark.parametrize(
    ("depth", "packed", "numbers"), [(2, [0b00011011], [0, 1, 2, 3]), (4, [0x0F, 0x71], [0, 15, 7, 1])]
)
def test_that_few_grey_levels_are_the_numbers_in_the_file(
    tmp_path: Path, depth: int, packed: list[int], numbers: list[int]
) -> None:
    (tmp_path / "a.png").write_bytes(png(4, 1, depth, GREY, bytes([0, *packed])))
    assert read_mask(tmp_path / "a.png").tolist() == [numbers]


@pytest.mark.parametrize("largest", [1, 20, 255, 300])
def test_that_a_pgm_of_any_largest_number_keeps_its_numbers(tmp_path: Path, largest: int) -> None:
    numbers = range(min(largest, 255) + 1)
    kind = "B" if largest < 256 else "H"
    pixels = struct.pack(f">{len(numbers)}{kind}", *numbers)
    (tmp_path / "a.pgm").write_bytes(f"P5\n{len(numbers)} 1\n{largest}\n".encode() + pixels)
    assert read_mask(tmp_path / "a.pgm").tolist() == [list(numbers)]


def test_that_numbers_no_label_can_be_are_refused(tmp_path: Path) -> None:
    for numbers, words in (
        (np.array([[0, 300]], np.uint16), "holds the number 300, and labels go from 0 to 255"),
        (np.array([[0, -1]], np.int32), "holds the number -1, and labels go from 0 to 255"),
        (np.array([[0.5, 1]], np.float32), "holds fractions"),
        (np.array([[np.nan, 1]], np.float32), "holds fractions"),
    ):
        Image.fromarray(numbers).save(tmp_path / "a.tif")
        with pytest.raises(UserError, match=words):
            read_mask(tmp_path / "a.tif")
    (tmp_path / "a.png").write_bytes(png(1, 1, 16, GREY_ALPHA, b"\0" + struct.pack(">HH", 7, 65535)))
    with pytest.raises(UserError, match="its 16 bits with alpha are cut; save it without alpha"):
        read_mask(tmp_path / "a.png")


def test_that_a_lossy_mask_is_refused(tmp_path: Path) -> None:
    Image.fromarray(LABELS).save(tmp_path / "a.png", format="JPEG")
    with pytest.raises(UserError, match="JPEG changes the numbers; save it as a palette PNG"):
        read_mask(tmp_path / "a.png")


def test_that_colours_that_are_not_vocs_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (2, 2), (1, 2, 3)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="colours that are not VOC's"):
        read_mask(tmp_path / "a.png")


def test_that_a_mask_of_another_size_than_the_image_is_refused_with_both_sizes(tmp_path: Path) -> None:
    Image.fromarray(LABELS).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="has 3 x 2 px and the image 4 x 5; choose the mask of this image"):
        read_mask(tmp_path / "a.png", (5, 4))


def test_that_a_file_that_is_no_picture_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"a\.png is not an image this program can read; save it as a palette PNG"):
        read_mask(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("Failed to decode image"), r"is damaged or cut off \(Failed to decode image\)"),
        (MemoryError(), "does not fit into memory"),
        (Image.DecompressionBombError("bomb"), "has more than 89 million pixels"),
        (IndexError("index out of range"), "is damaged or cut off"),
    ],
)
def test_that_whatever_a_decoder_trips_over_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def trip(_image: Image.Image) -> None:
        raise error

    Image.fromarray(LABELS).save(tmp_path / "a.bmp")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", trip)
    with pytest.raises(UserError, match=words):
        read_mask(tmp_path / "a.bmp")


def test_that_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    for side in (9_500, 40_000):  # where Pillow warns, and where it refuses
        (tmp_path / "a.png").write_bytes(png(side, side, 1, GREY, b""))
        with pytest.raises(UserError, match=f"has more than {decode.MAX_PIXELS // 1_000_000} million pixels"):
            read_mask(tmp_path / "a.png")
