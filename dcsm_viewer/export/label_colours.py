"""Colours of label indices in files: the same VOC rule as on the screen.

A second copy of `imaging.palette` because rooms of one floor do not import each other; a test holds the two equal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IGNORE_INDEX = 255


def label_colours(count: int = 256) -> NDArray[np.uint8]:
    """(count, 3) uint8 RGB: row i is the colour of label index i, 0 black, 255 (224, 224, 192)."""
    index = np.arange(count)
    colours = np.zeros((count, 3), dtype=np.uint8)
    for place in range(24):
        # Bit `place` of the index goes to channel place % 3, from that channel's top bit downwards.
        colours[:, place % 3] |= (((index >> place) & 1) << (7 - place // 3)).astype(np.uint8)
    return colours
