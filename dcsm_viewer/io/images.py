"""Image files become source images here, and nowhere else: RGB, 8 bits, upright."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
from natsort import natsorted, ns
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from dcsm_viewer.core.types import SourceImage, UserError
from dcsm_viewer.io.bit_depth import bits_in_file
from dcsm_viewer.io.image_decoder import DAMAGE, SUFFIXES, decode
from dcsm_viewer.io.urls import files_in, is_url

_ON_WHITE = "Its transparent parts are shown on white."


def read_image(path: str | os.PathLike[str]) -> SourceImage:
    """The image at `path` (or URL), upright, as 8-bit RGB; what had to be done for that stands in its notes.

    More than 8 bits are scaled down, transparency is laid on white, EXIF's orientation is applied, and of several
    frames the first is taken. Colour profiles are not applied: the numbers in the file are taken as sRGB.
    Raises UserError for everything that is not a readable image of at most MAX_PIXELS.
    """
    path = os.fspath(path) if is_url(path) else str(Path(path))
    notes: list[str] = []

    def upright_rgb(opened: Image.Image, stored: bytes) -> NDArray[np.uint8]:
        if opened.mode == "LAB":
            raise UserError(f"{path} holds Lab colours; save it as RGB.")
        _note_frames(opened, notes)
        bits = bits_in_file(opened, stored)
        if opened.format == "PNG":
            # Its EXIF may stand behind the pixels; asked for first, damaged pixels would pass for bad EXIF.
            opened.load()
        turned = _orientation(opened, notes)  # before load() elsewhere: a TIFF turns itself there and forgets it
        opened.load()
        upright = ImageOps.exif_transpose(opened) if turned else opened
        rgb = _rgb(upright, bits, notes)
        if turned:
            notes.append("Turned upright as its EXIF orientation says.")
        return rgb

    rgb = decode(path, upright_rgb)
    return SourceImage.of(rgb, name=Path(path).name, path=path, notes=tuple(notes))


def each_once(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths without those that name an earlier one's file once more: relative, absolute or by a symbolic link."""
    named: dict[str, str] = {}
    # A folder once for all its files: asking the system for each part of 10,000 paths takes seconds.
    real_folder = cache(_real_folder)
    for path in paths:
        named.setdefault(path if is_url(path) else _real(path, real_folder), path)
    return tuple(named.values())


def _real(path: str, real_folder: Callable[[str], str]) -> str:
    folder, name = os.path.split(path)
    full = os.path.join(real_folder(os.path.abspath(folder)), name)  # noqa: PTH100, PTH118 - quick for 10,000
    try:
        return os.path.normcase(os.path.realpath(full) if os.path.islink(full) else full)  # noqa: PTH114 - as above
    except (OSError, ValueError):  # a name the system does not take; reading it says so
        return full


def _real_folder(folder: str) -> str:
    try:
        return os.path.realpath(folder)
    except (OSError, ValueError):
        return folder


