"""Literal sum of positive differences (docs/method.md 10.2 step 5), in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def sum_of_positive_differences(values: NDArray[np.float64], rows: Sequence[int]) -> NDArray[np.float64]:
    """Return (T, n): for each target the sum over all classes of max(a_t - a_r, 0), of values (K, n)."""
    sums = np.zeros((len(rows), values.shape[1]))
    for target, row in enumerate(rows):
        for rival in range(values.shape[0]):
            for position in range(values.shape[1]):
                difference = values[row, position] - values[rival, position]
                if difference > 0:
                    sums[target, position] += difference
    return sums
