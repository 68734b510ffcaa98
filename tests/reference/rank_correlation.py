"""Spearman's coefficient by its definition: Pearson's correlation of ranks, ties at their mean rank."""

from __future__ import annotations

import math
from collections.abc import Sequence


def ranks(values: Sequence[float]) -> list[float]:
    """1 for the smallest; equal values get the mean of the places they take."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2 for value in values
    ]


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    one, other = ranks(first), ranks(second)
    mean = (len(one) + 1) / 2
    both = sum((a - mean) * (b - mean) for a, b in zip(one, other, strict=True))
    return both / math.sqrt(sum((a - mean) ** 2 for a in one) * sum((b - mean) ** 2 for b in other))
