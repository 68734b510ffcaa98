"""Distinct class maps from raw saliency maps per layer and scale; the presets are constants of this arithmetic.

docs/method.md has the steps. evidence.py does the work of one scale, in pieces; here the pieces of all scales are done
side by side and added up, and the sums become class maps of the image.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

import torch
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.runtime.parallel_map import parallel_map
from dcsm_viewer.engine.stages.class_selection import Detection
from dcsm_viewer.engine.stages.preprocess import Placement, to_image
from dcsm_viewer.engine.stages.subtraction.accumulate import Contribution, accumulate, merge, partial_sum_tasks
from dcsm_viewer.engine.stages.subtraction.pairs import Comparisons, against_nothing, against_rivals
from dcsm_viewer.engine.stages.subtraction.sampling_grid import PresampledGrid, SamplingGrid

FLOOR = 1e-20  # dcsm.m writes this where a map is not positive, so that its logarithm stays finite

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Subtracted:
    """The class maps of one image.

    class_maps (T, H, W) at image resolution and raw_class_maps (K, h, w) on the canvas, both in [0, 1].

    Only the class maps become labels, so only they are brought to the size of the image. `notes` are sentences.
    followed: what each (scale, layer) adds to the class `tracked_class` (h, w), where it gathers evidence.
    """

    class_maps: Tensor
    raw_class_maps: Tensor
    notes: tuple[str, ...]
    tracked_class: int | None = None
    per_layer: Mapping[Key, Tensor] = field(default_factory=dict)


def subtract(
    raw: Mapping[Key, Tensor],
    detection: Detection,
    method: MethodSettings,
    placement: Placement,
    *,
    side_px: int | None = None,
    tracked_class: int | None = None,
    known_raw_maps: Tensor | None = None,
) -> Subtracted:
    """Compute distinct and raw class maps from raw saliency maps.

    float64 maps are computed in float64, all else in float32.

    Parameters
    ----------
    raw
        (K, n, m) per (scale, layer), rows as the candidates; may hold more scales and layers than the method uses,
        and fewer scales (a partial result).
    detection
        Candidates and detected classes.
    method
        The constants of the subtraction.
    placement
        Where the image lies on the canvas.
    side_px
        For a preview, sampled as if the canvas had this side; maps of that size already are taken as they are.
    tracked_class
        A detected class whose contributions are wanted layer by layer.
    known_raw_maps
        The raw class maps, where they are known.

    Returns
    -------
    Subtracted
        The class maps of the detected classes, the raw class maps of the candidates.
    """
    scales = chosen_maps(raw, method)
    if side_px is not None and method.subtract_at == "canvas":
        scales = {scale: sampled(layers, method, placement, side_px) for scale, layers in scales.items()}
    grid = _grid(method, placement, side_px)
    compared = {scale: _rivals(scale, detection, method) for scale in scales}
    works = {
        scale: partial_sum_tasks(
            list(layers.values()), compared[scale], method, grid, _target_row(tracked_class, scale, detection, method)
        )
        for scale, layers in scales.items()
    }
    done = iter(parallel_map([work for of_scale in works.values() for work in of_scale], _device(raw)))
    distinct = {
        scale: merge(list(islice(done, len(works[scale]))), list(layers.values()), compared[scale], grid)
        for scale, layers in scales.items()
    }
    sums = [_scattered(evidence.sums, scale, detection, method) for scale, evidence in distinct.items()]
    class_maps = to_image(class_maps_from(sums, method), placement)
    if known_raw_maps is None:
        known_raw_maps = raw_class_maps(raw, method, placement, side_px=side_px)
    per_layer = {
        (scale, layer): maps
        for scale, evidence in distinct.items()
        for layer, maps in zip(scales[scale], evidence.per_layer)  # noqa: B905  # none where the class is gated out
    }
    return Subtracted(
        class_maps, known_raw_maps, notes_on(list(distinct.values()), class_maps), tracked_class, per_layer
    )


def raw_class_maps(
    raw: Mapping[Key, Tensor], method: MethodSettings, placement: Placement, *, side_px: int | None = None
) -> Tensor:
    """Aggregate raw maps with Mhat = M, nothing subtracted; each class depends on its own maps alone.

    Parameters
    ----------
    raw
        (K, n, m) per (scale, layer).
    method
        The constants of the subtraction.
    placement
        Where the image lies on the canvas.
    side_px
        As in `subtract`.

    Returns
    -------
    Tensor
        (K, h, w).
    """
    scales = chosen_maps(raw, method)
    if side_px is not None and method.subtract_at == "canvas":
        scales = {scale: sampled(layers, method, placement, side_px) for scale, layers in scales.items()}
    grid = _grid(method, placement, side_px)
    layers = {scale: list(maps.values()) for scale, maps in scales.items()}
    alone = against_nothing(next(iter(raw.values())).shape[0])
    works = {scale: partial_sum_tasks(maps, alone, method, grid) for scale, maps in layers.items()}
    done = iter(parallel_map([work for of_scale in works.values() for work in of_scale], _device(raw)))
    sums = [merge(list(islice(done, len(works[scale]))), maps, alone, grid).sums for scale, maps in layers.items()]
    return class_maps_from(sums, method)


def sampled(
    layers: Mapping[str, Tensor], method: MethodSettings, placement: Placement, side_px: int
) -> dict[str, Tensor]:
    """Sample the maps of each layer where a preview needs them; those of that size are left as they are.

    Parameters
    ----------
    layers
        (K, n, m) by layer.
    method
        The constants of the subtraction.
    placement
        Where the image lies on the canvas.
    side_px
        Side of the preview's canvas.

    Returns
    -------
    dict
        (K, h, w) by layer.
    """
    grid = SamplingGrid.of(placement, method, side_px)

    def enlarged(maps: Tensor) -> Tensor:
        if maps.shape[-2:] == grid.shape:
            return maps
        return grid.enlarged(maps if maps.dtype == torch.float64 else maps.float())

    return {layer: enlarged(maps) for layer, maps in layers.items()}


def chosen_maps(raw: Mapping[Key, Tensor], method: MethodSettings) -> dict[int, dict[str, Tensor]]:
    """Select the maps the method uses, by layer under each scale that is there; scales in the method's order."""
    chosen: dict[int, dict[str, Tensor]] = {}
    for wanted in method.scales:
        for (scale, layer), maps in raw.items():
            if scale == wanted and (not method.layers or layer in method.layers):
                chosen.setdefault(scale, {})[layer] = maps
    return chosen


