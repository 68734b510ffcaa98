"""Raw class saliency maps M: per class and layer the channel maximum of the derivative, at layer resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from dcsm_viewer.engine.models.network import Trace
from dcsm_viewer.engine.models.registry import Model
from dcsm_viewer.values import MethodSettings, UserError

MOST_TOGETHER = 8  # more classes in a batch are no faster
# A fixed bound, not what happens to be free: how many go together must not differ from one run to its replay.
GRADIENTS_BYTES = 1024**3

Maps = dict[str, Tensor]


def raw_maps(
    model: Model,
    trace: Trace[object],
    class_ids: Sequence[int],
    layers: Sequence[str],
    method: MethodSettings,
    pulse: Callable[[str], None],
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[int, Maps]]:
    """(class id, {layer: M (h, w)}) for each class, float32 or float64; one batched backward pass per chunk of classes.

    M = max_k |w_k| (absolute) or max_k w_k (signed), w the derivative of the class at the layer (docs/method.md).
    `pulse` hears of every layer reached ("classes 1-4 of 4, conv5_2"), and may raise to stop there. Where the
    device's memory does not hold a chunk, half of it is tried, and so on; `say` hears a sentence about that.
    Raises UserError when not even one class fits.
    """
    together = chunk_size(model.network.backward_bytes(trace, layers))
    start = 0
    while start < len(class_ids):
        chunk = class_ids[start : start + together]
        place = f"classes {start + 1}-{start + len(chunk)} of {len(class_ids)}"
        reduced = _within_memory(model, trace, chunk, layers, method, partial(_pulse_at, pulse, place))
        if reduced is None:
            if len(chunk) == 1:
                raise UserError(
                    f"The memory of the {trace.logits.device.type} does not hold one class's gradients; "
                    "choose smaller scales, or the device cpu."
                )
            together = len(chunk) // 2
            say(
                f"The memory of the {trace.logits.device.type} did not hold {len(chunk)} classes at once; "
                f"they were sent back {together} at a time."
            )
            continue
        for row, class_id in enumerate(chunk):
            yield class_id, {layer: maps[row] for layer, maps in reduced.items()}
        start += len(chunk)


def _pulse_at(pulse: Callable[[str], None], place: str, layer: str) -> None:
    pulse(f"{place}, {layer}")


def chunk_size(bytes_per_class: int) -> int:
    """How many classes go back together, at least one, so that their gradients stay within GRADIENTS_BYTES."""
    return min(MOST_TOGETHER, max(1, GRADIENTS_BYTES // max(1, bytes_per_class)))


def _within_memory(
    model: Model,
    trace: Trace[object],
    chunk: Sequence[int],
    layers: Sequence[str],
    method: MethodSettings,
    pulse: Callable[[str], None],
) -> Maps | None:
    """The maps (K, h, w) of these classes, None where the memory does not hold them all at once."""
    try:
        return _reduced(model, trace, chunk, layers, method, pulse)
    except torch.OutOfMemoryError:
        pass
    except RuntimeError as error:
        # The CPU's allocator raises nothing more special.
        if "DefaultCPUAllocator" not in str(error):
            raise
    # Only here, with the exception and the tensors it held gone, is there something to give back.
    if trace.logits.device.type == "cuda":
        torch.cuda.empty_cache()
    return None


def _reduced(
    model: Model,
    trace: Trace[object],
    chunk: Sequence[int],
    layers: Sequence[str],
    method: MethodSettings,
    pulse: Callable[[str], None],
) -> Maps:
    reduce, mode = _reducer(method), method.backward
    assert mode != "gradcam", "engine.baselines makes the maps of a baseline"
    assert mode != "finercam", "engine.baselines makes the maps of a baseline"
    seeds = model.readout.seeds(trace.logits, chunk)
    reduced: Maps = {}
    for layer, gradient in model.network.backward(trace, seeds, layers, mode):
        pulse(layer)
        maps = reduce(gradient)
        reduced[layer] = maps if maps.dtype == torch.float64 else maps.float()
    return reduced


def _reducer(method: MethodSettings) -> Callable[[Tensor], Tensor]:
    if method.channel_max == "signed":
        return lambda gradient: gradient.amax(1)
    # max |w| without a copy of |w| as large as w; the infinity norm is slower.
    return lambda gradient: torch.maximum(gradient.amax(1), -gradient.amin(1))
