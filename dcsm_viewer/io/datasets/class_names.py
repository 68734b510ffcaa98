"""The class list of a data set, classes.txt, in the ways people write one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.image_names import composed
from dcsm_viewer.io.datasets.numbered_lines import numbered_lines

# Not classes: label 0 and label 255 of the masks, as VOC, labelme and CVAT call them in their lists.
_BACKGROUND = frozenset({"background", "_background_", "__background__"})
_IGNORED = frozenset({"__ignore__", "_ignore_"})
_NUMBERED = (
    re.compile(r"(?P<id>\d{1,6})(?P<mark>[ \t]*[:;,\t ])[ \t]*(?P<name>.+)"),
    re.compile(r"(?P<name>.+?)(?P<mark>[ \t]*[:;,\t])[ \t]*(?P<id>\d{1,6})"),
)
_SYNSET = re.compile(r"n\d{8}[ \t,]+(?P<name>.+)")  # as ImageNet's synset_words.txt has them
_CVAT = re.compile(r"(?P<name>[^:]+):\d+,\d+,\d+:[^:]*:[^:]*")


def read_class_names(path: Path) -> tuple[str, ...]:
    """Read class names, one a line in the order of the masks' ids.

    Lines may be numbered throughout ("0 cat", "cat: 0") or be those of CVAT's labelmap.txt; 'background' and labelme's
    '__ignore__' at the top are no classes. Raises UserError for an empty list, a name twice, numbers that leave one
    out, several names on one line, and a background that is not at the top.
    """
    lines = numbered_lines(path, "The class list")
    if len(lines) == 1 and "," in lines[0][1]:
        raise UserError(f"{path} names several classes on one line; write one class name a line.")
    names = _cvat(lines) or without_numbers(path, lines)
    while names and names[0][1].lower() in _BACKGROUND | _IGNORED:
        del names[0]
    seen: set[str] = set()
    for number, name in names:
        if composed(name) in seen:
            raise UserError(f"{path}, line {number}, names '{name}' twice; name every class once.")
        if ";" in name or "\t" in name:
            raise UserError(f"{path}, line {number}, is '{name[:60]}'; write one class name a line and nothing else.")
        if name.lower() in _BACKGROUND:
            raise UserError(f"{path}, line {number}, names '{name}', which is label 0; put it on the first line.")
        seen.add(composed(name))
    if not names:
        raise UserError(f"{path} is empty; write one class name a line, or delete it for VOC's 20.")
    return tuple(composed(name) for _, name in names)


def _cvat(lines: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The names of a labelmap.txt, background and ignore left out; [] for any other list."""
    found = [(number, _CVAT.fullmatch(line)) for number, line in lines if not line.startswith("# label:")]
    if not all(match for _, match in found):
        return []
    names = [(number, match["name"]) for number, match in found if match]
    return [(number, name) for number, name in names if name not in {"background", "ignore"}]


def without_numbers(path: Path, lines: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """(line, name) of lines that are numbered throughout, from 0 or 1 or by WordNet's ids; others as they are.

    Raises UserError where the numbers leave one out.
    """
    synsets = [_SYNSET.fullmatch(line) for _, line in lines]
    if lines and all(synsets):
        return [(number, match["name"]) for (number, _), match in zip(lines, synsets, strict=True) if match]
    for pattern in _NUMBERED:
        found = [pattern.fullmatch(line) for _, line in lines]
        matches = [match for match in found if match]
        if not matches or len(matches) < len(lines):
            continue
        ids = [int(match["id"]) for match in matches]
        names = [match["name"] for match in matches]
        in_order = ids[0] <= 1 and ids == list(range(ids[0], ids[0] + len(ids)))
        if not in_order or len(set(names)) < len(names):
            if any(match["mark"].strip(" ") for match in matches):
                raise UserError(
                    f"{path} numbers its classes {ids[:5]}; number them from 0 or 1 in order, or not at all."
                )
            continue  # "2 doors", "4 doors": numbers that belong to the names
        return [(number, name) for (number, _), name in zip(lines, names, strict=True)]
    return list(lines)
