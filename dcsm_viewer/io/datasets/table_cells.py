"""The cells of a CSV, whatever its rows are separated by."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.image_names import stem_of
from dcsm_viewer.io.datasets.numbered_lines import BLANKS

HEADINGS = frozenset({"image", "images", "file", "filename", "file_name", "path", "image_path"})
_SEPARATORS = {",": "','", ";": "';'", "\t": "tab"}
_INSIDE_A_CELL = (";", "|", "\t")


def rows_of(file: Path, lines: Sequence[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    """(line, cells without blanks around them) of every row but the heading.

    Rows are separated by commas, semicolons or tabs, all of them by the same: the one after which most rows begin with
    an image's name and go on. A first line 'sep=;' says so itself. Raises UserError naming file and line for quotes
    that are left open, for a row of another separator, and for several labels in one cell.
    """
    declared = lines[0][1].lower().removeprefix("sep=") if lines and lines[0][1].lower().startswith("sep=") else None
    if declared is not None:
        lines = lines[1:]
    separator = declared if declared in _SEPARATORS else _likeliest(lines)
    rows = [(number, _cells(file, number, line, separator)) for number, line in lines]
    if rows and rows[0][1][0].lower() in HEADINGS:
        del rows[0]
    for number, cells in rows:
        _check(file, number, cells, separator)
    if rows and all(len(cells) > 2 and set(cells[1:]) <= {"0", "1"} for _, cells in rows):
        raise UserError(f"{file} has a column of 0 and 1 for each class; write image,label,label with the class names.")
    return rows


def _likeliest(lines: Sequence[tuple[int, str]]) -> str:
    def begins_like_rows(separator: str) -> tuple[int, int]:
        cells = [line.split(separator) for _, line in lines]
        named = sum(len(row) > 1 and _is_name(row[0].strip(BLANKS).strip('"')) for row in cells)
        return named, sum(len(row) > 1 for row in cells)

    return max(_SEPARATORS, key=begins_like_rows)  # the comma among equals: it comes first


def _is_name(cell: str) -> bool:
    return cell.lower() in HEADINGS or stem_of(cell) != cell


def _cells(file: Path, number: int, line: str, separator: str) -> list[str]:
    try:
        row = next(csv.reader([line], delimiter=separator, strict=True, skipinitialspace=True))
    except csv.Error as error:
        raise UserError(f"{file}, line {number}, is no row of a CSV ({error}); close its quotes.") from None
    return [cell.strip(BLANKS) for cell in row]


def _check(file: Path, number: int, cells: Sequence[str], separator: str) -> None:
    for other, words in _SEPARATORS.items():
        if (
            other != separator
            and len(cells) == 1
            and _is_name(cells[0].split(other)[0].strip(BLANKS)) > _is_name(cells[0])
        ):
            raise UserError(
                f"{file}, line {number}, is separated by {words} and the CSV by {_SEPARATORS[separator]}; "
                "separate all rows alike."
            )
    for cell in cells[1:]:
        if any(mark in cell for mark in _INSIDE_A_CELL):
            raise UserError(f"{file}, line {number}, has several labels in the cell '{cell[:60]}'; write one a cell.")
