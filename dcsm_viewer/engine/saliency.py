"""Raw class saliency maps M: per class and layer the channel maximum of the derivative, at layer resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from dcsm_viewer.engine.models.network import Trace
from dcsm_viewer.engine.models.registry import Model
from dcsm_viewer.values import BackwardMode, MethodSettings

CHUNK = 8  # classes sent back together; the gradients of a chunk are the largest thing in memory


def raw_maps(
    model: Model, trace: Trace[object], class_ids: Sequence[int], layers: Sequence[str], method: MethodSettings
) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """(class id, {layer: M (h, w) float32}) for each class; one batched backward pass per chunk of classes.

    M = max_k |w_k| (absolute) or max_k w_k (signed), w the derivative of the class at the layer (docs/method.md).
    """
    for start in range(0, len(class_ids), CHUNK):
        chunk = class_ids[start : start + CHUNK]
        reduced = _reduced(model, trace, chunk, layers, method.backward, _reducer(method))
        for row, class_id in enumerate(chunk):
            yield class_id, {layer: maps[row] for layer, maps in reduced.items()}


def _reduced(
    model: Model,
    trace: Trace[object],
    class_ids: Sequence[int],
    layers: Sequence[str],
    mode: BackwardMode,
    reduce: Callable[[Tensor], Tensor],
) -> dict[str, Tensor]:
    seeds = model.readout.seeds(trace.logits, class_ids)
    steps = model.network.backward(trace, seeds, layers, mode)
    return {layer: reduce(gradient).float() for layer, gradient in steps}


def _reducer(method: MethodSettings) -> Callable[[Tensor], Tensor]:
    if method.channel_max == "signed":
        return lambda gradient: gradient.amax(1)
    # max |w| without a copy of |w| as large as w; the infinity norm is slower.
    return lambda gradient: torch.maximum(gradient.amax(1), -gradient.amin(1))
