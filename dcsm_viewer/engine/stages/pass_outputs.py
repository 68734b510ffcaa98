"""What the passes over some scales gave: scores, who is compared with whom, raw maps, the class on display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.engine.stages.class_selection import Detection, detect
from dcsm_viewer.engine.stages.network_passes import NetworkPasses

RawMaps = dict[tuple[int, str], Tensor]


@dataclass(frozen=True, slots=True)
class PassOutputs:
    """The outputs of the passes over some scales.

    scales: in the order of the settings; scores (S, C) a row each. focus: the class on display, None if there is no
    class at all. raw: M (K, h, w) per (scale, layer), rows as `shown_ids`: the candidates, then the focus if it is
    none of them.
    """

    scales: tuple[int, ...]
    scores: NDArray[np.floating]
    detection: Detection
    focus: int | None
    shown_ids: tuple[int, ...]
    raw: RawMaps

    @property
    def candidate_maps(self) -> RawMaps:
        """The raw maps of the candidates, without those of a class in focus that is none."""
        count = len(self.detection.candidate_ids)
        return {key: maps[:count] for key, maps in self.raw.items()}


def run_passes(passes: NetworkPasses, scales: Sequence[int]) -> PassOutputs:
    """Run the passes of these scales in their order, only where something is missing, and collect what they give."""
    in_order, scores, detection, focus, shown_ids = _classes(passes, scales)
    raw: RawMaps = {}
    if shown_ids:
        by_scale = {scale: passes.raw(scale, shown_ids) for scale in scales}
        for scale in in_order:
            for layer in passes.layers:
                raw[scale, layer] = torch.stack([by_scale[scale][class_id][layer] for class_id in shown_ids])
    return PassOutputs(in_order, scores, detection, focus, shown_ids, raw)


def _classes(
    passes: NetworkPasses, scales: Sequence[int]
) -> tuple[tuple[int, ...], NDArray[np.floating], Detection, int | None, tuple[int, ...]]:
    by_scale = {scale: passes.scores(scale) for scale in scales}
    in_order = tuple(scale for scale in passes.method.scales if scale in by_scale)
    scores = np.stack([by_scale[scale] for scale in in_order])
    detection = detect(scores, in_order, passes.method, passes.request.settings.choice)
    focus = passes.request.focus
    if focus is None or not 0 <= focus < scores.shape[1]:
        focus = _best(image_scores(scores, passes.method), detection)
    extra = () if focus is None or focus in detection.candidate_ids else (focus,)
    return in_order, scores, detection, focus, (*detection.candidate_ids, *extra)


def _best(best: NDArray[np.floating], detection: Detection) -> int | None:
    """The detected class with the largest of the scores (C,), else such a candidate, else None."""
    among = detection.detected_ids or detection.candidate_ids
    return max(among, key=lambda class_id: best[class_id], default=None)
