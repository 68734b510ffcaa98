"""What layers add to the maps of the classes at one scale: differences, normalised, through tanh, added up.

Up-sampling is linear, so it goes around the subtraction where that is cheaper. The maximum of a difference over the
canvas is found exactly at the few samples next to the knots of the bilinear surface; then the canvas is gone
through once, a band of rows at a time, a few layers of one size together, such groups side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.runtime.parallel_map import parallel_map
from dcsm_viewer.engine.stages.subtraction.pairs import Comparisons, differences, has_negative_target, target_weights
from dcsm_viewer.engine.stages.subtraction.positive_sums import centred, exceeding, positive_sums
from dcsm_viewer.engine.stages.subtraction.quick_tanh import quick_tanh_
from dcsm_viewer.engine.stages.subtraction.sampling_grid import PresampledGrid, SamplingGrid

TOGETHER = 3  # layers of one size in one piece of work: enough to share its overhead, few enough to share out


@dataclass(frozen=True, slots=True)
class Contribution:
    """The contribution of one scale to the class maps: `sums` (T, h, w), its layers added up and nothing normalised
    yet.

    Of `compared` things that are normalised by their own maximum, `skipped` had none above 0 and added nothing
    (A5). `broken` layers had values that are not finite; those values count as 0. Both are 0-d tensors, so that
    the host does not wait for the device. `per_layer`: what each layer adds to the one target that was followed (h, w).
    """

    sums: Tensor
    compared: int
    skipped: Tensor
    broken: Tensor
    per_layer: tuple[Tensor, ...] = ()


@dataclass(frozen=True, slots=True)
class PartialSum:
    """Sums of some of the layers, those at these `indices`; `per_layer` (G, h, w) is None without a tracked target."""

    indices: tuple[int, ...]
    sums: Tensor
    compared: int
    skipped: Tensor
    broken: Tensor
    per_layer: Tensor | None


def accumulate(
    layers: Sequence[Tensor],
    comparisons: Comparisons,
    method: MethodSettings,
    grid: SamplingGrid | PresampledGrid,
    tracked_target: int | None = None,
) -> Contribution:
    """Add up what raw maps of some layers contribute to each target.

    Parameters
    ----------
    layers
        Raw maps (K, n, m), each layer of any size.
    comparisons
        Which maps are subtracted from each other.
    method
        The constants of the subtraction.
    grid
        Where the maps are sampled.
    tracked_target
        The target, 0..T-1, whose contributions are also wanted layer by layer.

    Returns
    -------
    Contribution
        The sums (T, h, w).
    """
    works = partial_sum_tasks(layers, comparisons, method, grid, tracked_target)
    return merge(parallel_map(works, layers[0].device), layers, comparisons, grid)


def partial_sum_tasks(
    layers: Sequence[Tensor],
    comparisons: Comparisons,
    method: MethodSettings,
    grid: SamplingGrid | PresampledGrid,
    tracked_target: int | None = None,
) -> list[Callable[[], PartialSum]]:
    """Split the work of `accumulate` into independent tasks: a few layers of one size each.

    Parameters
    ----------
    layers, comparisons, method, grid, tracked_target
        As for `accumulate`.

    Returns
    -------
    list of callables
        Each returns a PartialSum.
    """
    if len(comparisons) == 0:
        return []
    together = TOGETHER if layers[0].device.type == "cpu" else len(layers)
    by_size: dict[torch.Size, list[int]] = {}
    for index, layer in enumerate(layers):
        by_size.setdefault(layer.shape, []).append(index)
    groups = [indices[at : at + together] for indices in by_size.values() for at in range(0, len(indices), together)]
    return [
        partial(_partial_sum, tuple(indices), layers, comparisons, method, grid, tracked_target) for indices in groups
    ]


def merge(
    parts: Sequence[PartialSum], layers: Sequence[Tensor], comparisons: Comparisons, grid: SamplingGrid | PresampledGrid
) -> Contribution:
    """Add up the partial sums of one scale, always in the same order.

    Parameters
    ----------
    parts
        What the tasks of `partial_sum_tasks` returned, in their order.
    layers, comparisons, grid
        As for `accumulate`.

    Returns
    -------
    Contribution
        Of the scale.
    """
    device = layers[0].device
    nothing = torch.zeros((), dtype=torch.long, device=device)
    if not parts:
        sums = torch.zeros(comparisons.targets, *grid.shape, dtype=_working_type(layers[0]), device=device)
        return Contribution(sums, 0, nothing, nothing)
    sums, skipped, broken = parts[0].sums, parts[0].skipped, parts[0].broken
    for part in parts[1:]:
        sums, skipped, broken = sums.add_(part.sums), skipped + part.skipped, broken + part.broken
    per_layer: dict[int, Tensor] = {}
    for part in parts:
        if part.per_layer is not None:
            per_layer |= zip(part.indices, part.per_layer, strict=True)
    return Contribution(
        sums,
        sum(part.compared for part in parts),
        skipped,
        broken,
        tuple(per_layer[index] for index in sorted(per_layer)),
    )


def _partial_sum(
    indices: tuple[int, ...],
    layers: Sequence[Tensor],
    comparisons: Comparisons,
    method: MethodSettings,
    grid: SamplingGrid | PresampledGrid,
    tracked_target: int | None,
) -> PartialSum:
    dtype, device = _working_type(layers[0]), layers[0].device
    maps, broken = _cleaned(torch.stack([layers[index].to(dtype) for index in indices]))
    sums = torch.zeros(comparisons.targets, *grid.shape, dtype=dtype, device=device)
    per_layer = None if tracked_target is None else torch.zeros(len(indices), *grid.shape, dtype=dtype, device=device)
    into = _Sums(sums, per_layer, tracked_target or 0)
    if comparisons.rows and _is_sum_of_positive(method):
        scaling = _add_positive_sums(into, maps, comparisons.rows, method, grid)
    else:
        add = _add_on_canvas if method.subtract_at == "canvas" else _add_at_layer
        scaling = add(into, differences(maps, comparisons), comparisons, method, grid)
    return PartialSum(indices, sums, scaling.compared, scaling.skipped, broken, per_layer)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Where evidence is added up: of all targets (T, h, w), and layer by layer (G, h, w) of the one followed."""

    targets: Tensor
    per_layer: Tensor | None
    tracked_target: int

    def rows(self, rows: slice) -> _Sums:
        """Some rows of it, flattened."""
        per_layer = None if self.per_layer is None else self.per_layer[:, rows].flatten(1)
        return _Sums(self.targets[:, rows].flatten(1), per_layer, self.tracked_target)


