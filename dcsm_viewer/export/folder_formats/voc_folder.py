"""The list of images that goes with SegmentationClass in VOC's folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dcsm_viewer.export.export_format import FolderFormat
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.text_lines import lines_of


def write(images: Sequence[FolderImage], _folder: Path, path: Path) -> None:
    """Write a line an image: the name of its mask without suffix.

    Parameters
    ----------
    images
        The exported images, in their order in the list.
    _folder
        Not used; all formats of a folder have these parameters.
    path
        Of the list.
    """
    with atomic_write(path) as stream:
        stream.write("".join(f"{image.stem}\n" for image in images).encode())


def verify(images: Sequence[FolderImage], folder: Path, path: Path) -> Report:
    """Check that every line has its mask, and every image its line.

    Parameters
    ----------
    images
        The exported images.
    folder
        The folder of the export.
    path
        Of the list.

    Returns
    -------
    Report
        A finding for each rule.
    """
    return Report.of(_findings(images, folder, path))


def _findings(images: Sequence[FolderImage], folder: Path, path: Path) -> Iterator[Finding]:
    try:
        stems = lines_of(path.read_bytes().decode())
    except (OSError, ValueError) as error:
        yield unreadable(path, error)
        return
    same = stems == [image.stem for image in images]
    yield finding(same, good=f"It lists the {len(stems)} images.", bad="It lists other images.")
    missing = [stem for stem in stems if not (folder / "SegmentationClass" / f"{stem}.png").is_file()]
    yield finding(
        not missing, good="Every line has its mask.", bad=f"{len(missing)} lines have no mask: {missing[:3]}."
    )


FORMATS = (FolderFormat("voc-layout", "ImageSets/Segmentation/default.txt", write, verify),)
