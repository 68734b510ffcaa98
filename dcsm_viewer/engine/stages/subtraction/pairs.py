"""Which class is held against which, and how the outcomes add up to one map a class.

A comparison is the difference of two raw maps, or, for a class without rivals, one map as it is. Where negatives are
dropped, one difference serves both its classes: what is left of it above 0 is the first one's, below 0 the second
one's, and no pixel is both. That halves the tanh.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings


@dataclass(frozen=True, slots=True)
class Comparisons:
    """P comparisons of K maps for T targets.

    first, second: per comparison the rows, 0..K-1, of its two maps; `second` is empty if nothing is subtracted.
    positive_target, negative_target: per comparison the targets, 0..T-1, that get its positive and its negative part;
    -1 for none. rows: per target the row of its own map, where each target is compared with every other map and
    nothing else is; empty otherwise.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    positive_target: tuple[int, ...]
    negative_target: tuple[int, ...]
    targets: int
    rows: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.first)

    @property
    def shared(self) -> int:
        """How many differences serve both their classes."""
        return sum(target >= 0 for target in self.negative_target)


@lru_cache(maxsize=64)
def against_rivals(candidate_ids: tuple[int, ...], target_ids: tuple[int, ...], method: MethodSettings) -> Comparisons:
    """Pair every target with every other candidate; with nothing if there is none, or if N is 0 (Mhat = M).

    Parameters
    ----------
    candidate_ids
        All classes that are compared.
    target_ids
        Those that get a map.
    method
        Its min_candidates and negative_mode are read.

    Returns
    -------
    Comparisons
        Rows are positions in `candidate_ids`.
    """
    row = {class_id: positions for positions, class_id in enumerate(candidate_ids)}
    if method.min_candidates == 0 or len(candidate_ids) == 1:
        rows = tuple(row[target] for target in target_ids)
        return Comparisons(rows, (), tuple(range(len(rows))), (-1,) * len(rows), len(rows))
    positions = {class_id: position for position, class_id in enumerate(target_ids)}
    found: list[tuple[int, int, int, int]] = []
    for target in target_ids:
        for rival in candidate_ids:
            both = method.negative_mode != "keep" and rival in positions
            if rival == target or (both and positions[rival] < positions[target]):
                continue
            found.append((row[target], row[rival], positions[target], positions[rival] if both else -1))
    first, second, positive_target, negative_target = zip(*found, strict=True) if found else ((), (), (), ())
    rows = tuple(row[target] for target in target_ids)
    return Comparisons(first, second, positive_target, negative_target, len(target_ids), rows)


def against_nothing(count: int) -> Comparisons:
    """Make each of `count` maps its own target: the same pipeline without a subtraction."""
    return Comparisons(tuple(range(count)), (), tuple(range(count)), (-1,) * count, count)


def differences(maps: Tensor, comparisons: Comparisons) -> Tensor:
    """Subtract second from first maps: (G, P, n, m) of G sets of maps (G, K, n, m); newly made."""
    first = maps.index_select(1, _rows(comparisons.first, maps.device))
    if not comparisons.second:
        return first
    return first.sub_(maps.index_select(1, _rows(comparisons.second, maps.device)))


def has_negative_target(comparisons: Comparisons, device: torch.device) -> Tensor:
    """Return (P,) bool: True where the negative part of a comparison is wanted."""
    return _rows(comparisons.negative_target, device) >= 0


@lru_cache(maxsize=64)
def target_weights(
    comparisons: Comparisons, sets: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the targets of the positive and of the negative part of each comparison as weights.

    Parameters
    ----------
    comparisons
        The P comparisons of one set of maps.
    sets
        How many sets of maps.
    dtype, device
        Of the weights.

    Returns
    -------
    tuple of Tensor
        Two (T, sets * P) of 0 and 1, positive and negative part.
    """
    positive_target, negative_target = torch.zeros(2, comparisons.targets, len(comparisons), dtype=dtype)
    for index, (taker, giver) in enumerate(zip(comparisons.positive_target, comparisons.negative_target, strict=True)):
        positive_target[taker, index] = 1
        if giver >= 0:
            negative_target[giver, index] = 1
    return positive_target.repeat(1, sets).to(device), negative_target.repeat(1, sets).to(device)


@lru_cache(maxsize=256)
def _rows(rows: tuple[int, ...], device: torch.device) -> Tensor:
    return torch.tensor(rows, dtype=torch.long, device=device)
