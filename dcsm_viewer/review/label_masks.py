"""Label images as triage works on them: a threshold on the class maps, 'ignore', and the count of each label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.label_values import IGNORE_INDEX, MAX_CLASSES
from dcsm_viewer.core.types import UserError
from dcsm_viewer.review.exported_result import Labels

BACKGROUND, IGNORE = "background", "ignore"


def ignore_label(labels: Labels) -> int:
    """The label that stands for 'ignore': 255, or 65535 in the 16 bits of a vocabulary where 255 is a class."""
    return IGNORE_INDEX if labels.dtype == np.uint8 else int(np.iinfo(np.uint16).max)


def thresholded(class_maps: NDArray[np.float32], class_ids: Sequence[int], threshold: float, like: Labels) -> Labels:
    """(H, W): the class whose map (T, H, W) is largest there, if that is above `threshold`; else background.

    class_ids: the maps' classes. `like` gives dtype and shape; of equal maps the first wins.
    """
    labels = np.zeros_like(like)
    if not class_ids:
        return labels
    best = np.argmax(class_maps, axis=0)
    label_of = np.array([class_id + 1 for class_id in class_ids], dtype=labels.dtype)
    above = np.take_along_axis(class_maps, best[None], axis=0)[0] > threshold
    labels[above] = label_of[best[above]]
    return labels


def pixels_by_name(labels: Labels, class_names: Sequence[str]) -> dict[str, int]:
    """How many pixels each label has that occurs, by class name, `background` and `ignore`."""
    counts = np.bincount(labels.ravel())
    ignore = ignore_label(labels)
    return {label_name(int(label), class_names, ignore): int(counts[label]) for label in np.flatnonzero(counts)}


def label_name(label: int, class_names: Sequence[str], ignore: int) -> str:
    if label == 0:
        return BACKGROUND
    if label == ignore:
        return IGNORE
    name = class_names[label - 1]
    # Counts go by name: a class called background, or one of two with one name, must not be added to the other.
    is_its_own = name not in {BACKGROUND, IGNORE} and class_names.count(name) == 1
    return name if is_its_own else f"{name} (class {label})"


def index_image(labels: Labels, detected_ids: Sequence[int]) -> tuple[NDArray[np.uint8], dict[int, int]]:
    """Labels for a palette PNG, uint8 (H, W) with 255 for 'ignore', and the class id of each index used.

    The indices are those of the export (docs/formats.md): class id + 1, or for a vocabulary that does not fit a byte
    1..T in the order of `detected_ids`; classes painted by hand follow. Raises UserError for more than 254 classes.
    """
    if labels.dtype == np.uint8:
        present = [int(label) for label in np.unique(labels) if label not in {0, IGNORE_INDEX}]
        return labels.astype(np.uint8), {label: label - 1 for label in present}
    ignore = ignore_label(labels)
    present = [int(label) - 1 for label in np.unique(labels) if label not in {0, ignore}]
    order = (*detected_ids, *(class_id for class_id in present if class_id not in detected_ids))
    if len(order) > MAX_CLASSES:
        raise UserError(f"A label image holds at most {MAX_CLASSES} classes, and this one has {len(order)}.")
    table = np.zeros(ignore + 1, dtype=np.uint8)
    for index, class_id in enumerate(order, start=1):
        table[class_id + 1] = index
    table[ignore] = IGNORE_INDEX
    meanings = {index: class_id for index, class_id in enumerate(order, start=1) if class_id in present}
    return table[labels], meanings
