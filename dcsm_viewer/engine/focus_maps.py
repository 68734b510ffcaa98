"""The maps of the one class on display, per scale and layer, and its aggregates."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from dcsm_viewer.core.map_sums import sums_of
from dcsm_viewer.core.types import FocusMaps
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.runtime.parallel_map import side_by_side
from dcsm_viewer.engine.stages.class_selection import Detection
from dcsm_viewer.engine.stages.network_passes import Passes
from dcsm_viewer.engine.stages.pass_outputs import Found
from dcsm_viewer.engine.stages.subtraction.class_maps import Subtracted, focus_maps, subtract


def focus_on(
    found: Found, subtracted: Subtracted, plain: Tensor, passes: Passes, side_px: int | None
) -> FocusMaps | None:
    """Maps of the class in focus; None if there is no class at all. `side_px` as in `subtract`.

    A class that was not detected is treated as if it had been, at every scale: its maps show what it would get.
    plain: the raw class maps of all classes on show (K', h, w), rows as `found.shown_ids`.
    """
    class_id = found.focus
    if class_id is None:
        return None
    method = replace(passes.method, layers=passes.layers)
    placement = passes.canvas()[1]
    detection, detected = found.detection, class_id in found.detection.detected_ids
    if not detected:
        detection = Detection(found.shown_ids, (class_id,), dict.fromkeys(found.scales, frozenset((class_id,))))
        subtracted = subtract(found.raw, detection, method, placement, side_px=side_px, follow=class_id, plain=plain)
    known = subtracted.followed if subtracted.follow == class_id else None
    raw, distinct = focus_maps(found.raw, detection, method, placement, class_id, side_px=side_px, distinct=known)
    kinds = [{key: to_array(maps) for key, maps in of_kind.items()} for of_kind in (raw, distinct)]
    sums = side_by_side([partial(sums_of, of_kind) for of_kind in kinds], torch.device("cpu"))
    return FocusMaps(
        class_id=class_id,
        raw=kinds[0],
        distinct=kinds[1],
        raw_class_map=to_array(plain[found.shown_ids.index(class_id)]),
        class_map=to_array(subtracted.class_maps[detection.detected_ids.index(class_id)]),
        detected=detected,
        raw_sums=sums[0],
        distinct_sums=sums[1],
    )
