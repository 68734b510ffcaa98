"""Raw class saliency maps M: per class and layer the channel maximum of the derivative, at layer resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.model_cache import Model
from dcsm_viewer.engine.networks.network import ForwardState

Maps = dict[str, Tensor]


def raw_maps(
    model: Model,
    state: ForwardState[object],
    class_ids: Sequence[int],
    layers: Sequence[str],
    method: MethodSettings,
    on_progress: Callable[[str], None],
) -> Iterator[tuple[int, Maps]]:
    """Compute raw saliency maps: M = max_k |w_k| (absolute) or max_k w_k (signed), w the derivative at a layer.

    One class at a time, because a matrix product rounds a column differently beside other columns: a class's maps must
    not depend on which other classes happened to be missing (docs/decisions/one-class-a-backward-pass.md). Too little
    memory for one class is handled by the engine, as in every stage (Engine._computed). docs/method.md 3.

    Parameters
    ----------
    model
        The network and its class head.
    state
        Of the forward pass.
    class_ids
        The classes, in the order in which their maps are yielded.
    layers
        Names of the layers.
    method
        Its attribution and channel_reduction are read.
    on_progress
        Called for every layer reached ("class 1 of 4, conv5_2"); may raise to stop there.

    Returns
    -------
    Iterator
        (class id, {layer: M (h, w)}), float32 or float64; one backward pass a class.
    """
    for number, class_id in enumerate(class_ids, 1):
        progress = f"class {number} of {len(class_ids)}"
        yield class_id, _reduced(model, state, class_id, layers, method, partial(_report_layer, on_progress, progress))


def _report_layer(on_progress: Callable[[str], None], progress: str, layer: str) -> None:
    on_progress(f"{progress}, {layer}")


def _reduced(
    model: Model,
    state: ForwardState[object],
    class_id: int,
    layers: Sequence[str],
    method: MethodSettings,
    on_progress: Callable[[str], None],
) -> Maps:
    reduce, mode = _reducer(method), method.attribution
    assert mode != "gradcam", "engine.baselines makes the maps of a baseline"
    assert mode != "finercam", "engine.baselines makes the maps of a baseline"
    grad_outputs = model.class_head.grad_outputs(state.logits, (class_id,))
    reduced: Maps = {}
    for layer, gradient in model.network.backward(state, grad_outputs, layers, mode):
        on_progress(layer)
        maps = reduce(gradient)[0]
        reduced[layer] = maps if maps.dtype == torch.float64 else maps.float()
    return reduced


def _reducer(method: MethodSettings) -> Callable[[Tensor], Tensor]:
    if method.channel_reduction == "signed":
        return lambda gradient: gradient.amax(1)
    # max |w| without a copy of |w| as large as w; the infinity norm is slower.
    return lambda gradient: torch.maximum(gradient.amax(1), -gradient.amin(1))
