"""Means over what is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mean_of(values: NDArray[np.float64]) -> float:
    """Average the values that are numbers; NaN where none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
