"""Classes in chunks that fit into the memory: what is held at once, and what happens when it does not suffice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from dcsm_viewer.engine import saliency
from dcsm_viewer.engine.models.convention import CAFFE
from dcsm_viewer.engine.models.efficientnet_lite0 import EfficientNetLite0
from dcsm_viewer.engine.models.network import Network, Trace
from dcsm_viewer.engine.models.registry import Model
from dcsm_viewer.engine.models.vgg16 import Vgg16
from dcsm_viewer.engine.models.vocabulary import SigmoidClasses
from dcsm_viewer.engine.saliency import MOST_TOGETHER, chunk_size, raw_maps
from dcsm_viewer.values import BackwardMode, MethodSettings, ModelCard, UserError
from tests.networks import random_vgg_tensors, real_lite0_tensors

CLASSES = 6
LAYERS = ("conv4_1", "conv5_3")
CARD = ModelCard("made", "made", tuple("abcdef"), Vgg16.layer_names, "0" * 64, "")


@dataclass
class Cramped:
    """A network in a memory that holds `room` classes at once; `tried` are the batches it was asked for."""

    inside: Vgg16
    room: int
    error: Exception
    tried: list[int]

    def backward(
        self, trace: Trace[Any], seeds: Tensor, layers: Sequence[str], mode: BackwardMode
    ) -> Iterator[tuple[str, Tensor]]:
        self.tried.append(len(seeds))
        for step in self.inside.backward(trace, seeds, layers, mode):
            if len(seeds) > self.room:
                raise self.error
            yield step

    def backward_bytes(self, trace: Trace[Any], layers: Sequence[str]) -> int:
        return self.inside.backward_bytes(trace, layers)


def made(room: int, error: Exception) -> tuple[Model, Cramped, Trace[Any]]:
    tensors = {name: torch.tensor(value) for name, value in random_vgg_tensors(seed=3, classes=CLASSES).items()}
    network = Vgg16.of(tensors, CAFFE)
    picture = torch.randn(1, 3, 224, 224, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    cramped = Cramped(network, room, error, [])
    model = Model(cramped, SigmoidClasses(CARD.class_names), CARD)  # type: ignore[arg-type] # only its backward runs
    return model, cramped, network.forward(picture)


def maps_of(model: Model, trace: Trace[Any], said: list[str]) -> dict[int, dict[str, Tensor]]:
    return dict(raw_maps(model, trace, range(CLASSES), LAYERS, MethodSettings(), lambda _: None, said.append))


ERRORS = (
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried ..."),
)


@pytest.mark.parametrize("error", ERRORS)
def test_that_a_chunk_too_large_for_the_memory_is_halved_until_it_fits_and_says_so(error: Exception) -> None:
    model, cramped, trace = made(2, error)
    said: list[str] = []
    found = maps_of(model, trace, said)
    assert cramped.tried == [6, 3, 1, 1, 1, 1, 1, 1]
    assert [sentence.rsplit(";", maxsplit=1)[1] for sentence in said] == [
        " they were sent back 3 at a time.",
        " they were sent back 1 at a time.",
    ]
    roomy, _, _ = made(CLASSES, error)
    for class_id, maps in maps_of(roomy, trace, []).items():
        for layer, raw in maps.items():
            torch.testing.assert_close(found[class_id][layer], raw, rtol=1e-10, atol=1e-12)


def test_that_a_memory_too_small_for_one_class_is_the_users_to_mend() -> None:
    model, cramped, trace = made(0, torch.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(UserError, match="choose smaller scales"):
        maps_of(model, trace, [])
    assert cramped.tried == [6, 3, 1]


def test_that_another_fault_of_the_device_is_not_taken_for_want_of_memory() -> None:
    model, _, trace = made(0, RuntimeError("CUDA error: an illegal memory access was encountered"))
    with pytest.raises(RuntimeError, match="illegal memory access"):
        maps_of(model, trace, [])


def test_that_large_gradients_make_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    model, cramped, trace = made(CLASSES, ERRORS[0])
    monkeypatch.setattr(saliency, "GRADIENTS_BYTES", 2 * cramped.backward_bytes(trace, LAYERS))
    maps_of(model, trace, [])
    assert cramped.tried == [2, 2, 2]


def test_that_a_chunk_has_one_class_at_least_and_no_more_than_pay() -> None:
    assert chunk_size(10**15) == 1
    assert chunk_size(1) == MOST_TOGETHER


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch has no types here
    """Hears of every tensor made inside its block; `bytes` is the size of the largest."""

    bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def] # torch's own
        made_here = func(*args, **(kwargs or {}))
        if isinstance(made_here, Tensor) and not func.is_view:
            self.bytes = max(self.bytes, made_here.nelement() * made_here.element_size())
        return made_here


def made_network(architecture: str) -> Network[Any]:
    if architecture == "vgg16":
        tensors = random_vgg_tensors(seed=1, classes=3)
        return Vgg16.of({name: torch.tensor(value) for name, value in tensors.items()}, CAFFE)
    return EfficientNetLite0.of({name: torch.tensor(value) for name, value in real_lite0_tensors().items()})


@pytest.mark.parametrize("architecture", ["vgg16", "efficientnet-lite0"])
@pytest.mark.parametrize("side", [224, 320])
def test_that_no_gradient_is_larger_than_the_estimate_and_the_estimate_not_ten_times_it(
    architecture: str, side: int
) -> None:
    network = made_network(architecture)
    trace = network.forward(torch.zeros(1, 3, side, side, dtype=torch.float64))
    for classes in (1, 3):
        seeds = torch.ones(classes, *trace.logits.shape[1:], dtype=torch.float64)
        with Largest() as largest:  # type: ignore[no-untyped-call] # torch has no types here
            for _ in network.backward(trace, seeds, network.layer_names, "guided"):
                pass
        estimate = classes * network.backward_bytes(trace, network.layer_names)
        assert largest.bytes <= estimate <= 10 * largest.bytes
