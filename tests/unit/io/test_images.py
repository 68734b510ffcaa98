"""Every kind of file a user has, and every kind that is none."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io import image_decoder as decode
from dcsm_viewer.io import images as read
from dcsm_viewer.io.bit_depth import bits_in_file
from dcsm_viewer.io.images import each_once, list_images, read_image
from tests.unit.io.files import GREY, GREY_ALPHA, RGB, RGBA, chunk, png

RED = (250, 10, 20)


def _two_tone(mode: str = "RGB") -> Image.Image:
    """8 wide, 6 high: left half red, right half nearly white; no symmetry that would hide a turn."""
    image = Image.new("RGB", (8, 6), (240, 245, 250))
    image.paste(RED, (0, 0, 4, 6))
    image.putpixel((7, 0), (0, 0, 0))
    return image.convert(mode)


def _refusal(path: Path) -> str:
    with pytest.raises(UserError) as refused:
        read_image(path)
    sentence = str(refused.value)
    assert str(path) in sentence
    assert sentence.endswith(".")
    return sentence.removeprefix(str(path))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".ppm", ".tga"])
def test_that_a_red_square_is_red_and_not_blue(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"red{suffix}"
    Image.new("RGB", (5, 4), RED).save(path, lossless=True)  # only WebP heeds it
    rgb = read_image(path).rgb
    assert rgb.shape == (4, 5, 3)
    assert {tuple(pixel) for pixel in rgb.reshape(-1, 3).tolist()} == {RED}


def test_that_a_source_image_knows_name_path_and_size(tmp_path: Path) -> None:
    path = tmp_path / "two tone.png"
    _two_tone().save(path)
    image = read_image(str(path))
    assert (image.name, image.path, image.shape, image.notes) == ("two tone.png", str(path), (6, 8), ())


def test_that_the_same_pixels_have_the_same_digest_in_png_and_bmp(tmp_path: Path) -> None:
    for suffix in ("png", "bmp"):
        _two_tone().save(tmp_path / f"a.{suffix}")
    assert read_image(tmp_path / "a.png").digest == read_image(tmp_path / "a.bmp").digest


def test_that_a_jpeg_is_read_to_within_its_compression(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), RED).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(read_image(tmp_path / "a.jpg").rgb.astype(int) - RED).max() <= 3


@pytest.mark.parametrize("mode", ["P", "L", "1"])
def test_that_palette_grey_and_black_and_white_become_rgb_without_a_note(tmp_path: Path, mode: str) -> None:
    stored = _two_tone(mode)
    stored.save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(image.rgb, np.array(stored.convert("RGB")))
    assert image.notes == ()


def test_that_cmyk_is_converted_and_noted(tmp_path: Path) -> None:
    _two_tone("CMYK").save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    assert image.rgb[0, 0].tolist() == pytest.approx(RED, abs=2)
    assert image.notes == ("Converted from CMYK without its colour profile.",)


def test_that_transparency_is_shown_on_white_and_noted(tmp_path: Path) -> None:
    layered = _two_tone("RGBA")
    layered.putpixel((0, 0), (*RED, 0))
    layered.putpixel((1, 0), (0, 0, 0, 128))
    layered.save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.rgb[0, 0].tolist() == [255, 255, 255]
    assert image.rgb[0, 1].tolist() == [127, 127, 127]
    assert image.notes == ("Its transparent parts are shown on white.",)


def test_that_an_alpha_channel_that_hides_nothing_is_not_worth_a_note(tmp_path: Path) -> None:
    _two_tone("RGBA").save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").notes == ()


def test_that_a_transparent_palette_colour_is_white(tmp_path: Path) -> None:
    _two_tone("P").save(tmp_path / "a.png", transparency=_two_tone("P").getpixel((7, 0)))
    assert read_image(tmp_path / "a.png").rgb[0, 7].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("most", "bits"), [(65535, 16), (4095, 12), (255, 8)])
def test_that_deep_grey_is_scaled_by_its_bits_and_noted(tmp_path: Path, most: int, bits: int) -> None:
    stored = np.array([[0, most // 2, most]], dtype=np.uint16)
    Image.fromarray(stored).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.rgb[0, :, 1].tolist() == [0, 127, 255]
    assert image.notes == (f"{bits}-bit grey values from 0 to {most} were scaled to 8 bits.",)


def test_that_a_dim_16_bit_image_stays_dim(tmp_path: Path) -> None:
    Image.fromarray(np.array([[5000, 6000]], dtype=np.uint16)).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif").rgb[0, :, 0].tolist() == [19, 23]


def test_that_float_grey_goes_from_least_to_most_and_nan_is_black(tmp_path: Path) -> None:
    Image.fromarray(np.array([[-1, 0, 3, np.nan, np.inf]], dtype=np.float32)).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    assert image.rgb[0, :, 2].tolist() == [0, 64, 255, 0, 255]
    assert image.notes == ("Grey values from -1 to 3 were scaled to 8 bits.",)


@pytest.mark.parametrize("value", [7.5, np.nan])
def test_that_a_constant_float_image_is_black(tmp_path: Path, value: float) -> None:
    Image.fromarray(np.full((2, 3), value, dtype=np.float32)).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif").rgb.max() == 0


def test_that_negative_integers_go_from_least_to_most(tmp_path: Path) -> None:
    Image.fromarray(np.array([[-100, 100]], dtype=np.int32)).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif").rgb[0, :, 0].tolist() == [0, 255]


def test_that_16_bit_colour_is_cut_and_noted(tmp_path: Path) -> None:
    pixel = struct.pack(">HHH", 0xFA80, 0x0A80, 0x1480)
    (tmp_path / "a.png").write_bytes(png(1, 1, 16, 2, b"\0" + pixel))
    image = read_image(tmp_path / "a.png")
    assert np.abs(image.rgb[0, 0].astype(int) - (0xFA, 0x0A, 0x14)).max() <= 1
    assert image.notes == ("16 bits a channel were cut to 8.",)


@pytest.mark.parametrize(
    ("colour_type", "channels", "alpha"), [(RGBA, (0xFA80, 0x0A80, 0x1480), 0xFFFF), (GREY_ALPHA, (0xFA80,), 0xFFFF)]
)
def test_that_16_bit_colour_with_alpha_is_cut_and_noted(
    tmp_path: Path, colour_type: int, channels: tuple[int, ...], alpha: int
) -> None:
    rows = b"\0" + struct.pack(f">{len(channels) + 1}H", *channels, alpha)
    (tmp_path / "a.png").write_bytes(png(1, 1, 16, colour_type, rows))
    image = read_image(tmp_path / "a.png")
    assert image.rgb[0, 0].tolist() == [value >> 8 for value in (*channels, *channels, *channels)[:3]]
    assert image.notes == ("16 bits a channel were cut to 8.",)


def test_that_a_transparent_colour_of_16_bits_is_white(tmp_path: Path) -> None:
    hidden, shown = struct.pack(">HHH", 0xFA80, 0x0A80, 0x1480), struct.pack(">HHH", 0x1000, 0x2000, 0x3000)
    (tmp_path / "a.png").write_bytes(png(2, 1, 16, RGB, b"\0" + hidden + shown, chunk(b"tRNS", hidden)))
    image = read_image(tmp_path / "a.png")
    assert image.rgb[0].tolist() == [[255, 255, 255], [0x10, 0x20, 0x30]]
    assert image.notes == ("16 bits a channel were cut to 8.", "Its transparent parts are shown on white.")


def test_that_a_transparent_grey_of_16_bits_is_white(tmp_path: Path) -> None:
    rows = b"\0" + struct.pack(">HH", 500, 65535)
    (tmp_path / "a.png").write_bytes(png(2, 1, 16, GREY, rows, chunk(b"tRNS", struct.pack(">H", 500))))
    image = read_image(tmp_path / "a.png")
    assert image.rgb[0, :, 0].tolist() == [255, 255]
    assert image.notes[-1] == "Its transparent parts are shown on white."


def test_that_deep_colour_of_a_ppm_is_noted(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(b"P6\n2 1\n65535\n" + bytes(12))
    assert read_image(tmp_path / "a.ppm").notes == ("16 bits a channel were cut to 8.",)


@pytest.mark.parametrize(
    ("name", "mark", "offset", "declared", "bits"),
    [("a.jp2", b"\xff\x4f\xff\x51", 42, 15, 16), ("a.avif", b"av1C", 6, 0x40, 10), ("a.avif", b"av1C", 6, 0x60, 12)],
)
def test_that_the_depth_is_what_the_header_says(
    tmp_path: Path, name: str, mark: bytes, offset: int, declared: int, bits: int
) -> None:
    # Pillow writes no deep files of these kinds, so the header alone is changed.
    _two_tone().save(tmp_path / name)
    stored = (tmp_path / name).read_bytes()
    at = stored.index(mark) + offset
    with Image.open(tmp_path / name) as opened:
        assert bits_in_file(opened, stored) == 8
        assert bits_in_file(opened, stored[:at] + bytes([declared]) + stored[at + 1 :]) == bits


_LONG = zlib.compress(bytes(3 << 20))  # more than the 1 MiB at which Pillow refuses the picture


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", b"Comment\0\0" + _LONG),
        chunk(b"iTXt", b"Comment\0\1\0en\0\0" + _LONG),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + _LONG),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + _LONG),
        chunk(b"iCCP", b"profile\0\0" + _LONG),
        chunk(b"iCCP", b"profile\0\7" + _LONG),
        chunk(b"gAMA", b"\0"),
        b"".join(chunk(b"tEXt", b"Comment\0" + bytes(1 << 20)) for _ in range(65)),
    ],
    ids=["text", "international text", "xmp", "exif as text", "profile", "strange profile", "gamma", "64 MiB of text"],
)
def test_that_metadata_refuses_no_picture(tmp_path: Path, extra: bytes) -> None:
    (tmp_path / "a.png").write_bytes(png(1, 1, 8, RGB, b"\0" + bytes(RED), extra))
    image = read_image(tmp_path / "a.png")
    assert (image.rgb.tolist(), image.notes) == ([[list(RED)]], ())


def test_that_an_orientation_kept_as_text_still_counts(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="3" xmlns:tiff="t"/></x:xmpmeta>'
    text = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp) + chunk(b"zTXt", b"Comment\0\0" + _LONG)
    (tmp_path / "a.png").write_bytes(png(2, 1, 8, RGB, b"\0" + bytes(RED) + bytes(3), text))
    image = read_image(tmp_path / "a.png")
    assert image.rgb[0].tolist() == [[0, 0, 0], list(RED)]
    assert image.notes == ("Turned upright as its EXIF orientation says.",)


def test_that_decoders_write_nothing_to_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        path = tmp_path / f"{compression}.tif"
        Image.fromarray(noise).save(path, compression=compression)
        stored = bytearray(path.read_bytes())
        stored[200:2000] = bytes(1800)
        path.write_bytes(bytes(stored))
        with contextlib.suppress(UserError):
            read_image(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("orientation", range(2, 9))
def test_that_exif_turns_the_image_and_says_so(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = np.array(_two_tone())
    # What a camera held that way stores, EXIF 2.3 4.6.4 A: 6 is upright after a quarter turn clockwise.
    stored = {
        2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1], 5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1), 7: np.rot90(upright, 2).transpose(1, 0, 2), 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "a.png", exif=exif)
    image = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(image.rgb, upright)
    assert image.notes == ("Turned upright as its EXIF orientation says.",)


def test_that_a_turned_tiff_is_turned_once(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    _two_tone().rotate(180).save(tmp_path / "a.tif", exif=exif)
    image = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.rgb, np.array(_two_tone()))
    assert image.notes == ("Turned upright as its EXIF orientation says.",)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_that_of_several_frames_the_first_is_used_and_said_so(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    later = [Image.new("RGB", (5, 4), (0, 0, shade)) for shade in (100, 200)]
    Image.new("RGB", (5, 4), RED).save(path, save_all=True, append_images=later, lossless=True)
    image = read_image(path)
    assert image.rgb[0, 0].tolist() == list(RED)
    assert image.notes == ("Only the first of 3 frames is used.",)


def test_that_one_pixel_is_an_image(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), RED).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").rgb.tolist() == [[list(RED)]]


def test_that_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "gone.jpg") == " is not there; it may have been moved or renamed."


def test_that_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder; open it as a folder" in _refusal(tmp_path)


def test_that_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert _refusal(tmp_path / "a.jpg") == " is empty (0 bytes); copy or save it once more."


@pytest.mark.parametrize("content", [b"To whom it may concern", b"\xff\xd8", b"<svg/>", bytes(4096)])
def test_that_what_is_no_image_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert _refusal(tmp_path / "a.jpg") == " is not an image this program can read; save it as PNG or JPEG."


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".bmp", ".tif", ".webp", ".ppm"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_that_a_file_cut_off_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert any(words in _refusal(path) for words in ("damaged or cut off", "not an image"))


@pytest.mark.parametrize("error", [RuntimeError("Failed to decode"), ZeroDivisionError(), IndexError("out of range")])
def test_that_whatever_a_decoder_trips_over_is_a_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def trip(_image: Image.Image) -> None:
        raise error

    _two_tone().save(tmp_path / "a.bmp")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", trip)
    assert _refusal(tmp_path / "a.bmp").startswith(" is damaged or cut off (")


def test_that_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    for side in (9_500, 40_000):  # where Pillow warns, and where it refuses
        (tmp_path / "a.png").write_bytes(png(side, side, 1, 0, b""))
        assert _refusal(tmp_path / "a.png") == " has more than 89 million pixels; open a smaller copy of it."


def test_that_the_guard_holds_without_pillows_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_PIXELS", 40)
    _two_tone().save(tmp_path / "a.png")
    assert "has more than 0 million pixels" in _refusal(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), " may not be read; change its permissions or copy it elsewhere."),
        (
            OSError(5, "Input/output error"),
            " cannot be read (Input/output error); copy it to another disk and try again.",
        ),
    ],
)
def test_that_a_file_the_system_refuses_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    _two_tone().save(tmp_path / "a.png")

    def refuse(_path: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert _refusal(tmp_path / "a.png") == words


def test_that_a_folder_that_windows_calls_forbidden_is_still_called_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "is a folder" in _refusal(tmp_path)


def test_that_too_little_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    _two_tone().save(tmp_path / "a.png")
    monkeypatch.setattr(read, "_rgb", refuse)
    assert _refusal(tmp_path / "a.png") == " does not fit into memory; open a smaller copy of it."


def test_that_lab_is_refused_by_name(tmp_path: Path) -> None:
    Image.new("LAB", (4, 4)).save(tmp_path / "a.tif")
    assert _refusal(tmp_path / "a.tif") == " holds Lab colours; save it as RGB."


def test_that_broken_exif_is_noted_and_the_image_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_image: Image.Image) -> Image.Exif:
        raise SyntaxError("not a TIFF file")

    _two_tone().save(tmp_path / "a.png")
    monkeypatch.setattr(Image.Image, "getexif", broken)
    assert read_image(tmp_path / "a.png").notes == ("Its EXIF data cannot be read, so it is shown as stored.",)


def test_that_reading_leaves_the_file_free_to_be_moved(tmp_path: Path) -> None:
    _two_tone().save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    (tmp_path / "a.png").unlink()
    assert image.rgb[0, 0].tolist() == list(RED)


def test_that_images_are_listed_as_people_count(tmp_path: Path) -> None:
    for name in ("img10.png", "IMG2.PNG", "img1.jpeg", "notes.txt", ".hidden.jpg", "img3"):
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    assert [Path(path).name for path in list_images(tmp_path)] == ["img1.jpeg", "IMG2.PNG", "img10.png"]
    assert all(Path(path).parent == tmp_path for path in list_images(str(tmp_path)))


def test_that_listing_opens_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").touch()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(Image, "open", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    assert len(list_images(tmp_path)) == 1


def test_that_a_folder_without_images_has_none(tmp_path: Path) -> None:
    assert list_images(tmp_path) == ()


def test_that_a_missing_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there; choose another folder"):
        list_images(tmp_path / "gone")
    (tmp_path / "a.jpg").touch()
    with pytest.raises(UserError, match="is a file; choose the folder it lies in"):
        list_images(tmp_path / "a.jpg")


def test_that_a_forbidden_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(UserError, match="may not be read; ask its owner"):
        list_images(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_that_one_file_named_in_several_ways_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    for name in ("in/a.png", "in/b.png"):
        _two_tone().save(tmp_path / name)
    (tmp_path / "link.png").symlink_to("in/a.png")
    (tmp_path / "also").symlink_to("in")
    (tmp_path / "hard.png").hardlink_to(tmp_path / "in" / "b.png")
    monkeypatch.chdir(tmp_path)
    ways = ["in/a.png", "./in/../in/a.png", str(tmp_path / "in" / "a.png"), "link.png", "also/a.png"]
    assert each_once([*ways, "in/b.png", "hard.png", "gone.png"]) == ("in/a.png", "in/b.png", "hard.png", "gone.png")
