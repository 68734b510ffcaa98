"""Classes sent back one by one, and what happens when the memory does not suffice for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode, MethodSettings
from dcsm_viewer.core.types import ModelCard
from dcsm_viewer.engine.model_cache import Model
from dcsm_viewer.engine.networks.class_head import SigmoidClasses
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.networks.network import ForwardState
from dcsm_viewer.engine.networks.vgg16 import Vgg16
from dcsm_viewer.engine.runtime.device_errors import is_out_of_memory
from dcsm_viewer.engine.stages.gradients import raw_maps
from tests.networks import random_vgg_tensors

CLASSES = 6
LAYERS = ("conv4_1", "conv5_3")
CARD = ModelCard("made", "made", tuple("abcdef"), Vgg16.layer_names, "0" * 64, "")


@dataclass
class Cramped:
    """A network in a memory that holds `room` classes at once; `tried` are the batches it was asked for."""

    inside: Vgg16
    capacity: int
    error: Exception
    tried: list[int]

    def backward(
        self, state: ForwardState[Any], grad_outputs: Tensor, layers: Sequence[str], mode: BackwardMode
    ) -> Iterator[tuple[str, Tensor]]:
        self.tried.append(len(grad_outputs))
        for step in self.inside.backward(state, grad_outputs, layers, mode):
            if len(grad_outputs) > self.capacity:
                raise self.error
            yield step


def made(capacity: int, error: Exception) -> tuple[Model, Cramped, ForwardState[Any]]:
    tensors = {name: torch.tensor(value) for name, value in random_vgg_tensors(seed=3, classes=CLASSES).items()}
    network = Vgg16.of(tensors, CAFFE)
    picture = torch.randn(1, 3, 224, 224, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    cramped = Cramped(network, capacity, error, [])
    model = Model(cramped, SigmoidClasses(CARD.class_names), CARD)  # type: ignore[arg-type] # only its backward runs
    return model, cramped, network.forward(picture)


def maps_of(model: Model, state: ForwardState[Any]) -> dict[int, dict[str, Tensor]]:
    return dict(raw_maps(model, state, range(CLASSES), LAYERS, MethodSettings(), lambda _: None))


ERRORS = (
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried ..."),
)


def test_that_classes_go_back_one_by_one_and_say_where_they_are() -> None:
    model, cramped, state = made(1, ERRORS[0])
    heard: list[str] = []
    found = dict(raw_maps(model, state, (4, 1), LAYERS, MethodSettings(), heard.append))
    assert list(found) == [4, 1]
    assert cramped.tried == [1, 1]
    assert heard == ["class 1 of 2, conv5_3", "class 1 of 2, conv4_1", "class 2 of 2, conv5_3", "class 2 of 2, conv4_1"]


@pytest.mark.parametrize("error", ERRORS)
def test_that_a_memory_too_small_for_one_class_is_left_to_the_engine(error: Exception) -> None:
    model, cramped, state = made(0, error)
    with pytest.raises(type(error)) as raised:
        maps_of(model, state)
    assert is_out_of_memory(raised.value)
    assert cramped.tried == [1]


def test_that_another_fault_of_the_device_is_not_taken_for_want_of_memory() -> None:
    model, _, state = made(0, RuntimeError("CUDA error: an illegal memory access was encountered"))
    with pytest.raises(RuntimeError, match="illegal memory access"):
        maps_of(model, state)
