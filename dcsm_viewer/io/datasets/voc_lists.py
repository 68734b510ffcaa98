"""VOC's lists: which images a set holds, and which of them show a class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.image_names import ByName, composed, file_named, images_by_name, stem_of
from dcsm_viewer.io.datasets.numbered_lines import BLANKS, lines_of, numbered_lines

_PRESENCE = re.compile(r"(?P<name>.+?)[ \t]+(?P<there>-1|0|1)")


@dataclass(frozen=True, slots=True)
class Listed:
    """What one line of an image set names. error: a sentence where there is no such image or mask."""

    line: int
    stem: str
    image: Path
    mask: Path | None
    error: str | None = None


def listed_images(root: Path, list_file: Path, *, needs_images: bool = True) -> list[Listed]:
    """The images of a set, each once.

    A line is an image's name, with blanks or without, with its suffix or without; or its path from `root`, followed by
    its mask's as in the trainaug lists; or a name and 1, 0 or -1.
    Without `needs_images` an image that is not there is no error, if its mask is.
    Raises UserError for a list that is not there, is empty, or names an image twice.
    """
    if not list_file.is_file():
        there = ", ".join(sorted(path.stem for path in list_file.parent.glob("*.txt") if "_" not in path.stem))
        hint = f"there are: {there}" if there else "give the folder that holds ImageSets and JPEGImages"
        raise UserError(f"There is no image set {list_file}; {hint}.")
    images, masks = images_by_name(root / "JPEGImages"), images_by_name(root / "SegmentationClass")
    listed: dict[str, Listed] = {}
    for number, line in enumerate(lines_of(list_file, "The image set"), 1):
        if not line.strip(BLANKS):
            continue
        one = _listed(root, f"{list_file}, line {number}", number, line, images, masks)
        if one.error and not needs_images and not one.image.is_file() and one.mask is not None:
            one = replace(one, error=None)
        key = composed(one.stem)
        if key in listed:
            raise UserError(f"{list_file}, line {number}, names {one.stem} again, after line {listed[key].line}.")
        listed[key] = one
    if not listed:
        raise UserError(f"The image set {list_file} is empty; write one image name a line.")
    return list(listed.values())


def _listed(root: Path, index: str, number: int, line: str, images: ByName[Path], masks: ByName[Path]) -> Listed:
    text = line.strip(BLANKS)
    found = images.one(line) or images.one(text)
    if found is None and ("/" in text or "\\" in text):
        for image, rest in _paths(root, text):
            mask = masks.one(stem_of(image.name))
            error = None
            if "/" in rest or "\\" in rest:
                mask = file_named(_below(root, rest))
                error = None if mask else f"{index}: there is no mask {_below(root, rest)}."
            return Listed(number, stem_of(image.name), image, mask, error)
    match = _PRESENCE.fullmatch(text)
    if found is None and match is not None:
        found = images.one(match["name"])
    if found is None:
        error = f"{index}: there is no image '{text[:80]}' in {root / 'JPEGImages'}."
        return Listed(number, text, root / "JPEGImages" / f"{text}.jpg", masks.one(text), error)
    stem = stem_of(found.name)
    return Listed(number, stem, found, masks.one(stem))


def _paths(root: Path, text: str) -> Iterator[tuple[Path, str]]:
    """(image, what follows it), for every blank behind which something else may begin; paths may hold blanks too."""
    cuts = [len(text), *(match.start() for match in re.finditer(r"[ \t]+", text))]
    for cut in cuts:
        image = file_named(_below(root, text[:cut]))
        if image is not None:
            yield image, text[cut:].strip(BLANKS)


def _below(root: Path, named: str) -> Path:
    return root / named.replace("\\", "/").lstrip("/")


def labels_of_class_lists(root: Path, image_set: str, class_names: tuple[str, ...]) -> ByName[set[str]]:
    """Labels by name from ImageSets/Main/<class>_<set>.txt, lines '<name> 1', '-1' (absent) or '0' (difficult)."""
    labels: dict[str, set[str]] = {}
    for name in class_names:
        path = root / "ImageSets" / "Main" / f"{name}_{image_set}.txt"
        if not path.is_file():
            continue
        for image, is_there in _presences(path):
            of_image = labels.setdefault(image, set())
            if is_there:
                of_image.add(name)
    return ByName(labels.items())


def _presences(path: Path) -> Iterator[tuple[str, bool]]:
    for number, line in numbered_lines(path, "The class list"):
        match = _PRESENCE.fullmatch(line)
        if match is None:
            raise UserError(f"{path}, line {number}, is '{line[:60]}'; write an image name and 1, 0 or -1.")
        yield match["name"], match["there"] != "-1"
