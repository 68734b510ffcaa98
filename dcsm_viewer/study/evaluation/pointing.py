"""The pointing game: whether a class map has its maximum on an object of the class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def pointed(truth: NDArray[np.integer], class_maps: NDArray[np.floating], numbers: Sequence[int]) -> Mapping[int, bool]:
    """By label, for the maps (T, H, W) of labels that the truth (H, W) has: whether the maximum lies on the label.

    Strict: no tolerance in px, void counts as a miss, and of several maxima the first in reading order is taken.
    """
    present = set(np.unique(truth).tolist())
    return {
        number: bool(truth.ravel()[int(class_map.argmax())] == number)
        for number, class_map in zip(numbers, class_maps, strict=True)
        if number in present
    }
