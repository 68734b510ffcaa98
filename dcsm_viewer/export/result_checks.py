"""What there is to export in a Result, checked once for all formats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.label_values import MAX_CLASSES
from dcsm_viewer.core.types import Result, Segmentation, UserError


def segmentation_of(result: Result) -> Segmentation:
    """Return the final labels of a result.

    Raises UserError while it is partial or a preview, and if it has no labels: what a recipe promises must be final.
    """
    name = result.request.image.name
    if result.completeness != "settled":
        raise UserError(f"{name} is still being computed; export it when the last stage is done.")
    if result.segmentation is None:
        raise UserError(f"{name} has no labels to export; compute its segmentation first.")
    return result.segmentation


def fits_one_byte(result: Result) -> bool:
    """Return True if every class of the vocabulary has label id + 1 in 1..254."""
    return len(result.model.class_names) <= MAX_CLASSES


def exact_labels(result: Result) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return labels (H, W): 0 background, class id + 1; uint8, or uint16 for a vocabulary of more than 254 classes."""
    labels = segmentation_of(result).labels
    return labels.astype(np.uint8) if fits_one_byte(result) else labels.astype(np.uint16)


def indexed_labels(result: Result) -> NDArray[np.uint8]:
    """Return labels uint8 (H, W) for formats that know only bytes: 0 background, class id + 1.

    For a vocabulary of more than 254 classes 1..T in the order of `detected_ids` instead, which the recipe says. Raises
    UserError when even that does not fit.
    """
    labels = segmentation_of(result).labels
    if fits_one_byte(result):
        return labels.astype(np.uint8)
    if len(result.detected_ids) > MAX_CLASSES:
        raise UserError(
            f"{result.request.image.name} has {len(result.detected_ids)} classes, and a label image holds at most "
            f"{MAX_CLASSES}; raise the threshold or export npz."
        )
    table = np.zeros(len(result.model.class_names) + 1, dtype=np.uint8)
    for index, class_id in enumerate(result.detected_ids, start=1):
        table[class_id + 1] = index
    return table[labels]


def index_meanings(result: Result) -> dict[int, str]:
    """Class names by the index `indexed_labels` gives them, of the detected classes only."""
    names = result.model.class_names
    if fits_one_byte(result):
        return {class_id + 1: names[class_id] for class_id in result.detected_ids}
    return {index: names[class_id] for index, class_id in enumerate(result.detected_ids, start=1)}
