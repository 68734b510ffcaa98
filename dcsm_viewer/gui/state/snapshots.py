"""Results kept under a name, to be compared with each other and with the one on show; nothing is computed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import count
from string import ascii_uppercase
from typing import Literal

import numpy as np

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Result, UserError

LIVE = ""
"""Stands, in a comparison, for the result on show."""
MAX_WITH_MAPS = 12
MAX_RESULT_BYTES = 1 << 30
"""So many results of the newest snapshots are kept, and no more bytes than this; older ones keep their settings."""

Mode = Literal["swipe", "blink", "difference", "side"]
Subject = Literal["labels", "before", "distinct", "raw"]
Side = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Settings, and the settled result they gave; None where only the settings are known any more.

    focus: class id that was asked for. digest: the image's.
    """

    name: str
    settings: Settings
    focus: int | None
    digest: str
    image_name: str
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the page of two results shows. a, b: a snapshot's name, or LIVE.

    divider: share of the picture that is a's, from the left, in [0, 1]. side: the one on show while blinking.
    hz: changes of the side in a second, 0 for by hand alone.
    """

    a: str = LIVE
    b: str = LIVE
    mode: Mode = "swipe"
    subject: Subject = "labels"
    divider: float = 0.5
    side: Side = "a"
    hz: float = 0.0


def with_snapshot(snapshots: tuple[Snapshot, ...], result: Result | None) -> tuple[Snapshot, ...]:
    """The snapshots and, last, one more of this result, called by the first free letter.

    Raises UserError where there is no settled result to keep.
    """
    if result is None or result.completeness != "settled":
        raise UserError("Nothing to save yet: wait until the maps of the image are settled.")
    request = result.request
    name = _free_name({snapshot.name for snapshot in snapshots})
    new = Snapshot(name, request.settings, request.focus, request.image.digest, request.image.name, result)
    return _within_bounds((*snapshots, new))


def renamed(snapshots: tuple[Snapshot, ...], old: str, new: str) -> tuple[Snapshot, ...]:
    """Raises UserError for an empty name and one that is another's."""
    new = new.strip()
    if not new:
        raise UserError("A snapshot needs a name; type a word or a letter.")
    if new != old and new in {snapshot.name for snapshot in snapshots}:
        raise UserError(f"There is a snapshot called {new} already; choose another name.")
    return tuple(replace(snapshot, name=new) if snapshot.name == old else snapshot for snapshot in snapshots)


def without(snapshots: tuple[Snapshot, ...], name: str) -> tuple[Snapshot, ...]:
    return tuple(snapshot for snapshot in snapshots if snapshot.name != name)


def named(snapshots: Iterable[Snapshot], name: str) -> Snapshot | None:
    return next((snapshot for snapshot in snapshots if snapshot.name == name), None)


def result_bytes(results: Iterable[Result | None]) -> int:
    """Bytes of all arrays in the results, one that several of them share counted once."""
    seen: dict[int, int] = {}
    for result in results:
        _collect(result, seen)
    return sum(seen.values())


def _within_bounds(snapshots: tuple[Snapshot, ...]) -> tuple[Snapshot, ...]:
    """The newest as they are, older ones without their results once there are too many or too large."""
    held: list[Result] = []
    found: list[Snapshot] = []
    for snapshot in reversed(snapshots):
        if snapshot.result is not None:
            fits = len(held) < MAX_WITH_MAPS and (
                not held or result_bytes([*held, snapshot.result]) <= MAX_RESULT_BYTES
            )
            if fits:
                held.append(snapshot.result)
            else:
                snapshot = replace(snapshot, result=None)
        found.append(snapshot)
    return tuple(reversed(found))


def _free_name(taken: set[str]) -> str:
    for lap in count():
        for letter in ascii_uppercase:
            name = f"{letter}{lap + 1 if lap else ''}"
            if name not in taken:
                return name
    raise AssertionError("there is always another lap")


def _collect(value: object, seen: dict[int, int]) -> None:
    if isinstance(value, np.ndarray):
        # A view, as read_only makes them, holds the memory of the array below it.
        owner = value
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        seen[id(owner)] = owner.nbytes
    elif isinstance(value, Mapping):
        for part in value.values():
            _collect(part, seen)
    elif isinstance(value, list | tuple):
        for part in value:
            _collect(part, seen)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            _collect(getattr(value, field.name), seen)
