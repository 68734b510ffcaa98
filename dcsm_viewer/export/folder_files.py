"""One file of a whole folder, for consumers that want that: made of the files of its images, which stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.folder_image import GatheredImage
from dcsm_viewer.export.formats import coco_folder as coco_gathering
from dcsm_viewer.export.formats import cvat_folder as cvat_gathering
from dcsm_viewer.export.formats import voc_folder as voc_gathering
from dcsm_viewer.export.report import Report
from dcsm_viewer.io.atomic import make_folder, replaced
from dcsm_viewer.io.own_files import check_own, claim


@dataclass(frozen=True, slots=True)
class Gathering:
    """What a format gives for a whole folder: `place` is its path in the export folder.

    `check(images)` raises UserError for images that it cannot tell apart. `write(images, folder, path)` makes it of the
    images' own files in `folder`, `verify(images, folder, path)` reads it back. The same files give the same bytes.
    """

    name: str
    place: str
    check: Callable[[Sequence[GatheredImage]], None]
    write: Callable[[Sequence[GatheredImage], Path, Path], None]
    verify: Callable[[Sequence[GatheredImage], Path, Path], Report]


def _any(_images: Sequence[GatheredImage]) -> None:
    """Every image has a place of its own."""


GATHERINGS: dict[str, Gathering] = {
    each.name: each
    for each in (
        Gathering("coco", "coco/annotations.json", _any, coco_gathering.write, coco_gathering.verify),
        Gathering("cvat", "cvat/annotations.zip", cvat_gathering.check, cvat_gathering.write, cvat_gathering.verify),
        Gathering("voc-layout", "ImageSets/Segmentation/default.txt", _any, voc_gathering.write, voc_gathering.verify),
    )
}


def gather(
    images: Sequence[GatheredImage], folder: Path, formats: Sequence[str]
) -> tuple[tuple[str, Path, Report], ...]:
    """(format, path, what reading it back found) of each of `formats` that has a file for the whole folder.

    Raises UserError if an image's own file is gone or damaged, one does not read back, which is then not kept, or a
    file of the user's has the place.
    """
    made = []
    for name in dict.fromkeys(formats):
        if name not in GATHERINGS or not images:
            continue
        each, path = GATHERINGS[name], folder / GATHERINGS[name].place
        make_folder(path.parent)
        claim(folder, (each.place,))
        with replaced(path) as draft:
            each.write(images, folder, draft)
            report = each.verify(images, folder, draft)
            if not report.ok:
                raise UserError(f"{path} did not read back ({report.sentences[0]}); check the disk and try again.")
        made.append((name, path, report))
    return tuple(made)


def refused_gatherings(images: Sequence[GatheredImage], folder: Path, formats: Sequence[str]) -> dict[str, str]:
    """Return by format, of those whose file of the whole folder cannot be made, a sentence that says why.

    Asked before any work; the images' own files of that format can be made all the same.
    """
    found: dict[str, str] = {}
    for name in formats:
        if name not in GATHERINGS or len(images) < 2:
            continue
        try:
            GATHERINGS[name].check(images)
            check_own(folder, (GATHERINGS[name].place,))
        except UserError as error:
            found[name] = str(error)
    return found
