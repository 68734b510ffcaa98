"""One file of a whole folder, for consumers that want that: made of the files of its images, which stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.formats import coco_folder, cvat_folder, voc_folder
from dcsm_viewer.export.report import Report
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from dcsm_viewer.io.own_files import check_own, claim


@dataclass(frozen=True, slots=True)
class FolderFormat:
    """What a format gives for a whole folder: `path_pattern` is its path in the export folder.

    `check(images)` raises UserError for images that it cannot tell apart. `write(images, folder, path)` makes it of the
    images' own files in `folder`, `verify(images, folder, path)` reads it back. The same files give the same bytes.
    """

    name: str
    path_pattern: str
    check: Callable[[Sequence[FolderImage]], None]
    write: Callable[[Sequence[FolderImage], Path, Path], None]
    verify: Callable[[Sequence[FolderImage], Path, Path], Report]


def _any(_images: Sequence[FolderImage]) -> None:
    """Every image has a place of its own."""


FOLDER_FORMATS: dict[str, FolderFormat] = {
    each.name: each
    for each in (
        FolderFormat("coco", "coco/annotations.json", _any, coco_folder.write, coco_folder.verify),
        FolderFormat("cvat", "cvat/annotations.zip", cvat_folder.check, cvat_folder.write, cvat_folder.verify),
        FolderFormat("voc-layout", "ImageSets/Segmentation/default.txt", _any, voc_folder.write, voc_folder.verify),
    )
}


def write_folder_files(
    images: Sequence[FolderImage], folder: Path, formats: Sequence[str]
) -> tuple[tuple[str, Path, Report], ...]:
    """(format, path, what reading it back found) of each of `formats` that has a file for the whole folder.

    Raises UserError if an image's own file is gone or damaged, one does not read back, which is then not kept, or a
    file of the user's has the place.
    """
    made = []
    for name in dict.fromkeys(formats):
        if name not in FOLDER_FORMATS or not images:
            continue
        each, path = FOLDER_FORMATS[name], folder / FOLDER_FORMATS[name].path_pattern
        ensure_folder(path.parent)
        claim(folder, (each.path_pattern,))
        with atomic_path(path) as draft:
            each.write(images, folder, draft)
            report = each.verify(images, folder, draft)
            if not report.ok:
                raise UserError(f"{path} did not read back ({report.sentences[0]}); check the disk and try again.")
        made.append((name, path, report))
    return tuple(made)


def refused_gatherings(images: Sequence[FolderImage], folder: Path, formats: Sequence[str]) -> dict[str, str]:
    """Return by format, of those whose file of the whole folder cannot be made, a sentence that says why.

    Asked before any work; the images' own files of that format can be made all the same.
    """
    found: dict[str, str] = {}
    for name in formats:
        if name not in FOLDER_FORMATS or len(images) < 2:
            continue
        try:
            FOLDER_FORMATS[name].check(images)
            check_own(folder, (FOLDER_FORMATS[name].path_pattern,))
        except UserError as error:
            found[name] = str(error)
    return found