@dataclass(frozen=True, slots=True)
class _Scaling:
    """What normalisation does to the differences of G layers on their way to evidence.

    factors (G, P): alpha over the maximum of each difference. slopes (G P,): multiplies the negative side of shared
    differences, which have another maximum there. gains (G, T): alpha over the maximum of each target's sum.
    None where there is no such thing.
    """

    factors: Tensor | None
    slopes: Tensor | None
    gains: Tensor | None
    compared: int
    skipped: Tensor

    def level_(self, differences: Tensor) -> Tensor:
        """Differences (G, P, n, m) times their factors, in place, as (G P, n, m)."""
        return (differences if self.factors is None else differences.mul_(self.factors[:, :, None, None])).flatten(0, 1)


def _is_sum_of_positive(method: MethodSettings) -> bool:
    """Whether a layer's outcome reads its differences only through the sum of the positive ones."""
    return method.subtract_at == "canvas" and method.normalise == "layer" and method.negative_mode != "keep"


def _add_positive_sums(
    sums: _Sums, maps: Tensor, rows: Sequence[int], method: MethodSettings, grid: SamplingGrid | PresampledGrid
) -> _Scaling:
    """Add to `sums` what the maps (G, K, n, m) of G layers are worth, each layer normalised once on the canvas."""
    level = centred(maps)
    # A sum of convex functions of the maps, so its maximum is at the samples next to the knots.
    highest = positive_sums(grid.highest(level), rows).amax(dim=2)
    gains = torch.where(exceeding(maps, rows), _gain(highest, method.alpha), 0.0)
    for band, values in grid.bands(level.flatten(0, 1)):
        outcome = quick_tanh_(positive_sums(values.view(*level.shape[:2], -1), rows).mul_(gains[:, :, None]))
        into = sums.rows(band)
        into.targets.add_(outcome.sum(dim=0))
        if into.per_layer is not None:
            into.per_layer.add_(outcome[:, into.tracked_target])
    return _Scaling(None, None, gains, gains.numel(), (gains == 0).sum())


