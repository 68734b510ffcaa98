"""Where a request's milliseconds went, stage by stage, and how much of each stage was made or reused."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

import torch

from dcsm_viewer.core.types import STAGES, Stage, StageTime
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.runtime.device_memory import synchronize

T = TypeVar("T")


class Stopwatch:
    """Stands between the pipeline and the cache: asks for artefacts and notes what it cost."""

    def __init__(self, cache: Cache, device: torch.device | None = None) -> None:
        """`device`: where the stages compute; its queue is waited for before the clock is read."""
        self._cache = cache
        self._device = device or torch.device("cpu")
        self._elapsed_s: dict[Stage, float] = dict.fromkeys(STAGES, 0.0)
        self._made: dict[Stage, int] = dict.fromkeys(STAGES, 0)
        self._reused: dict[Stage, int] = dict.fromkeys(STAGES, 0)
        self._asked_for: dict[Stage, set[Hashable]] = {stage: set() for stage in STAGES}

    def get(self, stage: Stage, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """The artefact of (stage, *key), from the cache or made now and counted to the stage."""
        self._asked_for[stage].add((stage, *key))
        if self.has(stage, key):
            self._reused[stage] += 1
            return self._cache.get((stage, *key), make)
        return self.timed(stage, lambda: self._cache.get((stage, *key), make))

    def intermediate(self, stage: Stage, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """The same for something a stage works with and does not give: kept, but no piece of the stage."""
        return self._cache.get((stage, *key), make)

    def has(self, stage: Stage, key: tuple[Hashable, ...]) -> bool:
        return (stage, *key) in self._cache

    def put(self, stage: Stage, key: tuple[Hashable, ...], artefact: object) -> None:
        """Keep what a batch made beside what was asked for."""
        self._cache.put((stage, *key), artefact)

    def timed(self, stage: Stage, make: Callable[[], T], *, pieces: int = 1) -> T:
        """What `make` gives, its time and `pieces` made counted to the stage."""
        synchronize(self._device)
        begin = time.perf_counter()
        try:
            made = make()
            # Not where `make` raised: after a fault of the device waiting for it would raise another error.
            synchronize(self._device)
            return made
        finally:
            self._elapsed_s[stage] += time.perf_counter() - begin
            self._made[stage] += pieces

    def times(self) -> tuple[StageTime, ...]:
        return tuple(
            StageTime(
                stage,
                1000 * self._elapsed_s[stage],
                self._made[stage],
                self._reused[stage],
                sum(self._cache.bytes_of(key) for key in self._asked_for[stage]),
            )
            for stage in STAGES
        )
