"""The data.yaml that goes with ultralytics' text files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from dcsm_viewer.export.export_format import FolderFormat
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.recipe import read_recipe
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.text_lines import lines_of


def write(images: Sequence[FolderImage], folder: Path, path: Path) -> None:
    """Write the folders of the images and the names of the classes by id, as quoted YAML.

    Parameters
    ----------
    images
        The exported images; their recipes name the classes.
    folder
        The folder of the export.
    path
        Of the YAML.
    """
    with atomic_write(path) as stream:
        stream.write(_text(_names(images, folder)).encode())


def verify(images: Sequence[FolderImage], folder: Path, path: Path) -> Report:
    """Check that every image has its text file, and every class its name.

    Parameters
    ----------
    images
        The exported images.
    folder
        The folder of the export.
    path
        Of the YAML.

    Returns
    -------
    Report
        A finding for each rule.
    """
    return Report.of(_findings(images, folder, path))


def _names(images: Sequence[FolderImage], folder: Path) -> tuple[str, ...]:
    return read_recipe(folder / f"{images[0].stem}.json").model.class_names


def _text(names: Sequence[str]) -> str:
    # A JSON string in ASCII is a YAML string in double quotes: no name is taken for a number, a mark or a truth value.
    lines = [f"  {index}: {json.dumps(name)}" for index, name in enumerate(names)]
    return "\n".join(["path: .", "train: images", "val: images", "names:", *lines]) + "\n"


def _findings(images: Sequence[FolderImage], folder: Path, path: Path) -> Iterator[Finding]:
    try:
        lines = lines_of(path.read_bytes().decode())
        stored = [json.loads(line.split(": ", 1)[1]) for line in lines[4:]]
    except (OSError, ValueError, LookupError) as error:
        yield unreadable(path, error)
        return
    same = tuple(stored) == _names(images, folder)
    yield finding(same, good=f"It names the {len(stored)} classes.", bad="Its classes are others.")
    missing = [each.stem for each in images if not (folder / "yolo" / "labels" / f"{each.stem}.txt").is_file()]
    yield finding(not missing, good="Every image has its labels.", bad=f"{len(missing)} images have no labels.")


FORMATS = (FolderFormat("yolo-seg", "yolo/data.yaml", write, verify),)