def _add_on_canvas(
    sums: _Sums, level: Tensor, comparisons: Comparisons, method: MethodSettings, grid: SamplingGrid | PresampledGrid
) -> _Scaling:
    """Normalise on the canvas. Adds the differences (G, P, n, m) of G layers to `sums`."""
    top = grid.highest(level)
    scaling = _by_difference(top, comparisons, method)
    if method.normalise == "layer":
        scaling = _by_sum([top.flatten(0, 1).clone()], scaling, comparisons, method)
    level = scaling.level_(level)
    if method.normalise == "pair_and_layer":
        # A sum of tanh is not convex, so its maximum can lie anywhere on the canvas.
        scaling = _by_sum((values for _, values in grid.canvas.bands(level)), scaling, comparisons, method)
    for rows, values in grid.bands(level):
        _add_outcome(sums.rows(rows), values, scaling, comparisons, method)
    return scaling


def _add_at_layer(
    sums: _Sums, level: Tensor, comparisons: Comparisons, method: MethodSettings, grid: SamplingGrid | PresampledGrid
) -> _Scaling:
    """Normalise at the layers' own size, then up-sample. Adds the differences (G, P, n, m) to `sums`."""
    size = level.shape[2:]
    scaling = _by_difference(level.flatten(2), comparisons, method)
    values = scaling.level_(level).flatten(1)
    if method.normalise != "pair":
        scaling = _by_sum([values.clone()], scaling, comparisons, method)
    per_layer = None if sums.per_layer is None else values.new_zeros(level.shape[0], values.shape[1])
    outcome = _Sums(values.new_zeros(comparisons.targets, values.shape[1]), per_layer, sums.tracked_target)
    _add_outcome(outcome, values, scaling, comparisons, method)
    sums.targets.add_(grid.enlarged(outcome.targets.view(-1, *size)))
    if sums.per_layer is not None and per_layer is not None:
        sums.per_layer.add_(grid.enlarged(per_layer.view(-1, *size)))
    return scaling


def _by_difference(top: Tensor, comparisons: Comparisons, method: MethodSettings) -> _Scaling:
    """The scaling of differences whose extremes are among their values `top` (G, P, n)."""
    if method.normalise == "layer":
        return _Scaling(None, None, None, 0, torch.zeros((), dtype=torch.long, device=top.device))
    factors = _gain(top.amax(dim=2), method.alpha)
    skipped = (factors == 0).sum()
    compared = factors.numel()
    if not comparisons.shared:
        return _Scaling(factors, None, None, compared, skipped)
    negative_weights = has_negative_target(comparisons, top.device)
    back = _gain(-top.amin(dim=2), method.alpha) * negative_weights
    skipped = skipped + (negative_weights & (back == 0)).sum()
    # Without a positive side the factor is that of the negative side; the slope has to leave it as it is.
    positive = factors > 0
    slopes = torch.where(positive, back / factors.where(positive, 1.0), 1.0).flatten()
    compared += top.shape[0] * comparisons.shared
    return _Scaling(torch.where(positive, factors, back), slopes, None, compared, skipped)


def _by_sum(
    positions: Iterable[Tensor], scaling: _Scaling, comparisons: Comparisons, method: MethodSettings
) -> _Scaling:
    """The same scaling, with gains: levelled differences (G P, n) at `places` hold the maximum of each sum."""
    highest = [
        _sum_by_layer(_parts(values, scaling, comparisons, method), comparisons).amax(dim=2) for values in positions
    ]
    gains = _gain(torch.stack(highest).amax(dim=0), method.alpha)
    skipped = scaling.skipped + (gains == 0).sum()
    return replace(scaling, gains=gains, compared=scaling.compared + gains.numel(), skipped=skipped)


