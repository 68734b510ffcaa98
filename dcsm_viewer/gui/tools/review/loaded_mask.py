"""The selected mask: the export, its photograph and its labels as edited last."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dcsm_viewer.core.label_values import MAX_CLASSES
from dcsm_viewer.core.types import SourceImage, UserError
from dcsm_viewer.io.images import read_image
from dcsm_viewer.review.exported_result import Exported, Labels, read_exported
from dcsm_viewer.review.label_edits import read_edit
from dcsm_viewer.review.label_masks import BACKGROUND, IGNORE, ignore_label
from dcsm_viewer.review.review_file import ReviewEntry


@dataclass(frozen=True, slots=True)
class LoadedMask:
    """labels: those to begin with, the edited ones where there are some. note: what to know of the photograph."""

    exported: Exported
    image: SourceImage
    labels: Labels = field(repr=False, compare=False)
    note: str = ""

    @property
    def stem(self) -> str:
        return self.exported.stem

    @property
    def ignore(self) -> int:
        return ignore_label(self.exported.labels)

    @property
    def paintable(self) -> tuple[int, ...]:
        """Class ids to paint with: the detected ones, the candidates, then all others of a small vocabulary."""
        everything = range(len(self.exported.class_names)) if len(self.exported.class_names) <= MAX_CLASSES else ()
        return tuple(dict.fromkeys((*self.exported.detected_ids, *self.exported.candidate_ids, *everything)))

    @property
    def names(self) -> dict[int, str]:
        """Name of every label that can occur: background, what can be painted, what was painted, 'ignore'."""
        classes = {class_id + 1: self.exported.class_names[class_id] for class_id in self.paintable}
        found = {
            int(label): self.exported.class_names[int(label) - 1]
            for label in np.unique(self.labels)
            if label not in {0, self.ignore}
        }
        return {0: BACKGROUND, **found, **classes, self.ignore: IGNORE}


def load_mask_export(folder: Path, entry: ReviewEntry) -> LoadedMask:
    """The mask of this entry; grey stands in for a lost photograph, the export for a lost edit, which its note says.

    Raises UserError for an export that cannot be read.
    """
    exported = read_exported(folder, entry.stem)
    labels, note = exported.labels, ""
    image = _image(folder, exported)
    if image is None:
        grey = np.full((*labels.shape, 3), 128, dtype=np.uint8)
        image = SourceImage.of(grey, name=exported.recipe.image.name)
        note = "The photograph is not where it was when the mask was made, or is another one; grey stands in for it."
    if entry.edit is not None:
        try:
            labels = read_edit(folder, entry.edit, labels)
        except UserError as error:
            note = str(error)
    return LoadedMask(exported, image, labels, note)


def image_path(folder: Path, exported: Exported) -> Path | None:
    """Where the recipe says the photograph is, None where it had no file."""
    path = exported.recipe.image.path
    return None if path is None else folder / path


def _image(folder: Path, exported: Exported) -> SourceImage | None:
    path = image_path(folder, exported)
    if path is None:
        return None
    try:
        image = read_image(path)
    except UserError:
        return None
    return image if image.digest == exported.recipe.image.pixels_sha256 else None
