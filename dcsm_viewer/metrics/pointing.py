"""The pointing game of Zhang et al. (2016): whether a class map has its maximum on an object of the class.

Two figures come of it: `strict`, where the maximum must lie on the class itself, and `within 15 px`, the paper's, where
a maximum counts that is no farther from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

TOLERANCE_PX = 15


def peak_of(class_map: NDArray[np.floating]) -> tuple[int, int]:
    """Return (row, column) of the largest value of a map (H, W), the first of several in reading order."""
    row, column = np.unravel_index(int(class_map.argmax()), class_map.shape)
    return int(row), int(column)


def distance_px(truth: NDArray[np.integer], label: int, row: int, column: int) -> float | None:
    """Measure the distance from a pixel to the nearest one of a label, centre to centre, px.

    Parameters
    ----------
    truth
        (H, W) labels; void (255) is no object.
    label
        Whose pixels count.
    row, column
        The pixel.

    Returns
    -------
    float or None
        0 on the label itself; None where the truth does not have it.
    """
    if truth[row, column] == label:
        return 0.0
    rows, columns = np.nonzero(truth == label)
    if not rows.size:
        return None
    return math.sqrt(int(((rows - row) ** 2 + (columns - column) ** 2).min()))


def is_hit(distance: float, *, tolerance_px: float = 0.0) -> bool:
    """Return True if a maximum at this distance counts; strictly without a tolerance."""
    return distance <= tolerance_px


def distances_of(
    truth: NDArray[np.integer], class_maps: NDArray[np.floating], numbers: Sequence[int]
) -> Mapping[int, float]:
    """Measure how far the maximum of each class map lies from its label.

    Parameters
    ----------
    truth
        (H, W) labels.
    class_maps
        (T, H, W).
    numbers
        The label of each map.

    Returns
    -------
    Mapping
        px by label, for labels that the truth has.
    """
    found = {}
    for number, class_map in zip(numbers, class_maps, strict=True):
        distance = distance_px(truth, number, *peak_of(class_map))
        if distance is not None:
            found[number] = distance
    return found