def _add_outcome(
    into: _Sums, values: Tensor, scaling: _Scaling, comparisons: Comparisons, method: MethodSettings
) -> None:
    """Adds to `into`, flattened, what levelled differences (G P, n) at the same places are worth. Overwrites them."""
    parts = _parts(values, scaling, comparisons, method)
    if scaling.gains is not None:
        outcome = quick_tanh_(_sum_by_layer(parts, comparisons).mul_(scaling.gains[:, :, None]))
        into.targets.add_(outcome.sum(dim=0))
        if into.per_layer is not None:
            into.per_layer.add_(outcome[:, into.tracked_target])
        return
    for weights, outcome in parts:
        into.targets.addmm_(weights, outcome)
        if into.per_layer is not None:
            layers = outcome.view(-1, len(comparisons), outcome.shape[1])
            into.per_layer.add_(torch.matmul(weights[into.tracked_target, : len(comparisons)], layers))


def _sum_by_layer(parts: Sequence[tuple[Tensor, Tensor]], comparisons: Comparisons) -> Tensor:
    """(G, T, n): the parts (G P, n) added up for each target, one layer by one."""
    each = len(comparisons)
    total = None
    for weights, outcome in parts:
        layers = outcome.view(-1, each, outcome.shape[1])
        product = weights[:, :each].expand(layers.shape[0], -1, -1).bmm(layers)
        total = product if total is None else total.add_(product)
    assert total is not None
    return total


def _parts(
    values: Tensor, scaling: _Scaling, comparisons: Comparisons, method: MethodSettings
) -> list[tuple[Tensor, Tensor]]:
    """Pairs of weights (T, G P) and outcomes (G P, n) whose products are to be added up. Overwrites `values`."""
    positive_weights, negative_weights = target_weights(
        comparisons, values.shape[0] // len(comparisons), values.dtype, values.device
    )
    if scaling.slopes is not None:
        outcome = quick_tanh_(F.prelu(values[None], scaling.slopes)[0])
        # Who gets the negative part of t gets max(t, 0) - t.
        return [
            (positive_weights + negative_weights, torch.clamp(outcome, min=0, out=values)),
            (-negative_weights, outcome),
        ]
    outcome = values if method.normalise == "layer" else quick_tanh_(values)
    if method.negative_mode == "keep":
        return [(positive_weights, outcome)]
    # The floor of dcsm.m, 1e-20 a pair, is below the rounding of a sum; it is put on the final map.
    if comparisons.shared:
        return [(positive_weights + negative_weights, outcome.clamp(min=0)), (-negative_weights, outcome)]
    return [(positive_weights, outcome.clamp_(min=0))]


def _gain(highest: Tensor, alpha: float) -> Tensor:
    """The gain alpha / highest, and 0 where nothing is above 0: what has no maximum adds nothing (A5)."""
    # Maps are scaled to 1 beforehand; far below that, alpha / highest would leave the range of the type.
    least = torch.finfo(highest.dtype).tiny * 1e8
    return torch.where(highest > least, alpha / highest.clamp(min=least), 0.0)


def _cleaned(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Maps (G, K, n, m) with 0 for what is not finite, and how many of the G layers had such.

    Each layer is divided by its largest value, so that gradients of any magnitude stay in the range of the type;
    no later step notices.
    """
    finite = maps.nan_to_num(0.0, 0.0, 0.0)
    each = finite.flatten(1)
    largest = torch.maximum(each.amax(dim=1), -each.amin(dim=1))[:, None, None, None]
    return finite / largest.where(largest > 0, 1.0), (finite != maps).flatten(1).any(dim=1).sum()


def _working_type(maps: Tensor) -> torch.dtype:
    return torch.float64 if maps.dtype == torch.float64 else torch.float32