def contribution_at(
    scale: int,
    layers: Mapping[str, Tensor],
    detection: Detection,
    method: MethodSettings,
    placement: Placement,
    *,
    side_px: int | None = None,
) -> Contribution:
    """Compute what one scale adds to the detected classes; zeros for a class not detected there (A7).

    Parameters
    ----------
    scale
        Its side, px.
    layers
        Raw maps (K, n, m) by layer.
    detection
        Candidates and detected classes.
    method
        The constants of the subtraction.
    placement
        Where the image lies on the canvas.
    side_px
        As in `subtract`.

    Returns
    -------
    Contribution
        Sums (T, h, w).
    """
    comparisons = _rivals(scale, detection, method)
    evidence = accumulate(list(layers.values()), comparisons, method, SamplingGrid.of(placement, method, side_px))
    return replace(evidence, sums=_scattered(evidence.sums, scale, detection, method))


def raw_contribution(
    layers: Mapping[str, Tensor], method: MethodSettings, placement: Placement, *, side_px: int | None = None
) -> Contribution:
    """Compute what one scale adds to each of the K candidates with Mhat = M, nothing subtracted.

    Parameters
    ----------
    layers
        Raw maps (K, n, m) by layer.
    method
        The constants of the subtraction.
    placement
        Where the image lies on the canvas.
    side_px
        As in `subtract`.

    Returns
    -------
    Contribution
        Sums (K, h, w).
    """
    maps = list(layers.values())
    return accumulate(maps, against_nothing(maps[0].shape[0]), method, SamplingGrid.of(placement, method, side_px))


