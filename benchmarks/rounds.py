"""Works timed in turns, A B A B, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

Row = dict[str, Any]
SIDE = 2048  # of the square matrices whose product is the machine's best


def in_turns(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Row]:
    """Median and quartiles of wall time, and median processor time of all threads, ms, of each work."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    worked: dict[str, list[float]] = {name: [] for name in works}
    for at in range(rounds + 1):
        for name, work in works.items():
            start, busy = time.perf_counter(), time.process_time()
            work()
            if at:  # the first round warms up
                taken[name].append((time.perf_counter() - start) * 1e3)
                worked[name].append((time.process_time() - busy) * 1e3)
    return {name: _row(taken[name], worked[name]) for name in works}


def _row(taken_ms: list[float], worked_ms: list[float]) -> Row:
    low, _, high = statistics.quantiles(taken_ms, n=4) if len(taken_ms) > 1 else taken_ms * 3
    return {
        "median_ms": statistics.median(taken_ms),
        "q1_ms": low,
        "q3_ms": high,
        "processor_ms": statistics.median(worked_ms),
    }


def matrix_product(dtype: torch.dtype) -> tuple[Callable[[], Tensor], float]:
    """A square product, the best use of the machine there is, and its GFLOP."""
    a = torch.randn(SIDE, SIDE).to(dtype)
    return lambda: a @ a, 2 * SIDE**3 / 1e9


def gflop_of(work: Callable[[], object]) -> float:
    """What the convolutions and matrix products of `work` compute."""
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops()) / 1e9


def machine(threads: int) -> Row:
    return {
        "torch": torch.__version__,
        "machine": platform.machine(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "threads": threads,
    }
