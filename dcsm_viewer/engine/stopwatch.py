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
        """Return an artefact from the cache, or make it and count it to its stage.

        Parameters
        ----------
        stage
            The stage it belongs to.
        key
            What it was made of; the stage is added.
        make
            Makes it.

        Returns
        -------
        T
            What `make` returned, now or before.
        """
        self._asked_for[stage].add((stage, *key))
        if self.has(stage, key):
            self._reused[stage] += 1
            return self._cache.get((stage, *key), make)
        return self.timed(stage, lambda: self._cache.get((stage, *key), make))

    def intermediate(self, stage: Stage, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return an intermediate result from the cache or make it; it is no piece of the stage's output.

        Parameters
        ----------
        stage
            The stage that works with it.
        key
            What it was made of; the stage is added.
        make
            Makes it.

        Returns
        -------
        T
            What `make` returned, now or before.
        """
        return self._cache.get((stage, *key), make)

    def has(self, stage: Stage, key: tuple[Hashable, ...]) -> bool:
        """Return True if the cache has this artefact of the stage."""
        return (stage, *key) in self._cache

    def put(self, stage: Stage, key: tuple[Hashable, ...], artefact: object) -> None:
        """Add an artefact that a batch made beside what was requested.

        Parameters
        ----------
        stage
            The stage it belongs to.
        key
            What it was made of; the stage is added.
        artefact
            As `get` is to return it.
        """
        self._cache.put((stage, *key), artefact)

    def timed(self, stage: Stage, make: Callable[[], T], *, pieces: int = 1) -> T:
        """Run `make` and count its time to a stage.

        Parameters
        ----------
        stage
            The stage it belongs to.
        make
            The work.
        pieces
            How many pieces of the stage it makes.

        Returns
        -------
        T
            What `make` returns.
        """
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
        """Return the time and the numbers of made and reused pieces of each stage."""
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