def class_maps_from(sums: Sequence[Tensor], method: MethodSettings) -> Tensor:
    """Class maps (T, h, w) in [0, 1], on the image's rectangle of the canvas, from all scales' sums; 10.2 step 7.

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
    floor = FLOOR if method.negative_mode == "floor" else 0.0
    return total.clamp_(min=floor, max=1.0)


def focus_maps(
    raw: Mapping[Key, Tensor],
    detection: Detection,
    method: MethodSettings,
    placement: Placement,
    class_id: int,
    *,
    side_px: int | None = None,
    distinct: Mapping[Key, Tensor] | None = None,
) -> tuple[dict[Key, Tensor], dict[Key, Tensor]]:
    """Make raw and distinct maps of one candidate per (scale, layer), on the canvas, cropped to the image.

    Parameters
    ----------
    raw
        (K, n, m) per (scale, layer).
    detection
        Candidates and detected classes.
    method
        The constants of the subtraction.
    placement
        Where the image lies on the canvas.
    class_id
        The candidate.
    side_px
        As in `subtract`.
    distinct
        Distinct maps that are known; they are taken as they are.

    Returns
    -------
    tuple of dict
        Raw maps (h, w), M of the class, up-sampled; and what each layer and scale add to the class's sum, not
        normalised further, so that all of them add up to it, missing where the class is not summed (A7).
    """
    row = detection.candidate_ids.index(class_id)
    chosen = chosen_maps(raw, method)
    own = [{layer: maps[row].nan_to_num(0.0, 0.0, 0.0) for layer, maps in layers.items()} for layers in chosen.values()]
    upsampled = partial(sampled, method=method, placement=placement, side_px=side_px or method.canvas_px)
    known_raw_maps = parallel_map([partial(upsampled, layers) for layers in own], _device(raw))
    found = {
        (scale, layer): maps
        for scale, layers in zip(chosen, known_raw_maps, strict=True)
        for layer, maps in layers.items()
    }
    if distinct is None:
        alone = Detection(detection.candidate_ids, (class_id,), detection.detected_at)
        distinct = subtract(
            raw,
            alone,
            method,
            placement,
            side_px=side_px,
            tracked_class=class_id,
            known_raw_maps=next(iter(raw.values()))[:0],
        ).per_layer
    return found, dict(distinct)


def notes_on(evidence: Sequence[Contribution], class_maps: Tensor) -> tuple[str, ...]:
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


def _rivals(scale: int, detection: Detection, method: MethodSettings) -> Comparisons:
    """Of the detected classes that gather evidence at this scale."""
    targets = tuple(c for c in detection.detected_ids if _gathers(c, scale, detection, method))
    return against_rivals(detection.candidate_ids, targets, method)


def _scattered(sums: Tensor, scale: int, detection: Detection, method: MethodSettings) -> Tensor:
    """Sums (T, h, w) of all detected classes, from those of the classes that gather evidence at this scale."""
    rows = [row for row, c in enumerate(detection.detected_ids) if _gathers(c, scale, detection, method)]
    if len(rows) == len(detection.detected_ids):
        return sums
    whole = sums.new_zeros(len(detection.detected_ids), *sums.shape[1:])
    whole[rows] = sums
    return whole


def _target_row(class_id: int | None, scale: int, detection: Detection, method: MethodSettings) -> int | None:
    """The row of a class among those that gather evidence at this scale, None where it does not."""
    targets = [c for c in detection.detected_ids if _gathers(c, scale, detection, method)]
    return targets.index(class_id) if class_id in targets else None


def _grid(method: MethodSettings, placement: Placement, side_px: int | None) -> SamplingGrid | PresampledGrid:
    grid = SamplingGrid.of(placement, method, side_px)
    if side_px is None or method.subtract_at != "canvas":
        return grid
    return PresampledGrid(grid.shape)


def _device(raw: Mapping[Key, Tensor]) -> torch.device:
    return next(iter(raw.values())).device


def _gathers(class_id: int, scale: int, detection: Detection, method: MethodSettings) -> bool:
    return not method.skip_undetected_scales or class_id in detection.detected_at.get(scale, frozenset())