def list_images(folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Paths of the image files in `folder` (or URLs), by extension, "img2" before "img10"; none is opened or hidden.

    Raises UserError if the folder is not there, is a file or may not be read.
    """
    if is_url(folder):
        return tuple(natsorted(files_in(os.fspath(folder), SUFFIXES, below=False), alg=ns.IGNORECASE))
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if not entry.name.startswith(".")
                and os.path.splitext(entry.name)[1].lower() in SUFFIXES  # noqa: PTH122 - a Path for each of 10,000 files takes ten times as long
                and _is_file(entry)
            ]
    except FileNotFoundError:
        raise UserError(f"{folder} is not there; choose another folder.") from None
    except NotADirectoryError:
        raise UserError(f"{folder} is a file; choose the folder it lies in.") from None
    except PermissionError:
        raise UserError(f"{folder} may not be read; ask its owner or choose another folder.") from None
    return tuple(str(Path(folder) / name) for name in natsorted(names, alg=ns.IGNORECASE))


def list_images_recursive(folder: str | os.PathLike[str], leave_out: Path | None = None) -> Iterator[str]:
    """Paths of the image files in `folder` and all folders below it, a folder's own before those of its folders.

    Hidden folders, links to folders and the folder `leave_out` are not entered, nor those that may not be read: others
    go on. Raises UserError as `list_images` does, for `folder` itself.
    """
    if is_url(folder):
        yield from natsorted(files_in(os.fspath(folder), SUFFIXES, below=True), alg=ns.IGNORECASE)
        return
    yield from list_images(folder)
    try:
        with os.scandir(folder) as entries:
            names = [each.name for each in entries if not each.name.startswith(".") and _is_own_folder(each)]
    except OSError:  # gone since
        return
    for name in natsorted(names, alg=ns.IGNORECASE):
        below = Path(folder) / name
        if leave_out is not None and os.path.realpath(below) == os.path.realpath(leave_out):
            continue
        with suppress(UserError):  # it may be forbidden, or gone since
            yield from list_images_recursive(below, leave_out)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    # A link may lead back up, and then for ever.
    return entry.is_dir(follow_symlinks=False)


def _note_frames(opened: Image.Image, notes: list[str]) -> None:
    # A phone's MPO holds previews of the same photograph behind it, not further pictures.
    frames = 1 if opened.format == "MPO" else int(getattr(opened, "n_frames", 1))
    if frames > 1:
        notes.append(f"Only the first of {frames} frames is used.")


def _orientation(opened: Image.Image, notes: list[str]) -> bool:
    """Whether EXIF wants the image turned; EXIF that cannot be read counts as none."""
    try:
        return opened.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9)
    except DAMAGE:
        notes.append("Its EXIF data cannot be read, so it is shown as stored.")
        return False


def _rgb(opened: Image.Image, bits: int, notes: list[str]) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) in the order red, green, blue: the one place where a file's colours become ours."""
    if opened.mode.startswith("I;16") or opened.mode in {"I", "F"}:
        return _rgb_of_deep_grey(opened, notes)
    if opened.mode == "CMYK":
        notes.append("Converted from CMYK without its colour profile.")
    if bits > 8:
        notes.append(f"{bits} bits a channel were cut to 8.")
        see_through = opened.info.get("transparency")
        if isinstance(see_through, tuple):
            # Pillow compares 8 bits of the pixels with these 16.
            opened.info["transparency"] = tuple(value >> 8 for value in see_through)
    if opened.has_transparency_data:
        layered = opened.convert("RGBA")
        if layered.getchannel("A").getextrema() != (255, 255):
            notes.append(_ON_WHITE)
            white = Image.new("RGBA", layered.size, "white")
            layered = Image.alpha_composite(white, layered)
        return np.array(layered.convert("RGB"))
    return np.array(opened.convert("RGB"))


def _rgb_of_deep_grey(opened: Image.Image, notes: list[str]) -> NDArray[np.uint8]:
    values = np.asarray(opened)
    rgb = np.repeat(_eight_bits(values, notes)[..., None], 3, axis=2)
    see_through = opened.info.get("transparency")
    if isinstance(see_through, int) and (hidden := values == see_through).any():
        rgb[hidden] = 255
        notes.append(_ON_WHITE)
    return rgb


def _eight_bits(values: NDArray[np.generic], notes: list[str]) -> NDArray[np.uint8]:
    """(H, W) of integers or floats, to 0..255.

    Integers keep their zero and are divided by the largest number of 8, 12 or 16 bits that holds them, so that two
    images of one camera stay comparable. All others go from their smallest to their largest finite value.
    """
    with np.errstate(invalid="ignore"):  # signalling NaN
        exact = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(exact)
    low, high = (float(exact[finite].min()), float(exact[finite].max())) if finite.any() else (0.0, 0.0)
    kind = "Grey values"
    if values.dtype.kind in "iu" and low >= 0 and high <= 65535:
        low, high = 0.0, next(float(top) for top in (255, 4095, 65535) if high <= top)
        kind = f"{int(high).bit_length()}-bit grey values"
    notes.append(f"{kind} from {low:g} to {high:g} were scaled to 8 bits.")
    if high == low:
        return np.zeros(exact.shape, dtype=np.uint8)
    exact = np.nan_to_num(exact, nan=low, posinf=high, neginf=low)
    return np.rint((exact - low) * (255 / (high - low))).astype(np.uint8)
