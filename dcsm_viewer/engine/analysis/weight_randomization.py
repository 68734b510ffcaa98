"""Maps of one class on networks whose top layers are random, and how much of the trained map's order is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from dcsm_viewer.engine.analysis.randomized_network import WeightRandomizer
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.stages.class_selection import Detection
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs, run_passes
from dcsm_viewer.engine.stages.subtraction.class_maps import subtract
from dcsm_viewer.metrics.rank_correlation import spearman
from dcsm_viewer.queries.randomization_query import RandomizationQuestion, RandomizationSeries, RandomizationStep


def answer(question: RandomizationQuestion, stage: MapPipeline) -> Iterator[RandomizationSeries]:
    """Yield the series, one step more each time; the trained network comes first, then the displayed step.

    Classes are compared as in the trained network (same candidates, detected at the same scales), so that the weights
    are all that changes. Memory: one randomised network and the masks of one pass at a time.
    """
    request = replace(stage.passes.request, focus=question.class_id)
    passes = replace(stage.passes, request=request, all_layers=False)
    outputs = run_passes(passes, passes.method.scales)
    evaluator = _RandomizationEvaluator(
        passes, detection_for_class(outputs, question.class_id), WeightRandomizer(passes.model, question.seed)
    )
    layers = evaluator.randomiser.layers
    steps: dict[int, RandomizationStep] = {}
    for count in _order(len(layers), question.first):
        key = ("sanity", passes.forward_key, request.settings, question.class_id, question.seed, count)
        steps[count] = passes.stopwatch.intermediate("subtraction", key, partial(evaluator.step, count, steps.get(0)))
        yield RandomizationSeries(question, layers, dict(steps))


def detection_for_class(outputs: PassOutputs, class_id: int) -> Detection:
    """Select who is compared for one class; one not detected is treated as if it had been, at every scale."""
    detection = outputs.detection
    if class_id in detection.detected_ids:
        return Detection(detection.candidate_ids, (class_id,), detection.detected_at)
    return Detection(outputs.shown_ids, (class_id,), dict.fromkeys(outputs.scales, frozenset((class_id,))))


@dataclass(frozen=True, slots=True)
class _RandomizationEvaluator:
    passes: NetworkPasses
    detection: Detection
    randomiser: WeightRandomizer

    def step(self, count: int, trained: RandomizationStep | None) -> RandomizationStep:
        """`trained` is step 0, None while that one is made."""
        passes, class_id = self.passes, self.detection.detected_ids[0]
        if count:
            # The trained network's ReLU masks stay cached: a class not requested yet may need them.
            passes = replace(passes, model=self.randomiser.model_with(count), forward_cache=Cache(0))
        scores: list[float] = []
        raw: dict[tuple[int, str], Tensor] = {}
        for scale in passes.method.scales:
            passes.checkpoint("saliency", f"{count} layers random, {scale} px")
            # Scores first: the ReLU masks of their forward pass are then there for the backward pass.
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
        return RandomizationStep(count, raw_map, distinct_map, raw_rho, distinct_rho, float(np.mean(scores)))


def _order(layers: int, first: int) -> tuple[int, ...]:
    rest = (count for count in range(1, layers + 1) if count != first)
    return (0, *((first,) if 0 < first <= layers else ()), *rest)
