"""Maps of one class on networks whose top layers are random, and how much of the trained map's order is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from dcsm_viewer.engine.analysis.randomized_network import Randomiser
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.map_pipeline import MapStage
from dcsm_viewer.engine.stages.class_selection import Detection
from dcsm_viewer.engine.stages.network_passes import Passes
from dcsm_viewer.engine.stages.pass_outputs import Found, find
from dcsm_viewer.engine.stages.subtraction.class_maps import subtract
from dcsm_viewer.metrics.rank_correlation import spearman
from dcsm_viewer.queries.randomization_query import SanityLadder, SanityQuestion, SanityRung


def answer(question: SanityQuestion, stage: MapStage) -> Iterator[SanityLadder]:
    """The ladder, one rung more each time; the trained network's rung comes first, then the one on show.

    Classes are compared as in the trained network (same candidates, found at the same scales), so that the weights
    are all that changes. Memory: one randomised network and the gates of one pass at a time.
    """
    request = replace(stage.passes.request, focus=question.class_id)
    passes = replace(stage.passes, request=request, all_layers=False)
    found = find(passes, passes.method.scales)
    bench = _Bench(passes, compared(found, question.class_id), Randomiser(passes.model, question.seed))
    layers = bench.randomiser.layers
    rungs: dict[int, SanityRung] = {}
    for count in _order(len(layers), question.first):
        key = ("sanity", passes.forward_key, request.settings, question.class_id, question.seed, count)
        rungs[count] = passes.watch.tool("subtraction", key, partial(bench.rung, count, rungs.get(0)))
        yield SanityLadder(question, layers, dict(rungs))


def compared(found: Found, class_id: int) -> Detection:
    """Who is compared for this one class; one that was not detected is treated as if it had been, at every scale."""
    detection = found.detection
    if class_id in detection.detected_ids:
        return Detection(detection.candidate_ids, (class_id,), detection.found_at)
    return Detection(found.shown_ids, (class_id,), dict.fromkeys(found.scales, frozenset((class_id,))))


@dataclass(frozen=True, slots=True)
class _Bench:
    passes: Passes
    detection: Detection
    randomiser: Randomiser

    def rung(self, count: int, trained: SanityRung | None) -> SanityRung:
        """`trained` is rung 0, None while that one is made."""
        passes, class_id = self.passes, self.detection.detected_ids[0]
        if count:
            # The trained network's gates stay where they are: a class not asked for yet may need them.
            passes = replace(passes, model=self.randomiser.model_with(count), traces=Cache(0))
        scores: list[float] = []
        raw: dict[tuple[int, str], Tensor] = {}
        for scale in passes.method.scales:
            passes.checkpoint("saliency", f"{count} layers random, {scale} px")
            # Scores first: the gates of their forward pass are then there for the backward pass.
            scores.append(float(passes.scores(scale)[class_id]))
            of_class = passes.raw(scale, self.detection.candidate_ids)
            for layer in passes.layers:
                raw[scale, layer] = torch.stack([of_class[other][layer] for other in self.detection.candidate_ids])
        _, placement = passes.canvas()
        placement = replace(placement, image_shape=(placement.height, placement.width))
        subtracted = subtract(raw, self.detection, replace(passes.method, layers=passes.layers), placement)
        raw_map = to_array(subtracted.raw_class_maps[self.detection.candidate_ids.index(class_id)])
        distinct_map = to_array(subtracted.class_maps[0])
        raw_rho = spearman(raw_map, raw_map if trained is None else trained.raw)
        distinct_rho = spearman(distinct_map, distinct_map if trained is None else trained.distinct)
        return SanityRung(count, raw_map, distinct_map, raw_rho, distinct_rho, float(np.mean(scores)))


def _order(layers: int, first: int) -> tuple[int, ...]:
    rest = (count for count in range(1, layers + 1) if count != first)
    return (0, *((first,) if 0 < first <= layers else ()), *rest)
