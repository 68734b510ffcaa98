"""Deletion and insertion as RISE (Petsiuk et al. 2018) describes them, a pixel at a time, in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from tests.reference.network import Array

Score = Callable[[Array], float]


def gaussian_blur(plane: Array, sigma: float) -> Array:
    """Each pixel the weighted mean of its neighbours up to 4 sigma away, mirrored at the border (d c b a | a b c d)."""
    reach = int(4.0 * sigma + 0.5)
    weights = [math.exp(-0.5 * (offset / sigma) ** 2) for offset in range(-reach, reach + 1)]
    total = sum(weights)

    def along(rows: Array) -> Array:
        length = rows.shape[0]
        out = np.zeros_like(rows)
        for index in range(length):
            for offset, weight in zip(range(-reach, reach + 1), weights, strict=True):
                at = (index + offset) % (2 * length)
                out[index] += weight / total * rows[at if at < length else 2 * length - 1 - at]
        return out

    return along(along(plane).T).T


def order_of(values: Array, lots: Array) -> list[tuple[int, int]]:
    """Pixels (row, col) by falling value, equal ones by their lot."""
    pixels = [(row, col) for row in range(values.shape[0]) for col in range(values.shape[1])]
    return sorted(pixels, key=lambda at: (-values[at], lots[at[0] * values.shape[1] + at[1]]))


def curve(start: Array, end: Array, order: list[tuple[int, int]], steps: int, score: Score) -> list[float]:
    """'Pixels are removed (or introduced) in order of importance, and the score is read': start and end (3, h, w)."""
    picture, done, scores = start.copy(), 0, []
    for step in range(steps + 1):
        while done < round(len(order) * step / steps):
            row, col = order[done]
            picture[:, row, col] = end[:, row, col]
            done += 1
        scores.append(score(picture))
    return scores


def area(scores: list[float]) -> float:
    """'The area under the curve', trapezoids of equal width over [0, 1]."""
    widths = 1 / (len(scores) - 1)
    return sum(widths * (before + after) / 2 for before, after in pairwise(scores))
