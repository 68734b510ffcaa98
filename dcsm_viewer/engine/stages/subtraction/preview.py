"""A picture of the maps in about a frame: raw maps sampled on a small sheet, which is kept, and compared there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor

from dcsm_viewer.engine.stages.network_passes import Passes
from dcsm_viewer.engine.stages.pass_outputs import Found
from dcsm_viewer.engine.stages.subtraction.class_maps import sampled

SIDES_PX = (125, 100, 80, 64, 50)  # a quarter of the paper's canvas; smaller where very many classes are compared
ROOM = 20_000_000  # samples of differences that are made in about a frame


@dataclass(frozen=True, slots=True)
class QuickLook:
    """`found` with its raw maps as they are sampled where the canvas has the side `side_px`."""

    found: Found
    side_px: int


def quick_look(found: Found, passes: Passes) -> QuickLook:
    """The raw maps of these scales at reduced size; made once for each set of classes."""
    side_px = side_for(found, passes)
    method, placement = passes.method, passes.canvas()[1]
    if method.subtract_at != "canvas":
        return QuickLook(found, side_px)
    small: dict[tuple[int, str], Tensor] = {}
    for scale, layer in found.raw:
        key = ("sampled", *passes.maps_key(scale), layer, found.shown_ids, method.upsampling, side_px)
        work = partial(sampled, {layer: found.raw[scale, layer]}, method, placement, side_px)
        small[scale, layer] = passes.watch.tool("subtraction", key, work)[layer]
    return QuickLook(replace(found, raw=small), side_px)


def side_for(found: Found, passes: Passes) -> int:
    """The largest of the sides at which the comparisons take about a frame."""
    candidates, targets = len(found.detection.candidate_ids), len(found.detection.detected_ids)
    pairs = targets * (targets - 1) // 2 + targets * (candidates - targets)
    placement = passes.canvas()[1]
    share = placement.height * placement.width / placement.canvas_px**2
    each = max(1.0, pairs * len(found.raw) * share)
    return next((side for side in SIDES_PX if each * side**2 <= ROOM), SIDES_PX[-1])
