"""Distinct class maps from raw saliency maps per layer and scale; the presets are constants of this arithmetic.

docs/method.md has the steps. `gather` in evidence.py does the work of one scale; here the scales are added up and the
sums become class maps of the image.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dcsm_viewer.engine.candidates import Detection
from dcsm_viewer.engine.comparisons import against_nothing, against_rivals
from dcsm_viewer.engine.evidence import Evidence, gather
from dcsm_viewer.engine.preprocess import Placement, to_image
from dcsm_viewer.engine.sheet import Sheet
from dcsm_viewer.values import MethodSettings

FLOOR = 1e-20  # dcsm.m writes this where a map is not positive, so that its logarithm stays finite

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Subtracted:
    """class_maps (T, H, W) at image resolution and raw_class_maps (K, h, w) on the canvas, both in [0, 1].

    Only the class maps become labels, so only they are brought to the size of the image. `notes` are sentences.
    """

    class_maps: Tensor
    raw_class_maps: Tensor
    notes: tuple[str, ...]


def subtract(
    raw: Mapping[Key, Tensor],
    detection: Detection,
    method: MethodSettings,
    placement: Placement,
    *,
    side_px: int | None = None,
) -> Subtracted:
    """Distinct and raw class maps from raw saliency maps (K, n, m) per (scale, layer), rows as the candidates.

    `raw` may hold more scales and layers than the method uses, and fewer scales (a partial result). `side_px` gives
    a quick look, sampled as if the canvas had this side. float64 maps are computed in float64, all else in float32.
    """
    scales = chosen_maps(raw, method)
    distinct = [
        evidence_at(scale, maps, detection, method, placement, side_px=side_px) for scale, maps in scales.items()
    ]
    plain = [raw_evidence(maps, method, placement, side_px=side_px) for maps in scales.values()]
    class_maps = to_image(class_maps_from([evidence.sums for evidence in distinct], method), placement)
    raw_class_maps = class_maps_from([evidence.sums for evidence in plain], method)
    return Subtracted(class_maps, raw_class_maps, notes_on(distinct, class_maps))


def chosen_maps(raw: Mapping[Key, Tensor], method: MethodSettings) -> dict[int, dict[str, Tensor]]:
    """The maps the method uses, layer by layer under each scale that is there; scales in the method's order."""
    chosen: dict[int, dict[str, Tensor]] = {}
    for wanted in method.scales:
        for (scale, layer), maps in raw.items():
            if scale == wanted and (not method.layers or layer in method.layers):
                chosen.setdefault(scale, {})[layer] = maps
    return chosen


def evidence_at(
    scale: int,
    layers: Mapping[str, Tensor],
    detection: Detection,
    method: MethodSettings,
    placement: Placement,
    *,
    side_px: int | None = None,
) -> Evidence:
    """What one scale adds to the detected classes, sums (T, h, w); zeros for a class not found there (A7)."""
    targets = tuple(c for c in detection.detected_ids if _gathers(c, scale, detection, method))
    comparisons = against_rivals(detection.candidate_ids, targets, method)
    evidence = gather(list(layers.values()), comparisons, method, Sheet.of(placement, method, side_px))
    if targets == detection.detected_ids:
        return evidence
    sums = evidence.sums.new_zeros(len(detection.detected_ids), *evidence.sums.shape[1:])
    for row, class_id in enumerate(targets):
        sums[detection.detected_ids.index(class_id)] = evidence.sums[row]
    return Evidence(sums, evidence.compared, evidence.skipped, evidence.broken)


def raw_evidence(
    layers: Mapping[str, Tensor], method: MethodSettings, placement: Placement, *, side_px: int | None = None
) -> Evidence:
    """What one scale adds to each of the K candidates with Mhat = M, nothing subtracted: sums (K, h, w)."""
    maps = list(layers.values())
    return gather(maps, against_nothing(maps[0].shape[0]), method, Sheet.of(placement, method, side_px))


def class_maps_from(sums: Sequence[Tensor], method: MethodSettings) -> Tensor:
    """Class maps (T, h, w) in [0, 1], on the image's rectangle of the canvas, from the sums of every scale; 1.3 step 7.

    Each class is divided by its own maximum over the image (A15), put through tanh(alpha x) where the method says
    so, and divided again. A class whose maximum is not positive gets a map of zeros. Negatives, which the Caffe
    release keeps until its output, end here.
    """
    total = sums[0].clone()
    for more in sums[1:]:
        total.add_(more)
    if total.shape[0]:
        highest = total.flatten(1).amax(dim=1)[:, None, None]
        total.mul_(torch.where(highest > 0, 1 / highest.where(highest > 0, 1.0), 0.0))
    if method.final_tanh:
        # The maximum is 1 now, and tanh keeps the order: the next one is tanh(alpha).
        total.mul_(method.alpha).tanh_().div_(math.tanh(method.alpha))
    floor = FLOOR if method.negatives == "floor" else 0.0
    return total.clamp_(min=floor, max=1.0)


def focus_maps(
    raw: Mapping[Key, Tensor],
    detection: Detection,
    method: MethodSettings,
    placement: Placement,
    class_id: int,
    *,
    side_px: int | None = None,
) -> tuple[dict[Key, Tensor], dict[Key, Tensor]]:
    """Raw and distinct maps (h, w) of one candidate per (scale, layer), on the canvas, cropped to the image.

    raw: M of the class, up-sampled. distinct: what that layer and scale add to the class's sum, not normalised
    further, so that all of them add up to it; missing where the class gathers no evidence (A7).
    """
    sheet = Sheet.of(placement, method, side_px)
    row = detection.candidate_ids.index(class_id)
    comparisons = against_rivals(detection.candidate_ids, (class_id,), method)
    plain: dict[Key, Tensor] = {}
    distinct: dict[Key, Tensor] = {}
    for scale, layers in chosen_maps(raw, method).items():
        gathers = _gathers(class_id, scale, detection, method)
        for layer, maps in layers.items():
            own = maps[row].nan_to_num(0.0, 0.0, 0.0)
            plain[scale, layer] = sheet.enlarged(own if own.dtype == torch.float64 else own.float())
            if gathers:
                distinct[scale, layer] = gather([maps], comparisons, method, sheet).sums[0]
    return plain, distinct


def notes_on(evidence: Sequence[Evidence], class_maps: Tensor) -> tuple[str, ...]:
    """Sentences about what could not be used. Waits for the device."""
    compared = sum(piece.compared for piece in evidence)
    skipped = sum(int(piece.skipped) for piece in evidence)
    broken = sum(int(piece.broken) for piece in evidence)
    notes = []
    if skipped:
        notes.append(f"{skipped} of {compared} comparisons added nothing: the class nowhere exceeds its rival there.")
    if broken:
        notes.append(f"Values that are not finite, in {broken} layers, count as no evidence.")
    if len(class_maps):
        peaks = class_maps.flatten(1).amax(dim=1).tolist()
        empty = sum(peak <= FLOOR for peak in peaks)
        if empty:
            notes.append(f"The maps of {empty} of {len(peaks)} classes are empty: nothing is theirs alone.")
    return tuple(notes)


def _gathers(class_id: int, scale: int, detection: Detection, method: MethodSettings) -> bool:
    return not method.gate_by_scale or class_id in detection.found_at.get(scale, frozenset())
