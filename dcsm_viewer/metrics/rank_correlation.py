"""Spearman's rank correlation of two maps: whether they put the pixels into the same order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32] | NDArray[np.float64]


def spearman(first: Values, second: Values) -> float | None:
    """Compute Spearman's rank correlation in [-1, 1], equal values sharing their mean rank; None where one is flat.

    Both of the same shape. Values that are not finite count as 0.
    """
    one, other = (_centred_ranks(values) for values in (first, second))
    spread = float(np.sqrt((one @ one) * (other @ other)))
    if spread == 0:
        return None
    return float(np.clip(one @ other / spread, -1.0, 1.0))


def _centred_ranks(values: Values) -> NDArray[np.float64]:
    flat = np.nan_to_num(values.ravel(), nan=0.0, posinf=0.0, neginf=0.0)
    _, index, counts = np.unique(flat, return_inverse=True, return_counts=True)
    ranks = (counts.cumsum() - (counts - 1) / 2)[index]
    centred: NDArray[np.float64] = ranks - ranks.mean()
    return centred
