"""What a run is over: the images that files, folders and URLs name, their stems, and one machine's share of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePath

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import FolderImage, stems_for
from dcsm_viewer.io.images import each_once, list_images, list_images_recursive
from dcsm_viewer.io.urls import is_folder, is_url


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`-th (from 1) of `count` shares."""

    number: int
    count: int

    @classmethod
    def of(cls, words: str) -> Shard:
        """The shard that "2/5" says. Raises UserError if it says none."""
        number, slash, count = words.partition("/")
        if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            raise UserError(f"--shard '{words}' is no share; write for example 2/5, the second of five.")
        return cls(int(number), int(count))

    def holds(self, name: str) -> bool:
        """Whether the image of this name is in this share: by the name alone, whatever else is in the list."""
        drawn = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big")
        return drawn % self.count == self.number - 1


@dataclass(frozen=True, slots=True)
class Inputs:
    """The images of a run. `names`: by path, the path from the folder that holds all, with "/"; `stems`: by path.

    Both are those of the whole list in every shard of it.
    """

    paths: tuple[str, ...]
    stems: dict[str, str]
    names: dict[str, str]

    def folder_images(self, paths: Sequence[str]) -> tuple[FolderImage, ...]:
        """How the files of the whole folder name these images."""
        return tuple(FolderImage(self.stems[path], self.names[path]) for path in paths)


def expand(inputs: Sequence[str], *, recursive: bool = False, out: Path | None = None) -> tuple[str, ...]:
    """Image paths: files as they are, folders as the images in them, in natural order; each file once.

    A file that several of them name (relative, absolute, by a symbolic link) goes by the first.

    recursive: the folders' folders too, but for `out`, where earlier runs left pictures that are no photographs.
    Raises UserError for a folder that may not be read, and for one that is `out` itself.
    """
    return each_once(path for name in inputs for path in _images_of(name, recursive=recursive, out=out))


def inputs_of(
    inputs: Sequence[str], *, recursive: bool = False, out: Path | None = None, shard: Shard | None = None
) -> Inputs:
    """The images that `inputs` name, as `expand` finds them, or this shard's share of them."""
    paths = expand(inputs, recursive=recursive, out=out)
    if not paths:
        raise UserError(
            "There is no image in what was named; name images, or folders with images in them "
            "(files whose names begin with a dot are taken only where they are named themselves)."
        )
    root = inputs[0] if len(inputs) == 1 and _is_folder(inputs[0]) else None
    names = _names_from(paths, root)
    mine = paths if shard is None else tuple(path for path in paths if shard.holds(names[path]))
    return Inputs(mine, stems_for(paths), names)


def _is_folder(name: str) -> bool:
    return is_folder(name) if is_url(name) else os.path.isdir(name)  # noqa: PTH112 - Path raises for a name too long


def _images_of(name: str, *, recursive: bool, out: Path | None) -> Iterator[str]:
    if not _is_folder(name):
        yield name
        return
    if out is not None and not is_url(name) and os.path.realpath(name) == os.path.realpath(out):
        raise UserError(f"{out} holds the images; choose another --out, or its masks would count as images next time.")
    yield from list_images_recursive(name, out) if recursive else list_images(name)


def _names_from(paths: Sequence[str], root: str | None) -> dict[str, str]:
    """By path: the way to it from `root`, or from the deepest folder that holds all, with "/"."""
    plain = {path: path if is_url(path) else os.path.abspath(path) for path in paths}  # noqa: PTH100 - keeps links, and is quick for 10,000
    parts = {path: PurePath(each).parts for path, each in plain.items()}
    if root is not None:
        shared_levels = len(PurePath(root if is_url(root) else os.path.abspath(root)).parts)  # noqa: PTH100 - as above
    else:
        levels = zip(*(each[:-1] for each in parts.values()), strict=False)
        shared_levels = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    return {path: "/".join(each[shared_levels:]) for path, each in parts.items()}
