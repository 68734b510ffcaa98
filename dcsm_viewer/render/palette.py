"""The colours of the labels: the PASCAL VOC palette, which every program of this field knows."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcsm_viewer.core.types import UserError, read_only


def colour_of_index(index: ArrayLike) -> NDArray[np.uint8]:
    """(..., 3) uint8 RGB of label indices (...), by VOC's bit interleaving; 0 is black.

    Bits 0, 1, 2 of the index become the top bits of red, green, blue, bits 3, 4, 5 the next, and so on, so that
    neighbouring indices differ most. The rule does not stop at 255: ImageNet's 1000 classes get colours of their own.
    """
    rest: NDArray[np.uint32] = np.asarray(index, dtype=np.uint32)
    colour = np.zeros((*rest.shape, 3), dtype=np.uint32)
    for bit in range(7, -1, -1):
        for channel in range(3):
            colour[..., channel] |= ((rest >> np.uint32(channel)) & np.uint32(1)) << np.uint32(bit)
        rest = rest >> np.uint32(3)
    return colour.astype(np.uint8)


@cache
def voc_palette() -> NDArray[np.uint8]:
    """Read-only (256, 3) uint8 RGB: row 0 background, row class id + 1 a class, row 255 'ignore'."""
    return read_only(colour_of_index(np.arange(256)))


def class_colour(class_id: int) -> tuple[int, int, int]:
    """(red, green, blue), 0..255, of a class id (0-based, -1 for the background), the same in pane, list and file."""
    if class_id < -1:
        raise UserError(f"Class id {class_id} does not exist; ids start at 0, and -1 is the background.")
    red, green, blue = (int(part) for part in colour_of_index(class_id + 1))
    return red, green, blue
