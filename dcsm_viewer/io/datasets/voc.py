"""PASCAL VOC as it unpacks: JPEGImages, ImageSets, Annotations, SegmentationClass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.class_names import read_class_names
from dcsm_viewer.io.datasets.image_names import ByName
from dcsm_viewer.io.datasets.labelled_image import VOC_CLASSES, Dataset, Example, in_order
from dcsm_viewer.io.datasets.voc_annotation import annotated_names
from dcsm_viewer.io.datasets.voc_lists import Listed, labels_of_class_lists, listed_images
from dcsm_viewer.io.masks import read_mask

CLASS_LIST = "classes.txt"


def voc_dataset(
    root: Path,
    image_set: str,
    task: Literal["Segmentation", "Main"] = "Segmentation",
    *,
    strict: bool = True,
    needs_images: bool = True,
) -> Dataset:
    """The images of ImageSets/`task`/`image_set`.txt under `root` (VOC2012, or anything laid out like it).

    A line of the list is a name, or '/JPEGImages/x.jpg /SegmentationClassAug/x.png' as in the trainaug lists.
    Labels come from Annotations/<name>.xml, otherwise from the lists ImageSets/Main/<class>_<set>.txt, otherwise from
    the masks; objects marked difficult count, because they are in the masks. A set may list images without any label.
    The classes are VOC's 20, or those in `root`/classes.txt, one a line in the order of the masks' ids.

    Parameters
    ----------
    root
        The folder that holds JPEGImages and ImageSets.
    image_set
        The list's name, as "val".
    task
        Whose list: ImageSets/Segmentation or ImageSets/Main.
    strict
        Refuse images and labels that are missing or make no sense; otherwise these images have an `error`, and only
        a set in which all have one is refused.
    needs_images
        Whether an image that is not there is an error where its mask is.

    Raises
    ------
    UserError
        A sentence that names file and line.
    """
    root = Path(root)
    class_names = _class_names(root)
    labels = _Labels(root, image_set, class_names)
    listed = listed_images(root, root / "ImageSets" / task / f"{image_set}.txt", needs_images=needs_images)
    examples = [_example(one, labels) for one in listed]
    errors = [one.error for one in examples if one.error is not None]
    if errors and (strict or len(errors) == len(examples)):
        raise UserError(errors[0])
    return Dataset(f"{root.name} {image_set}", class_names, tuple(examples))


def _class_names(root: Path) -> tuple[str, ...]:
    return read_class_names(root / CLASS_LIST) if (root / CLASS_LIST).is_file() else VOC_CLASSES


def _example(one: Listed, labels: _Labels) -> Example:
    try:
        found = set[str]() if one.error else labels.of(one)
    except UserError as error:
        return Example(one.stem, one.image, (), one.mask, str(error))
    return Example(one.stem, one.image, in_order(found, labels.class_names), one.mask, one.error)


class _Labels:
    """Whatever a VOC folder says of its images' classes."""

    def __init__(self, root: Path, image_set: str, class_names: tuple[str, ...]) -> None:
        self.class_names = class_names
        self._root, self._image_set = root, image_set

    def of(self, one: Listed) -> set[str]:
        """The classes of an image. Raises UserError where nothing says them, or they make no sense."""
        annotation = self._annotations.one(one.stem)
        if annotation is not None:
            return self._known(annotation, set(annotated_names(annotation)))
        listed = self._class_lists.one(one.stem)
        if listed is not None:
            return listed
        if one.mask is not None:
            return self._in_mask(one.mask)
        raise UserError(
            f"{one.stem} has no labels: neither {self._root / 'Annotations' / f'{one.stem}.xml'} nor the lists "
            f"{self._root / 'ImageSets' / 'Main'}/<class>_{self._image_set}.txt name it, and it has no mask."
        )

    @cached_property
    def _annotations(self) -> ByName[Path]:
        return ByName((path.name[: -len(".xml")], path) for path in _xml_files(self._root / "Annotations"))

    @cached_property
    def _class_lists(self) -> ByName[set[str]]:
        return labels_of_class_lists(self._root, self._image_set, self.class_names)

    def _known(self, annotation: Path, names: set[str]) -> set[str]:
        strange = sorted(names - set(self.class_names))
        if strange:
            raise UserError(
                f"{annotation} names the class '{strange[0]}', which is not among the data set's "
                f"{len(self.class_names)}; write its classes into {CLASS_LIST} beside ImageSets."
            )
        return names

    def _in_mask(self, mask: Path) -> set[str]:
        numbers = set(np.unique(read_mask(mask)).tolist()) - {0, IGNORE_INDEX}
        if numbers and max(numbers) > len(self.class_names):
            raise UserError(
                f"{mask} has the label {max(numbers)} and the data set {len(self.class_names)} classes; "
                f"write its classes into {CLASS_LIST} beside ImageSets."
            )
        return {self.class_names[number - 1] for number in numbers}


def _xml_files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.suffix.lower() == ".xml")
    except OSError:
        return
