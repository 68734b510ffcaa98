"""One file of a whole folder, for consumers that want that: made of the files of its images, which stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.format_registry import FOLDER_FORMATS
from dcsm_viewer.export.report import Report
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from dcsm_viewer.io.own_files import check_own, claim


def write_folder_files(
    images: Sequence[FolderImage], folder: Path, formats: Sequence[str]
) -> tuple[tuple[str, Path, Report], ...]:
    """Write the file of the whole folder for each format that has one, and read it back.

    Parameters
    ----------
    images
        The exported images, in their order in the files.
    folder
        The folder of the export.
    formats
        Names in FORMATS.

    Returns
    -------
    tuple
        (format, path, what reading it back found) of each.

    Raises
    ------
    UserError
        An image's own file is gone or damaged, a file does not read back, which is then not kept, or a file of the
        user's has its name.
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
    """Find the formats whose file of the whole folder cannot be made, before any work.

    The images' own files of that format can be made all the same.

    Parameters
    ----------
    images
        The images to export.
    folder
        The folder of the export.
    formats
        Names in FORMATS.

    Returns
    -------
    dict
        By format a sentence that says why.
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
