"""The doubts of triage and the round brush once more, pixel by pixel, in float64."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray


def slow_overlap(class_maps: NDArray[np.floating]) -> float:
    """docs/tools/review-masks.md, 'overlap': the pair that shares most, each map by its own maximum."""
    worst = 0.0
    for first, second in combinations(range(len(class_maps)), 2):
        top_a, top_b = float(class_maps[first].max()), float(class_maps[second].max())
        if top_a <= 0 or top_b <= 0:
            continue
        smaller = larger = 0.0
        for row, col in np.ndindex(*class_maps.shape[1:]):
            a = max(0.0, float(class_maps[first, row, col])) / top_a
            b = max(0.0, float(class_maps[second, row, col])) / top_b
            smaller += min(a, b)
            larger += max(a, b)
        worst = max(worst, smaller / larger)
    return worst


def slow_flipped(labels: NDArray[np.integer], before: NDArray[np.integer]) -> float:
    """'flipped': of the pixels that are or were of a class, those with another label after the CRF."""
    pixels = [(int(a), int(b)) for a, b in zip(labels.ravel(), before.ravel(), strict=True) if a or b]
    return sum(a != b for a, b in pixels) / len(pixels) if pixels else 0.0


def slow_uncertain(labels: NDArray[np.integer], q: NDArray[np.floating], limit: float, ignore: int) -> float:
    """'uncertain': of all pixels, those that are 'ignore' or whose two likeliest labels are closer than the limit."""
    count = 0
    for row, col in np.ndindex(*labels.shape):
        first, second = sorted((float(value) for value in q[:, row, col]), reverse=True)[:2]
        count += labels[row, col] == ignore or first - second < limit
    return count / labels.size


def slow_narrow(best: Sequence[float], threshold: float) -> float:
    """'narrow': one minus the least distance of a score to the threshold, by the largest there could be."""
    distance = min(abs(score - threshold) for score in best)
    return max(0.0, 1.0 - distance / max(threshold, 1.0 - threshold))


def slow_swept(
    shape: tuple[int, int], start: tuple[int, int], end: tuple[int, int], diameter_px: int
) -> NDArray[np.bool_]:
    """(H, W): pixels whose centre is at most half the diameter from the line between the centres of two pixels."""
    covered = np.zeros(shape, dtype=np.bool_)
    for row, col in np.ndindex(*shape):
        covered[row, col] = _distance((row, col), start, end) <= diameter_px / 2
    return covered


def _distance(at: tuple[int, ...], start: tuple[int, int], end: tuple[int, int]) -> float:
    down, across = end[0] - start[0], end[1] - start[1]
    length = down * down + across * across
    along = 0.0
    if length:
        along = ((at[0] - start[0]) * down + (at[1] - start[1]) * across) / length
        along = min(1.0, max(0.0, along))
    return math.hypot(at[0] - start[0] - along * down, at[1] - start[1] - along * across)
