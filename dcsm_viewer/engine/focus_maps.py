"""The maps of the one class on display, per scale and layer, and its aggregates."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from dcsm_viewer.core.map_sums import sums_of
from dcsm_viewer.core.types import FocusMaps
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.runtime.parallel_map import parallel_map
from dcsm_viewer.engine.stages.class_selection import Detection
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs
from dcsm_viewer.engine.stages.subtraction.class_maps import Subtracted, focus_maps, subtract


def focus_on(
    outputs: PassOutputs, subtracted: Subtracted, known_raw_maps: Tensor, passes: NetworkPasses, side_px: int | None
) -> FocusMaps | None:
    """Make the maps of the class in focus.

    A class that was not detected is treated as if it had been, at every scale: its maps show what it would get.

    Parameters
    ----------
    outputs
        Scores and raw maps of all scales.
    subtracted
        The class maps of the detected classes.
    known_raw_maps
        (K', h, w), the raw class maps of all shown classes, rows as `outputs.shown_ids`.
    passes
        The passes of the request.
    side_px
        As in `subtract`.

    Returns
    -------
    FocusMaps or None
        None if there is no class at all.
    """
    class_id = outputs.focus
    if class_id is None:
        return None
    method = replace(passes.method, layers=passes.layers)
    placement = passes.canvas()[1]
    detection, detected = outputs.detection, class_id in outputs.detection.detected_ids
    if not detected:
        detection = Detection(outputs.shown_ids, (class_id,), dict.fromkeys(outputs.scales, frozenset((class_id,))))
        subtracted = subtract(
            outputs.raw,
            detection,
            method,
            placement,
            side_px=side_px,
            tracked_class=class_id,
            known_raw_maps=known_raw_maps,
        )
    known = subtracted.per_layer if subtracted.tracked_class == class_id else None
    raw, distinct = focus_maps(outputs.raw, detection, method, placement, class_id, side_px=side_px, distinct=known)
    kinds = [{key: to_array(maps) for key, maps in of_kind.items()} for of_kind in (raw, distinct)]
    sums = parallel_map([partial(sums_of, of_kind) for of_kind in kinds], torch.device("cpu"))
    return FocusMaps(
        class_id=class_id,
        raw=kinds[0],
        distinct=kinds[1],
        raw_class_map=to_array(known_raw_maps[outputs.shown_ids.index(class_id)]),
        class_map=to_array(subtracted.class_maps[detection.detected_ids.index(class_id)]),
        detected=detected,
        raw_sums=sums[0],
        distinct_sums=sums[1],
    )
