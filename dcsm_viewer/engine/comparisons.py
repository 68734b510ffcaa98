"""Which class is held against which, and how the outcomes add up to one map a class.

A comparison is the difference of two raw maps; a class without rivals is compared with nothing, that is with 0.
Where negatives are dropped, one difference serves both its classes: what is left of it above 0 is the first one's,
below 0 the second one's, and no pixel is both. That halves the tanh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from dcsm_viewer.values import MethodSettings


@dataclass(frozen=True, slots=True)
class Comparisons:
    """P comparisons of K maps for T targets.

    first, second: per comparison the row, 0..K-1, of either class; row K stands for a map of zeros.
    takes, gives: per comparison the target, 0..T-1, that gets the positive and the negative part; -1 for nobody.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    targets: int

    def __len__(self) -> int:
        return len(self.first)

    @property
    def shared(self) -> bool:
        """True if some difference serves both its classes."""
        return any(target >= 0 for target in self.gives)


@lru_cache(maxsize=64)
def against_rivals(candidate_ids: tuple[int, ...], target_ids: tuple[int, ...], method: MethodSettings) -> Comparisons:
    """Every target against every other candidate; against nothing if there is none, or if N is 0 (Mhat = M)."""
    rivals_of = {
        target: [rival for rival in candidate_ids if rival != target] if method.candidates > 0 else []
        for target in target_ids
    }
    row = {class_id: place for place, class_id in enumerate(candidate_ids)}
    place = {class_id: position for position, class_id in enumerate(target_ids)}
    nothing = len(candidate_ids)
    rows: list[tuple[int, int, int, int]] = []
    for target, rivals in rivals_of.items():
        if not rivals:
            rows.append((row[target], nothing, place[target], -1))
        for rival in rivals:
            both = method.negatives != "keep" and rival in place
            if both and place[rival] < place[target]:
                continue
            rows.append((row[target], row[rival], place[target], place[rival] if both else -1))
    return _comparisons(rows, len(target_ids))


def against_nothing(count: int) -> Comparisons:
    """Each of `count` maps by itself: the same pipeline without a subtraction."""
    return _comparisons([(index, count, index, -1) for index in range(count)], count)


def _comparisons(rows: Sequence[tuple[int, int, int, int]], targets: int) -> Comparisons:
    columns = [tuple(column) for column in zip(*rows, strict=True)] if rows else [()] * 4
    return Comparisons(columns[0], columns[1], columns[2], columns[3], targets)


def differences(maps: Tensor, comparisons: Comparisons) -> Tensor:
    """(P, ...) first minus second, of maps (K, ...)."""
    first, second, _, _ = _on_device(comparisons, maps.dtype, maps.device)
    count = maps.shape[0]
    if all(row == count for row in comparisons.second):
        return maps.index_select(0, first)
    padded = torch.cat([maps, torch.zeros_like(maps[:1])]) if count in comparisons.second else maps
    return padded.index_select(0, first).sub_(padded.index_select(0, second))


def summing(comparisons: Comparisons, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(T, P) of 0 and 1, or (T, 2P) where differences are shared.

    `summing @ x` adds outcomes x (P, n) up per target. Shared: x is the outcomes and below them their positive
    parts; who gets the negative part of t gets max(t, 0) - t.
    """
    return _on_device(comparisons, dtype, device)[2]


def giving(comparisons: Comparisons, device: torch.device) -> Tensor:
    """(P,) bool: whether the negative part of a comparison is wanted."""
    return _on_device(comparisons, torch.float32, device)[3]


@lru_cache(maxsize=64)
def _on_device(
    comparisons: Comparisons, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    count = len(comparisons)
    takes, gives = torch.zeros(2, comparisons.targets, count, dtype=dtype)
    for index, (taker, giver) in enumerate(zip(comparisons.takes, comparisons.gives, strict=True)):
        takes[taker, index] = 1
        if giver >= 0:
            gives[giver, index] = 1
    weights = torch.cat([-gives, takes + gives], dim=1) if comparisons.shared else takes
    return (
        torch.tensor(comparisons.first, dtype=torch.long, device=device),
        torch.tensor(comparisons.second, dtype=torch.long, device=device),
        weights.to(device),
        torch.tensor([giver >= 0 for giver in comparisons.gives], device=device),
    )
