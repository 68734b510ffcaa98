"""A mask file becomes labels here: which class the ground truth says every pixel is of."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.imaging.palette import voc_palette
from dcsm_viewer.imaging.read import MOST_PIXELS
from dcsm_viewer.values import UserError, read_only

_INDEXED = {"P", "L", "1"}


def read_mask(path: str | os.PathLike[str], shape: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Labels (H, W): class id + 1, 0 background, 255 'ignore', of a palette or grey PNG or one in VOC's colours.

    A black and white one has the labels 0 and 1. Raises UserError for anything else, and for a mask of another size
    than the image's `shape` (H, W), if that is given.
    """
    path = Path(path)
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise UserError(f"{path} is too large for a mask; choose the mask of this image.")
            opened.load()
            is_indexed = opened.mode in _INDEXED
            levels = np.array(opened if is_indexed else opened.convert("RGB"), np.uint8)
    except FileNotFoundError:
        raise UserError(f"{path} is not there; it may have been moved or renamed.") from None
    except (OSError, SyntaxError, ValueError) as trouble:
        raise UserError(f"{path} cannot be read as a mask ({trouble}); save it as a palette PNG.") from None
    labels = levels if is_indexed else _labels_of(levels, path)
    if shape is not None and labels.shape != shape:
        raise UserError(
            f"{path} has {labels.shape[1]} x {labels.shape[0]} px and the image {shape[1]} x {shape[0]}; "
            "choose the mask of this image."
        )
    return read_only(labels)


def _labels_of(rgb: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    weights = np.array([65536, 256, 1], np.uint32)
    packed, known = rgb.astype(np.uint32) @ weights, voc_palette().astype(np.uint32) @ weights
    order = known.argsort()
    labels = order[np.searchsorted(known[order], packed).clip(max=255)]
    if (known[labels] != packed).any():
        raise UserError(f"{path} has colours that are not VOC's; save it as a palette PNG of labels.")
    found: NDArray[np.uint8] = labels.astype(np.uint8)
    return found
