"""What layers add to the maps of the classes at one scale: differences, normalised, through tanh, added up.

Up-sampling is linear, so maps are subtracted at their own size and the difference is up-sampled. Its maximum over
the canvas is found exactly at the few samples next to the knots of the bilinear surface; then the canvas is gone
through once, a band of rows at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.engine.comparisons import Comparisons, differences, giving, summing
from dcsm_viewer.engine.sheet import Sheet
from dcsm_viewer.values import MethodSettings


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one scale adds to the class maps: `sums` (T, h, w), its layers added up and nothing normalised yet.

    Of `compared` things that are normalised by their own maximum, `skipped` had none above 0 and added nothing
    (A5). `broken` layers had values that are not finite; those values count as 0. Both are 0-d tensors, so that
    nobody waits for the device.
    """

    sums: Tensor
    compared: int
    skipped: Tensor
    broken: Tensor


def gather(layers: Sequence[Tensor], comparisons: Comparisons, method: MethodSettings, sheet: Sheet) -> Evidence:
    """The evidence in raw maps (K, n, m) of some layers, each of any size, sampled on the sheet."""
    dtype, device = _working_type(layers[0]), layers[0].device
    sums = torch.zeros(comparisons.targets, *sheet.shape, dtype=dtype, device=device)
    nothing = torch.zeros((), dtype=torch.long, device=device)
    if len(comparisons) == 0:
        return Evidence(sums, 0, nothing, nothing)
    compared, skipped, broken = 0, nothing, nothing
    at_layer: dict[tuple[int, ...], Tensor] = {}
    for layer in layers:
        maps, is_broken = _cleaned(layer.to(dtype))
        broken = broken + is_broken
        level, scaling = _levelled(differences(maps, comparisons), comparisons, method, sheet)
        compared, skipped = compared + scaling.compared, skipped + scaling.skipped
        if method.subtract_at == "canvas":
            for rows, values in sheet.bands(level):
                sums[:, rows].flatten(1).add_(_outcome(values, comparisons, method, scaling))  # a view: rows are whole
            continue
        size = tuple(level.shape[1:])
        outcome = _outcome(level.flatten(1), comparisons, method, scaling).view(-1, *size)
        # Layers of one size are added before they are up-sampled, which is the same and cheaper.
        at_layer[size] = at_layer[size] + outcome if size in at_layer else outcome
    for outcome in at_layer.values():
        sums.add_(sheet.enlarged(outcome))
    return Evidence(sums, compared, skipped, broken)


@dataclass(frozen=True, slots=True)
class _Scaling:
    """What normalisation does to differences on their way to evidence.

    slopes (P,): multiplies the negative side of shared differences, which have another maximum there. gains (T,):
    alpha over the maximum of each target's sum. None where there is no such thing.
    """

    slopes: Tensor | None
    gains: Tensor | None
    compared: int
    skipped: Tensor


def _levelled(level: Tensor, comparisons: Comparisons, method: MethodSettings, sheet: Sheet) -> tuple[Tensor, _Scaling]:
    """Differences (P, n, m), times alpha over their own maximum where the method says so, and their scaling."""
    top = sheet.highest(level) if method.subtract_at == "canvas" else level.flatten(1)
    scaling = _Scaling(None, None, 0, torch.zeros((), dtype=torch.long, device=level.device))
    if method.normalise != "layer":
        factor, scaling = _by_pair(top, comparisons, method.alpha)
        level, top = level * factor[:, None, None], top * factor[:, None]
    if method.normalise == "pair":
        return level, scaling
    sums = [_outcome(top, comparisons, method, scaling)]
    if method.normalise == "pair_and_layer" and method.subtract_at == "canvas":
        # A sum of tanh is not convex, so its maximum can lie anywhere on the canvas.
        places = (sheet.canvas if sheet.exact else sheet).bands(level)
        sums = [_outcome(values, comparisons, method, scaling).amax(dim=1, keepdim=True) for _, values in places]
    gains = _gain(torch.cat(sums, dim=1).amax(dim=1), method.alpha)
    skipped = scaling.skipped + (gains == 0).sum()
    return level, _Scaling(scaling.slopes, gains, scaling.compared + comparisons.targets, skipped)


def _by_pair(top: Tensor, comparisons: Comparisons, alpha: float) -> tuple[Tensor, _Scaling]:
    """Factors (P,) for the differences with the values `top` (P, n) among which their extremes are."""
    factor = _gain(top.amax(dim=1), alpha)
    skipped = (factor == 0).sum()
    if not comparisons.shared:
        return factor, _Scaling(None, None, len(comparisons), skipped)
    gives = giving(comparisons, top.device)
    back = _gain(-top.amin(dim=1), alpha) * gives
    skipped = skipped + (gives & (back == 0)).sum()
    # Without a positive side the factor is the other side's; the slope keeps what is above 0 (nothing) harmless.
    slopes = torch.where(factor > 0, back / factor.where(factor > 0, 1.0), 1.0)
    compared = len(comparisons) + sum(target >= 0 for target in comparisons.gives)
    return torch.where(factor > 0, factor, back), _Scaling(slopes, None, compared, skipped)


def _outcome(values: Tensor, comparisons: Comparisons, method: MethodSettings, scaling: _Scaling) -> Tensor:
    """Evidence (T, n) from levelled differences (P, n) at the same places."""
    if scaling.slopes is not None:
        values = F.prelu(values[None], scaling.slopes)[0]
    if method.normalise != "layer":
        values = values.tanh()
    if method.negatives != "keep":
        # The floor of dcsm.m, 1e-20 a pair, is below the rounding of a sum; it is put on the final map.
        positive = values.clamp(min=0)
        values = torch.cat([values, positive]) if comparisons.shared else positive
    evidence = summing(comparisons, values.dtype, values.device) @ values
    return evidence if scaling.gains is None else evidence.mul_(scaling.gains[:, None]).tanh_()


def _gain(highest: Tensor, alpha: float) -> Tensor:
    """The gain alpha / highest, and 0 where nothing is above 0: what has no maximum adds nothing (A5)."""
    # Maps are scaled to 1 beforehand; far below that, alpha / highest would leave the range of the type.
    least = torch.finfo(highest.dtype).tiny * 1e8
    return torch.where(highest > least, alpha / highest.clamp(min=least), 0.0)


def _cleaned(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Maps divided by the largest value of them all, which no later step notices, and whether some were not finite."""
    finite = maps.isfinite()
    maps = maps.where(finite, 0.0)
    largest = maps.abs().amax()
    return maps / largest.where(largest > 0, 1.0), finite.all().logical_not()


def _working_type(maps: Tensor) -> torch.dtype:
    return torch.float64 if maps.dtype == torch.float64 else torch.float32
