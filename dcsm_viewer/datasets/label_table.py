"""A CSV file of images and their labels: image,label,label."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from dcsm_viewer.datasets.example import Dataset, Example, in_order
from dcsm_viewer.datasets.text_lines import numbered_lines
from dcsm_viewer.values import UserError

_HEADERS = frozenset({"image", "file", "filename", "path"})


def csv_dataset(file: Path) -> Dataset:
    """The images a CSV names, with their labels; classes in alphabetical order of all that occur.

    A row is image,label,label,... with as many labels as the image has, maybe none. Paths are relative to the file. A
    first row that begins with 'image', 'file', 'filename' or 'path' is a heading.
    Raises UserError naming file and line for an image that is missing or named twice, and a table without labels.
    """
    file = Path(file)
    rows: dict[Path, tuple[int, set[str]]] = {}
    for number, name, labels in table_rows(file):
        image = file.parent / name
        if not image.is_file():
            raise UserError(f"{file}, line {number}: there is no image {image}; paths are relative to the table.")
        if image in rows:
            raise UserError(f"{file}, line {number}, names {name} again, after line {rows[image][0]}.")
        rows[image] = number, set(labels)
    class_names = tuple(sorted(set[str]().union(*(labels for _, labels in rows.values()))))
    if not class_names:
        raise UserError(f"{file} names no labels; write rows of image,label,label.")
    examples = tuple(Example(image.stem, image, in_order(labels, class_names)) for image, (_, labels) in rows.items())
    return Dataset(file.stem, class_names, examples)


def table_rows(file: Path) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """(line from 1, image as written, labels as written, each once) of every row but the heading."""
    for number, line in numbered_lines(file, "The table"):
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True, skipinitialspace=True))]
        except csv.Error as trouble:
            raise UserError(f"{file}, line {number}, is no row of a CSV ({trouble}); close its quotes.") from None
        if number == 1 and cells[0].lower() in _HEADERS:
            continue
        if not cells[0]:
            raise UserError(f"{file}, line {number}, names no image; write image,label,label.")
        yield number, cells[0], tuple(dict.fromkeys(cell for cell in cells[1:] if cell))
