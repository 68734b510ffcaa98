"""Raw class saliency maps M: per class and layer the channel maximum of the derivative, at layer resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from dcsm_viewer.engine.models.network import Trace
from dcsm_viewer.engine.models.registry import Model
from dcsm_viewer.values import MethodSettings

CHUNK = 8  # classes sent back together; the gradients of a chunk are the largest thing in memory


def raw_maps(
    model: Model,
    trace: Trace[object],
    class_ids: Sequence[int],
    layers: Sequence[str],
    method: MethodSettings,
    pulse: Callable[[str], None],
) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """(class id, {layer: M (h, w)}) for each class, float32; one batched backward pass per chunk of classes.

    M = max_k |w_k| (absolute) or max_k w_k (signed), w the derivative of the class at the layer (docs/method.md).
    `pulse` hears of every layer reached ("classes 1-4 of 4, conv5_2"), and may raise to stop there.
    """
    reduce, mode = _reducer(method), method.backward
    assert mode != "gradcam", "engine.baselines makes the maps of a baseline"
    assert mode != "finercam", "engine.baselines makes the maps of a baseline"
    for start in range(0, len(class_ids), CHUNK):
        chunk = class_ids[start : start + CHUNK]
        seeds = model.readout.seeds(trace.logits, chunk)
        reduced: dict[str, Tensor] = {}
        for layer, gradient in model.network.backward(trace, seeds, layers, mode):
            pulse(f"classes {start + 1}-{start + len(chunk)} of {len(class_ids)}, {layer}")
            maps = reduce(gradient)
            reduced[layer] = maps if maps.dtype == torch.float64 else maps.float()
        for row, class_id in enumerate(chunk):
            yield class_id, {layer: maps[row] for layer, maps in reduced.items()}


def _reducer(method: MethodSettings) -> Callable[[Tensor], Tensor]:
    if method.channel_max == "signed":
        return lambda gradient: gradient.amax(1)
    # max |w| without a copy of |w| as large as w; the infinity norm is slower.
    return lambda gradient: torch.maximum(gradient.amax(1), -gradient.amin(1))
