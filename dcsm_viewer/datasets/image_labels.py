"""Which classes each image shows, from whatever somebody has that in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dcsm_viewer.datasets.class_folders import folder_dataset
from dcsm_viewer.datasets.label_table import table_rows
from dcsm_viewer.datasets.voc_annotation import annotated_names
from dcsm_viewer.values import UserError


def labels_of_images(source: Path) -> Mapping[str, tuple[str, ...]]:
    """Class names by the image's stem (its name without folder and suffix), each once and in the source's order.

    source: a folder of VOC annotations (*.xml), a CSV of image,label,label (the images need not be there), or a folder
    of class folders. Raises UserError naming the file and line for anything else, and for a stem with two sets of
    labels.
    """
    source = Path(source)
    if source.is_file():
        return _of_table(source)
    if not source.is_dir():
        raise UserError(f"There are no labels at {source}; give a CSV, a folder of VOC XML files or of class folders.")
    annotations = sorted(source.glob("*.xml"))
    if annotations:
        return {path.stem: tuple(dict.fromkeys(annotated_names(path))) for path in annotations}
    labels: dict[str, tuple[str, ...]] = {}
    for example in folder_dataset(source).examples:
        known = labels.setdefault(example.stem, example.labels)
        if known != example.labels:
            raise UserError(
                f"Two images named {example.stem} under {source} have different labels; rename one of them."
            )
    return labels


def _of_table(table: Path) -> dict[str, tuple[str, ...]]:
    labels: dict[str, tuple[str, ...]] = {}
    for number, name, found in table_rows(table):
        stem = Path(name.replace("\\", "/")).stem
        if stem in labels and labels[stem] != found:
            raise UserError(
                f"{table}, line {number}: an image named {stem} had other labels before; rename one of them."
            )
        labels[stem] = found
    if not labels:
        raise UserError(f"{table} holds no rows; write image,label,label.")
    return labels
