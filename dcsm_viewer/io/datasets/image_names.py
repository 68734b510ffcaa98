"""Which file or label is meant by an image's name, however suffix, Unicode and capitals were written."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from dcsm_viewer.io.image_decoder import SUFFIXES

T = TypeVar("T")

_LOSSY = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})


def composed(name: str) -> str:
    """The name in composed Unicode (NFC); macOS and some archives write letters and their accents apart."""
    return unicodedata.normalize("NFC", name)


def stem_of(name: str) -> str:
    """The file's name without the suffix of an image; any other dot belongs to the name ("a.b" stays)."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - asked for 17,000 names
    return stem if suffix.lower() in SUFFIXES else name


class ByName(Generic[T]):
    """Things found by a name: as it is written, else in composed Unicode, else whatever its capitals."""

    def __init__(self, named: Iterable[tuple[str, T]]) -> None:
        self._levels: tuple[dict[str, list[T]], ...] = ({}, {}, {})
        for name, thing in named:
            for level, key in zip(self._levels, _keys(name), strict=True):
                level.setdefault(key, []).append(thing)

    def all(self, name: str) -> tuple[T, ...]:
        """The things of the first way of writing that has any, in the order they came."""
        for level, key in zip(self._levels, _keys(name), strict=True):
            if key in level:
                return tuple(level[key])
        return ()

    def one(self, name: str) -> T | None:
        """The first of those that are meant; None where there is none, or only others with other capitals."""
        exact, composed_, folded = (level.get(key, []) for level, key in zip(self._levels, _keys(name), strict=True))
        if exact or composed_:
            return (exact or composed_)[0]
        return folded[0] if len(folded) == 1 else None


def images_by_name(folder: Path) -> ByName[Path]:
    """The image files in `folder` by their names, with suffix or without; none where there is no such folder.

    Asked once for all: 17,000 questions to a disk take long.
    """
    try:
        paths = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    except OSError:
        paths = []
    # Of one name in several formats the one that loses nothing: it may be a mask.
    paths.sort(key=lambda path: (path.suffix.lower() in _LOSSY, path))
    # Full names first: "a.jpg" means a.jpg before it means a.jpg.png.
    return ByName([*((path.name, path) for path in paths), *((stem_of(path.name), path) for path in paths)])


def file_named(path: Path) -> Path | None:
    """The file at `path`, or the one beside it whose name differs in Unicode's composition or capitals only."""
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):  # a name too long, or with a null character: there is none
        return None
    return ByName(_files(path.parent)).one(path.name)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    try:
        yield from ((path.name, path) for path in sorted(folder.iterdir()) if path.is_file())
    except (OSError, ValueError):
        return


def _keys(name: str) -> tuple[str, str, str]:
    whole = composed(name)
    return name, whole, whole.casefold()
