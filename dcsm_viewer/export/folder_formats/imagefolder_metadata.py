"""The metadata.jsonl that goes with Hugging Face's image folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dcsm_viewer.export.export_format import FolderFormat
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.recipe import read_recipe
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.plain_file import plain_json
from dcsm_viewer.io.text_lines import lines_of


def write(images: Sequence[FolderImage], folder: Path, path: Path) -> None:
    """Write a line an image: `file_name`, `mask_file_name`, and the `labels` and `class_names` that the mask shows.

    `datasets` loads what ends in file_name as an image.

    Parameters
    ----------
    images
        The exported images; their recipes name the classes.
    folder
        The folder of the export.
    path
        Of the JSON lines.
    """
    with atomic_write(path) as stream:
        stream.write("".join(json.dumps(_row(image, folder)) + "\n" for image in images).encode())


def verify(images: Sequence[FolderImage], folder: Path, path: Path) -> Report:
    """Check that every line leads to an image and a mask, and that all lines have the same columns.

    Parameters
    ----------
    images
        The exported images.
    folder
        The folder of the export.
    path
        Of the JSON lines.

    Returns
    -------
    Report
        A finding for each rule.
    """
    return Report.of(_findings(images, folder, path))


def _row(image: FolderImage, folder: Path) -> dict[str, Any]:
    meanings = read_recipe(folder / f"{image.stem}.json").index_meanings
    return {
        "file_name": f"images/{image.stem}.png",
        "mask_file_name": f"masks/{image.stem}.png",
        "labels": list(meanings),
        "class_names": list(meanings.values()),
    }


def _findings(images: Sequence[FolderImage], folder: Path, path: Path) -> Iterator[Finding]:
    root = folder / "imagefolder"
    try:
        rows: list[Any] = [plain_json(line.encode()) for line in lines_of(path.read_bytes().decode())]
        files = [(root / row[key]).is_file() for row in rows for key in ("file_name", "mask_file_name")]
    except (OSError, ValueError, LookupError, TypeError) as error:
        yield unreadable(path, error)
        return
    same = rows == [_row(image, folder) for image in images]
    yield finding(same, good=f"It has the {len(rows)} images.", bad="Its images are others.")
    missing = files.count(False)
    yield finding(not missing, good="Every file it names is there.", bad=f"{missing} files are missing.")


FORMATS = (FolderFormat("imagefolder", "imagefolder/metadata.jsonl", write, verify),)
