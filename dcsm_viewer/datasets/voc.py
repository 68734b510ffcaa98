"""PASCAL VOC as it unpacks: JPEGImages, ImageSets, Annotations, SegmentationClass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dcsm_viewer.datasets.example import IMAGE_SUFFIXES, VOC_CLASSES, Dataset, Example, in_order
from dcsm_viewer.datasets.text_lines import numbered_lines
from dcsm_viewer.datasets.voc_annotation import annotated_names
from dcsm_viewer.values import UserError

CLASS_LIST = "classes.txt"


@dataclass(frozen=True, slots=True)
class _Listed:
    """What one line of an image set names; `mask` where the line names it, as trainaug lists do."""

    line: int
    stem: str
    image: Path
    mask: Path | None


def voc_dataset(root: Path, image_set: str, task: Literal["Segmentation", "Main"] = "Segmentation") -> Dataset:
    """The images of ImageSets/`task`/`image_set`.txt under `root` (VOC2012, or anything laid out like it).

    A line of the list is a name, or '/JPEGImages/x.jpg /SegmentationClassAug/x.png' as in the trainaug lists.
    Labels come from Annotations/<name>.xml, otherwise from the lists ImageSets/Main/<class>_<set>.txt; objects marked
    difficult count, because they are in the masks. A set may list images without any label. The classes are VOC's
    20, or those in `root`/classes.txt, one a line in the order of the masks' ids.

    Raises UserError naming file and line for lists, images and labels that are missing or make no sense.
    """
    root = Path(root)
    class_names = _class_names(root)
    listed = _listed(root, root / "ImageSets" / task / f"{image_set}.txt")
    by_class_list: Mapping[str, set[str]] | None = None
    examples: list[Example] = []
    for one in listed:
        annotation = root / "Annotations" / f"{one.stem}.xml"
        if annotation.is_file():
            labels = _known(annotation, set(annotated_names(annotation)), class_names)
        else:
            if by_class_list is None:
                by_class_list = _labels_of_class_lists(root, image_set, class_names)
            if one.stem not in by_class_list:
                raise UserError(
                    f"{one.stem} has no labels: neither {annotation} nor the lists "
                    f"{root / 'ImageSets' / 'Main'}/<class>_{image_set}.txt name it."
                )
            labels = by_class_list[one.stem]
        examples.append(Example(one.stem, one.image, in_order(labels, class_names), one.mask))
    return Dataset(f"{root.name} {image_set}", class_names, tuple(examples))


def _class_names(root: Path) -> tuple[str, ...]:
    if not (root / CLASS_LIST).is_file():
        return VOC_CLASSES
    lines = numbered_lines(root / CLASS_LIST, "The class list")
    names = tuple(name for _, name in lines)
    for number, name in lines:
        if names.count(name) > 1:
            raise UserError(f"{root / CLASS_LIST}, line {number}, names '{name}' twice; name every class once.")
    if not names:
        raise UserError(f"{root / CLASS_LIST} is empty; write one class name a line, or delete it for VOC's 20.")
    return names


def _listed(root: Path, list_file: Path) -> list[_Listed]:
    if not list_file.is_file():
        there = ", ".join(sorted(path.stem for path in list_file.parent.glob("*.txt") if "_" not in path.stem))
        hint = f"there are: {there}" if there else "give the folder that holds ImageSets and JPEGImages"
        raise UserError(f"There is no image set {list_file}; {hint}.")
    images = _files(root / "JPEGImages")
    masks = _files(root / "SegmentationClass")
    listed: dict[str, _Listed] = {}
    for number, line in numbered_lines(list_file, "The image set"):
        words = line.split()
        named = words[0].replace("\\", "/").lstrip("/")
        stem = Path(named).stem if "/" in named else named
        image = root / named if "/" in named else images.get(stem)
        if image is None or not image.is_file():
            raise UserError(f"{list_file}, line {number}: there is no image '{named}' in {root / 'JPEGImages'}.")
        mask = masks.get(stem)
        if len(words) > 1 and "/" in words[1]:
            mask = root / words[1].replace("\\", "/").lstrip("/")
            if not mask.is_file():
                raise UserError(f"{list_file}, line {number}: there is no mask {mask}.")
        if stem in listed:
            raise UserError(f"{list_file}, line {number}, names {stem} again, after line {listed[stem].line}.")
        listed[stem] = _Listed(number, stem, image, mask)
    if not listed:
        raise UserError(f"The image set {list_file} is empty; write one image name a line.")
    return list(listed.values())


def _files(folder: Path) -> dict[str, Path]:
    """Image files by stem; {} where there is no such folder. Asked once: 17,000 questions to a disk take long."""
    if not folder.is_dir():
        return {}
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    return {path.stem: path for path in reversed(found)}


def _labels_of_class_lists(root: Path, image_set: str, class_names: tuple[str, ...]) -> dict[str, set[str]]:
    """Labels by stem from ImageSets/Main/<class>_<set>.txt, lines '<stem> 1', '-1' (absent) or '0' (difficult)."""
    labels: dict[str, set[str]] = {}
    for name in class_names:
        path = root / "ImageSets" / "Main" / f"{name}_{image_set}.txt"
        if not path.is_file():
            continue
        for stem, is_there in _presences(path):
            of_image = labels.setdefault(stem, set())
            if is_there:
                of_image.add(name)
    return labels


def _presences(path: Path) -> Iterator[tuple[str, bool]]:
    for number, line in numbered_lines(path, "The class list"):
        words = line.split()
        if len(words) != 2 or words[1] not in ("1", "0", "-1"):
            raise UserError(f"{path}, line {number}, is '{line[:60]}'; write an image name and 1, 0 or -1.")
        yield words[0], words[1] != "-1"


def _known(annotation: Path, names: set[str], class_names: tuple[str, ...]) -> set[str]:
    strange = sorted(names - set(class_names))
    if strange:
        raise UserError(
            f"{annotation} names the class '{strange[0]}', which is not among the data set's {len(class_names)}; "
            f"write its classes into {CLASS_LIST} beside ImageSets."
        )
    return names
