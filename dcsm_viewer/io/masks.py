"""A mask file becomes labels here: which class the ground truth says every pixel is of."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import UserError, read_only
from dcsm_viewer.io.bit_depth import tiles_of
from dcsm_viewer.io.image_decoder import decode
from dcsm_viewer.render.palette import voc_palette

# Pillow spreads few grey levels over 0 to 255; as numbers they are what the file says.
_LARGEST_OF_RAW_MODE = {"L;2": 3, "L;4": 15}
_REFUSED = {"CMYK", "YCbCr", "LAB", "HSV"}


def read_mask(path: str | os.PathLike[str], shape: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Labels (H, W): class id + 1, 0 background, 255 'ignore', of a palette or grey PNG or one in VOC's colours.

    Grey is a number whatever its bits, with alpha or without (which does not count); black and white are the labels 0
    and 1. Raises UserError for anything else, for numbers above 255, for JPEG, which changes numbers, and for a mask
    of another size than the image's `shape` (H, W), if that is given.
    """
    labels = decode(path, lambda opened, _stored: _labels(opened, os.fspath(path)), save_as="a palette PNG")
    if shape is not None and labels.shape != shape:
        raise UserError(
            f"{path} has {labels.shape[1]} x {labels.shape[0]} px and the image {shape[1]} x {shape[0]}; "
            "choose the mask of this image."
        )
    return read_only(labels)


def _labels(opened: Image.Image, path: str) -> NDArray[np.uint8]:
    if opened.format in {"JPEG", "MPO"}:
        raise UserError(f"{path} cannot be read as a mask: JPEG changes the numbers; save it as a palette PNG.")
    if any("LA;16" in str(how) for _, _, _, how in tiles_of(opened)):
        raise UserError(f"{path} cannot be read as a mask: its 16 bits with alpha are cut; save it without alpha.")
    largest = _largest_number(opened)
    opened.load()
    if opened.mode in {"P", "PA", "L", "LA", "La", "1"}:
        numbers = np.asarray(opened)
        grey = (numbers if numbers.ndim == 2 else numbers[..., 0]).astype(np.uint8)
        return grey if largest is None else np.rint(grey * (largest / 255)).astype(np.uint8)
    if opened.mode.startswith("I;16") or opened.mode in {"I", "F"}:
        with np.errstate(invalid="ignore"):  # signalling NaN
            deep = np.asarray(opened).astype(np.float64)
        return _of_deep_grey(deep if largest is None else np.rint(deep * (largest / 65535)), path)
    if opened.mode in _REFUSED:
        raise UserError(f"{path} cannot be read as a mask: it holds {opened.mode} colours; save it as a palette PNG.")
    return _of_colours(np.array(opened.convert("RGB"), np.uint8), path)


def _largest_number(opened: Image.Image) -> int | None:
    """What the file's largest number is, where Pillow makes 255 or 65535 of it; None where numbers stay as they are."""
    for _, _, _, how in tiles_of(opened):
        match how:
            case (str(), int(largest)) if opened.format == "PPM":
                return largest
            case str(raw) | (str(raw), *_) if raw[:3] in _LARGEST_OF_RAW_MODE:
                return _LARGEST_OF_RAW_MODE[raw[:3]]
    return None


def _of_deep_grey(exact: NDArray[np.float64], path: str) -> NDArray[np.uint8]:
    if not np.isfinite(exact).all() or (exact != np.rint(exact)).any():
        raise UserError(f"{path} cannot be read as a mask: it holds fractions; save it as a palette PNG of labels.")
    low, high = exact.min(), exact.max()
    if low < 0 or high > 255:
        strange = int(low if low < 0 else high)
        raise UserError(f"{path} holds the number {strange}, and labels go from 0 to 255; save it as a palette PNG.")
    return exact.astype(np.uint8)


def _of_colours(rgb: NDArray[np.uint8], path: str) -> NDArray[np.uint8]:
    weights = np.array([65536, 256, 1], np.uint32)
    packed, known = rgb.astype(np.uint32) @ weights, voc_palette().astype(np.uint32) @ weights
    order = known.argsort()
    labels = order[np.searchsorted(known[order], packed).clip(max=255)]
    if (known[labels] != packed).any():
        raise UserError(f"{path} has colours that are not VOC's; save it as a palette PNG of labels.")
    found: NDArray[np.uint8] = labels.astype(np.uint8)
    return found
