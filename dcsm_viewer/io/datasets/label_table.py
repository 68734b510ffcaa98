"""A CSV file of images and their labels: image,label,label."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.image_names import composed, file_named, stem_of
from dcsm_viewer.io.datasets.labelled_image import Dataset, Example, in_order
from dcsm_viewer.io.datasets.numbered_lines import numbered_lines
from dcsm_viewer.io.datasets.table_cells import rows_of


def csv_dataset(file: Path) -> Dataset:
    """The images a CSV names, with their labels; classes in alphabetical order of all that occur.

    A row is image,label,label,... with as many labels as the image has, maybe none; semicolons or tabs do as well.
    Paths are relative to the file. A first row that begins with 'image', 'file', 'filename' or 'path' is a heading.
    Raises UserError naming file and line for an image that is missing or named twice, and a table without labels.
    """
    file = Path(file)
    rows: dict[str, tuple[int, Path, set[str]]] = {}
    for number, name, labels in table_rows(file):
        image = file_named(file.parent / name) or file_named(file.parent / name.replace("\\", "/"))
        if image is None:
            missing = file.parent / name
            raise UserError(f"{file}, line {number}: there is no image {missing}; paths are relative to the table.")
        real = os.path.realpath(image)
        if real in rows:
            raise UserError(f"{file}, line {number}, names {name} again, after line {rows[real][0]}.")
        rows[real] = number, image, set(labels)
    class_names = tuple(sorted(set[str]().union(*(labels for _, _, labels in rows.values()))))
    if not class_names:
        raise UserError(f"{file} names no labels; write rows of image,label,label.")
    examples = tuple(
        Example(stem_of(image.name), image, in_order(labels, class_names)) for _, image, labels in rows.values()
    )
    return Dataset(file.stem, class_names, examples)


def table_rows(file: Path) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """(line from 1, image as written, labels as written, each once) of every row but the heading."""
    for number, cells in rows_of(file, numbered_lines(file, "The table")):
        if not cells[0]:
            raise UserError(f"{file}, line {number}, names no image; write image,label,label.")
        yield number, cells[0], tuple(dict.fromkeys(composed(cell) for cell in cells[1:] if cell))
