"""Which classes each image shows, from whatever somebody has that in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.class_folders import folder_dataset
from dcsm_viewer.io.datasets.image_names import ByName, composed, stem_of
from dcsm_viewer.io.datasets.label_table import table_rows
from dcsm_viewer.io.datasets.voc_annotation import annotated_names
from dcsm_viewer.io.urls import is_url


@dataclass(frozen=True, slots=True)
class LabelResult:
    """labels: class names by image path. errors: by path, why its labels cannot be used, a sentence.

    names: of all images that the source knows; unused: those of them that none of the images has.
    """

    labels: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, str]
    names: tuple[str, ...]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """What the source says of one image. parts: its path as far as it is known, in composed Unicode.

    known: the labels, None where `annotation` holds them, which is read when it is asked for.
    """

    parts: tuple[str, ...]
    location: str
    known: tuple[str, ...] | None = None
    annotation: Path | None = field(default=None)

    def labels(self) -> tuple[str, ...]:
        if self.annotation is not None:
            return tuple(dict.fromkeys(annotated_names(self.annotation)))
        return self.known or ()


def labels_of_images(source: Path, paths: Sequence[str], among: Sequence[str] = ()) -> LabelResult:
    """Look up the class names of the images at `paths`, each once and in the source's order.

    An image is meant by an entry with its name, else with its name without suffix; where several entries have it, by
    those that have most of its folders too. An entry with folders is not for an image that has fewer of them than
    another one: equal names in other folders are other images.

    Parameters
    ----------
    source
        A folder of VOC annotations (*.xml), a CSV of image,label,label (the images need not be there), or a folder of
        class folders.
    paths
        The images, as paths or URLs.
    among
        All images of the run where `paths` are a share of it, so that every share finds the same.

    Raises
    ------
    UserError
        For a source that is no such thing, naming file and line.
    """
    entries = _entries(Path(source))
    by_name = ByName((entry.parts[-1], entry) for entry in entries)
    by_stem = ByName((stem_of(entry.parts[-1]), entry) for entry in entries)
    closest: dict[_Entry, int] = {}
    meant: dict[str, list[tuple[_Entry, int]]] = {}
    for path in dict.fromkeys([*paths, *among]):
        whole = path if is_url(path) else os.path.abspath(path)  # noqa: PTH100 - keeps links, and is quick for 10,000
        parts = tuple(composed(part) for part in PurePath(whole).parts)
        found = by_name.all(parts[-1]) or by_stem.all(stem_of(parts[-1])) if parts else ()
        shared = [(entry, _shared(entry.parts, parts)) for entry in found]
        most = max((count for _, count in shared), default=0)
        meant[path] = [(entry, count) for entry, count in shared if count == most]
        for entry, count in meant[path]:
            closest[entry] = max(count, closest.get(entry, 0))
    labels: dict[str, tuple[str, ...]] = {}
    errors: dict[str, str] = {}
    for path in paths:
        own = [entry for entry, count in meant[path] if len(entry.parts) == 1 or count == closest[entry]]
        try:
            if own:
                labels[path] = _consistent(path, own)
        except UserError as error:
            errors[path] = str(error)
    names = tuple("/".join(entry.parts[-2:]) for entry in entries)
    unused = tuple(name for name, entry in zip(names, entries, strict=True) if entry not in closest)
    return LabelResult(labels, errors, names, unused)


def _consistent(path: str, entries: Sequence[_Entry]) -> tuple[str, ...]:
    first, *others = entries
    labels = first.labels()
    for other in others:
        if set(other.labels()) != set(labels):
            raise UserError(
                f"{path} could be meant by {first.location} and by {other.location}, which have different labels; "
                "rename one of the images."
            )
    return labels


def _shared(known: tuple[str, ...], parts: tuple[str, ...]) -> int:
    """How many parts are the same, counted from the end; the last one is, whatever its suffix."""
    count = 1
    for one, other in zip(known[-2::-1], parts[-2::-1], strict=False):
        if one != other:
            break
        count += 1
    return count


def _entries(source: Path) -> list[_Entry]:
    if source.is_file():
        return _of_table(source)
    if not source.is_dir():
        raise UserError(f"There are no labels at {source}; give a CSV, a folder of VOC XML files or of class folders.")
    annotations = sorted(
        path for path in source.iterdir() if path.suffix.lower() == ".xml" and not path.name.startswith(".")
    )
    if annotations:
        return [_Entry((composed(path.stem),), str(path), annotation=path) for path in annotations]
    return [
        _Entry(tuple(composed(part) for part in example.image.absolute().parts), str(example.image), example.labels)
        for example in folder_dataset(source).examples
    ]


def _of_table(table: Path) -> list[_Entry]:
    entries: dict[tuple[str, ...], _Entry] = {}
    for number, name, found in table_rows(table):
        parts = PurePosixPath(composed(name).replace("\\", "/")).parts or (name,)
        before = entries.setdefault(parts, _Entry(parts, f"{table}, line {number}", found))
        if before.known != found:
            raise UserError(
                f"{table}, line {number}: an image named {name} had other labels before; rename one of them."
            )
    if not entries:
        raise UserError(f"{table} holds no rows; write image,label,label.")
    return list(entries.values())
