"""Device and precision: what is wished for, what is taken, and what is said about it."""

from __future__ import annotations

import os

import pytest
import torch

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.runtime import device
from dcsm_viewer.engine.runtime.device import Compute, bfloat16_speedup, choose, use_deterministic_algorithms


def test_that_auto_is_exact_however_fast_another_precision_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "bfloat16_speedup", lambda _: 10.0)
    assert choose("cpu", "auto").dtype == torch.float32
    assert choose("cpu", "auto").note == ""


@pytest.mark.parametrize(("speedup", "is_noted"), [(0.5, True), (3.0, False)])
def test_that_bfloat16_is_taken_when_wished_for_and_said_to_be_slow_where_it_is(
    monkeypatch: pytest.MonkeyPatch, speedup: float, is_noted: bool
) -> None:
    monkeypatch.setattr(device, "bfloat16_speedup", lambda _: speedup)
    compute = choose("cpu", "bfloat16")
    assert compute.dtype == torch.bfloat16
    assert ("slower than float32" in compute.note) == is_noted


def test_that_the_probe_is_made_once() -> None:
    first = bfloat16_speedup("cpu")
    assert first > 0
    hits = bfloat16_speedup.cache_info().hits
    assert bfloat16_speedup("cpu") == first
    assert bfloat16_speedup.cache_info().hits == hits + 1


def test_that_float64_is_the_reference_mode_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose("cpu", "float64") == Compute(torch.device("cpu"), torch.float64)
    monkeypatch.setattr(device, "_is_present", lambda name: name == "cuda")
    monkeypatch.setattr(device, "_fault", lambda *_args, **_words: None)
    chosen = choose("auto", "float64")
    assert (chosen.device.type, chosen.dtype) == ("cpu", torch.float64)
    assert "cuda is chosen by name" in chosen.note
    chosen = choose("cuda", "float64")
    assert (chosen.device.type, chosen.dtype) == ("cuda", torch.float64)


def test_that_mps_is_told_to_have_no_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_is_present", lambda name: name == "mps")
    assert choose("auto", "float64").device.type == "cpu"
    assert choose("auto", "float64").note == "mps has no float64; using the cpu."
    with pytest.raises(UserError, match="choose the device cpu, or float32"):
        choose("mps", "float64")


def test_that_cuda_trains_with_deterministic_algorithms_and_the_cpu_as_it_is() -> None:
    try:
        use_deterministic_algorithms(torch.device("cpu"))
        assert not torch.are_deterministic_algorithms_enabled()
        use_deterministic_algorithms(torch.device("cuda"))
        assert torch.are_deterministic_algorithms_enabled()
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"]
    finally:
        torch.use_deterministic_algorithms(mode=False)
