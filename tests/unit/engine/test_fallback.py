"""What the engine does without memory or device: again without caches, then on the CPU, then one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine import engine as module
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.runtime import device
from dcsm_viewer.engine.runtime.device import Compute
from dcsm_viewer.engine.runtime.device_errors import is_device_fault, is_out_of_memory

OUT_OF_MEMORY = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("GET was unable to find an engine to execute this computation"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory"),
    MemoryError(),
)
FAULT = RuntimeError("CUDA error: an illegal memory access was encountered")


@pytest.fixture
def on_cuda(monkeypatch: pytest.MonkeyPatch) -> list[torch.device]:
    """A machine whose settings choose cuda; the devices whose caches were emptied."""
    emptied: list[torch.device] = []
    monkeypatch.setattr(module, "choose", lambda *_: Compute(torch.device("cuda"), torch.float32))
    monkeypatch.setattr(module, "empty_cache", emptied.append)
    return emptied


class Work:
    """Fails as often as told, and remembers on which device it was tried."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.tried = error, times, list[str]()

    def __call__(self, compute: Compute) -> str:
        self.tried.append(compute.device.type)
        if len(self.tried) <= self.times:
            raise self.error
        return compute.note


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_that_too_little_memory_is_known_by_its_words_and_is_no_fault(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert not is_device_fault(error)


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_that_caches_are_dropped_before_the_device_is_given_up(error: Exception, on_cuda: list[torch.device]) -> None:
    engine, work = Engine(), Work(error, 1)
    engine._cached.put(("saliency", 1), np.zeros(4))
    assert engine._computed(Settings(), work) == ""
    assert work.tried == ["cuda", "cuda"]
    assert ("saliency", 1) not in engine._cached
    assert [each.type for each in on_cuda] == ["cuda"]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_that_the_cpu_takes_over_with_a_note(error: Exception, on_cuda: list[torch.device]) -> None:
    work = Work(error, 2)
    note = Engine()._computed(Settings(), work)
    assert work.tried == ["cuda", "cuda", "cpu"]
    assert note.startswith("The cuda could not go on (")
    assert note.endswith("this was computed on the cpu.")


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_that_a_machine_without_the_memory_is_one_sentence(error: Exception, on_cuda: list[torch.device]) -> None:
    work = Work(error, 9)
    with pytest.raises(UserError, match="memory of this machine does not suffice; choose a smaller image"):
        Engine()._computed(Settings(), work)
    assert work.tried == ["cuda", "cuda", "cpu", "cpu"]


def test_that_a_lost_device_is_left_alone_at_once_and_tried_again_later(
    on_cuda: list[torch.device], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(FAULT, 1)
    try:
        note = Engine()._computed(Settings(), work)
        assert work.tried == ["cuda", "cpu"]
        assert "illegal memory access" in note
        assert device._faults["cuda"].reason == str(FAULT)
        assert on_cuda == []
    finally:
        device.forget_faults()
    assert not device._faults


def test_that_any_other_error_is_raised_as_it_is(on_cuda: list[torch.device]) -> None:
    work = Work(ValueError("a fault of the program"), 1)
    with pytest.raises(ValueError, match="a fault of the program"):
        Engine()._computed(Settings(), work)
    assert work.tried == ["cuda"]
