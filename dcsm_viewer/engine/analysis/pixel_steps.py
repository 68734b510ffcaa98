"""One layer at one scale, step by step, at a few places of the canvas: differences, their scaling, tanh, the sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.stages.subtraction.pairs import Comparisons, differences
from dcsm_viewer.engine.stages.subtraction.sampling_grid import SamplingGrid

Pair = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Steps:
    """P comparisons of K maps at n places. pairs: per comparison the rows of the class and of its rival, or None.

    raw (K, n): M. difference (P, n) and its `largest` (P,). scaled (P, n), what goes into the first tanh, None where
    there is none. evidence (P, n): what each comparison gives. sums (K, n) over the rivals and, where they are
    normalised, `largest_sums` (K,). added (K, n): what the layer adds to each class.
    """

    pairs: tuple[Pair, ...]
    raw: Tensor
    difference: Tensor
    largest: Tensor
    scaled: Tensor | None
    evidence: Tensor
    sums: Tensor
    largest_sums: Tensor | None
    added: Tensor


def steps_of(maps: Tensor, method: MethodSettings, grid: SamplingGrid) -> Steps:
    """Compute the steps of the subtraction at few positions, each class as if it were detected at this scale.

    Parameters
    ----------
    maps
        Raw maps (K, h, w) of one layer.
    method
        The constants of the subtraction.
    grid
        Has the positions.

    Returns
    -------
    Steps
        Differences, their scaling, tanh and sums.
    """
    finite = (maps if maps.dtype == torch.float64 else maps.float()).nan_to_num(0.0, 0.0, 0.0)
    # As in evidence.py: gradients of any magnitude stay in the range of the type. Undone for what is shown.
    unit = finite.abs().amax()
    unit = unit.where(unit > 0, 1.0)
    pairs = _pairs(maps.shape[0], method)
    level = differences((finite / unit)[None], _comparisons(pairs))[0]
    at_canvas = method.subtract_at == "canvas"
    spots = grid.highest(level) if at_canvas else level.flatten(1)
    largest = spots.amax(1)
    rule = _Rule(pairs, maps.shape[0], None if method.normalise == "layer" else _gains(largest, method.alpha), method)
    largest_sums = rule.largest_sums(_everywhere(level, spots, method, grid))
    values = _sampled(level, grid) if at_canvas else level.flatten(1)
    scaled, evidence = rule.scaled(values), rule.evidence(values)
    sums = rule.sums(evidence)
    added = sums if largest_sums is None else torch.tanh(sums * _gains(largest_sums, method.alpha)[:, None])

    def here(found: Tensor) -> Tensor:
        # Up-sampling comes last where the arithmetic is done at the layer's own size.
        return (found if at_canvas else _sampled(found.view(-1, *maps.shape[1:]), grid)).cpu()

    # Where only the sum is normalised, evidence is still in the unit of the maps.
    unit_of_evidence = unit.cpu() if method.normalise == "layer" else 1.0
    return Steps(
        pairs=pairs,
        raw=_sampled(finite, grid).cpu(),
        difference=(_sampled(level, grid) * unit).cpu(),
        largest=(largest * unit).cpu(),
        scaled=None if scaled is None else here(scaled),
        evidence=here(evidence) * unit_of_evidence,
        sums=here(sums) * unit_of_evidence,
        largest_sums=None if largest_sums is None else largest_sums.cpu() * unit_of_evidence,
        added=here(added),
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    """What becomes of differences (P, n), anywhere. gains (P,): alpha over the largest of each; None without."""

    pairs: tuple[Pair, ...]
    classes: int
    gains: Tensor | None
    method: MethodSettings

    def scaled(self, values: Tensor) -> Tensor | None:
        return None if self.gains is None else values * self.gains[:, None]

    def evidence(self, values: Tensor) -> Tensor:
        scaled = self.scaled(values)
        outcome = values if scaled is None else torch.tanh(scaled)
        return outcome if self.method.negative_mode == "keep" else outcome.clamp(min=0)

    def sums(self, evidence: Tensor) -> Tensor:
        """(K, n): the evidence of each class over its rivals."""
        total = evidence.new_zeros(self.classes, evidence.shape[1])
        return total.index_add_(0, torch.tensor([row for row, _ in self.pairs], device=evidence.device), evidence)

    def largest_sums(self, positions: Iterable[Tensor]) -> Tensor | None:
        """(K,): the maximum of the sums among differences (P, n) at the places; None where they are left alone."""
        if self.method.normalise == "pair":
            return None
        return torch.stack([self.sums(self.evidence(values)).amax(1) for values in positions]).amax(0)


def _everywhere(level: Tensor, spots: Tensor, method: MethodSettings, grid: SamplingGrid) -> Iterable[Tensor]:
    """Differences where the maximum of their sums is to be looked for."""
    if method.subtract_at == "canvas" and method.normalise == "pair_and_layer":
        # A sum of tanh is not convex, so its maximum can lie anywhere on the canvas.
        return (values for _, values in grid.canvas.bands(level))
    return [spots]


def _pairs(count: int, method: MethodSettings) -> tuple[Pair, ...]:
    if method.min_candidates == 0 or count == 1:
        return tuple((row, None) for row in range(count))
    return tuple((row, rival) for row in range(count) for rival in range(count) if rival != row)


def _comparisons(pairs: tuple[Pair, ...]) -> Comparisons:
    """Each comparison for itself."""
    first = tuple(row for row, _ in pairs)
    second = tuple(rival for _, rival in pairs if rival is not None)
    return Comparisons(first, second, tuple(range(len(pairs))), (-1,) * len(pairs), len(pairs))


def _gains(highest: Tensor, alpha: float) -> Tensor:
    """Alpha over each maximum, and 0 where nothing is above 0: what has no maximum adds nothing (A5)."""
    least = torch.finfo(highest.dtype).tiny * 1e8
    return torch.where(highest > least, alpha / highest.clamp(min=least), 0.0)


def _sampled(maps: Tensor, grid: SamplingGrid) -> Tensor:
    """Maps (P, h, w) at the n positions of the grid, (P, n)."""
    return grid.enlarged(maps).flatten(1)
