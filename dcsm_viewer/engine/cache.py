"""Artefacts by the inputs they were made from: what may be reused follows from the key, never from a flag."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

import numpy as np
import torch

T = TypeVar("T")


class Cache:
    """Keeps up to `max_bytes` of artefacts; the longest unused goes first, the newest always stays."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._cached: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._used_bytes = 0
        self._owner: Hashable = None

    def __contains__(self, key: Hashable) -> bool:
        return key in self._cached

    @property
    def used_bytes(self) -> int:
        """Memory of all artefacts, bytes."""
        return self._used_bytes

    def bytes_of(self, key: Hashable) -> int:
        """Room the artefact of this key takes, 0 if it is not there."""
        return self._cached[key][1] if key in self._cached else 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the artefact of this key, made now if it is not there."""
        if key not in self._cached:
            self.put(key, make())
        self._cached.move_to_end(key)
        return cast("T", self._cached[key][0])

    def clear_for_image(self, owner: Hashable) -> None:
        """Drop what was made for another image, now and not when memory is full."""
        if owner != self._owner:
            self._cached.clear()
            self._used_bytes, self._owner = 0, owner

    def clear(self) -> None:
        """Drop everything: the memory is needed, or the device that holds it is gone."""
        self._cached.clear()
        self._used_bytes = 0

    def resize(self, max_bytes: int) -> None:
        """Keep up to `max_bytes` from now on."""
        self._max_bytes = max_bytes
        self._make_room()

    def put(self, key: Hashable, artefact: object) -> None:
        """Add an artefact; the least recently used ones are dropped where it does not fit."""
        if key in self._cached:
            self._used_bytes -= self._cached.pop(key)[1]
        size = size_bytes(artefact)
        self._cached[key] = (artefact, size)
        self._used_bytes += size
        self._make_room()

    def _make_room(self) -> None:
        while self._used_bytes > self._max_bytes and len(self._cached) > 1:
            _, (_, freed) = self._cached.popitem(last=False)
            self._used_bytes -= freed


def size_bytes(artefact: object) -> int:
    """Return the bytes of the tensors and arrays inside nested tuples, mappings and dataclasses.

    What has `held_bytes` says it itself; other things count nothing.
    """
    if hasattr(artefact, "held_bytes"):
        return int(artefact.held_bytes)
    if isinstance(artefact, torch.Tensor):
        return artefact.element_size() * artefact.nelement()
    if isinstance(artefact, np.ndarray):
        return artefact.nbytes
    if isinstance(artefact, Mapping):
        return sum(size_bytes(value) for value in artefact.values())
    if isinstance(artefact, list | tuple):
        return sum(size_bytes(value) for value in artefact)
    if is_dataclass(artefact) and not isinstance(artefact, type):
        return sum(size_bytes(getattr(artefact, field.name)) for field in fields(artefact))
    return 0
