"""A picture of the maps in about a frame: raw maps sampled on a small grid, which is cached, and compared there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor

from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs
from dcsm_viewer.engine.stages.subtraction.class_maps import sampled

SIDES_PX = (125, 100, 80, 64, 50)  # a quarter of the paper's canvas; smaller where very many classes are compared
MAX_DIFFERENCES = 20_000_000  # samples of differences that are made in about a frame


@dataclass(frozen=True, slots=True)
class Preview:
    """Maps at reduced size.

    `outputs` with its raw maps as they are sampled where the canvas has the side `side_px`.
    """

    outputs: PassOutputs
    side_px: int


def make_preview(outputs: PassOutputs, passes: NetworkPasses) -> Preview:
    """Sample the raw maps of these scales at reduced size; made once for each set of classes."""
    side_px = side_for(outputs, passes)
    method, placement = passes.method, passes.canvas()[1]
    if method.subtract_at != "canvas":
        return Preview(outputs, side_px)
    small: dict[tuple[int, str], Tensor] = {}
    for scale, layer in outputs.raw:
        key = ("sampled", *passes.maps_key(scale), layer, outputs.shown_ids, method.upsampling, side_px)
        work = partial(sampled, {layer: outputs.raw[scale, layer]}, method, placement, side_px)
        small[scale, layer] = passes.stopwatch.intermediate("subtraction", key, work)[layer]
    return Preview(replace(outputs, raw=small), side_px)


def side_for(outputs: PassOutputs, passes: NetworkPasses) -> int:
    """Choose the largest of the sides at which the comparisons take about a frame."""
    candidates, targets = len(outputs.detection.candidate_ids), len(outputs.detection.detected_ids)
    pairs = targets * (targets - 1) // 2 + targets * (candidates - targets)
    placement = passes.canvas()[1]
    share = placement.height * placement.width / placement.canvas_px**2
    each = max(1.0, pairs * len(outputs.raw) * share)
    return next((side for side in SIDES_PX if each * side**2 <= MAX_DIFFERENCES), SIDES_PX[-1])
