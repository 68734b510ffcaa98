"""One CVAT zip of a whole folder."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.label_values import IGNORE_INDEX, MAX_CLASSES
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.export_format import FolderFormat
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.formats.cvat_zip import LIST, add_member, labelmap_text, labels_by_colour, palette_png
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.text_lines import lines_of
from dcsm_viewer.render.palette import voc_palette

_DAMAGE = (OSError, ValueError, LookupError, SyntaxError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class _Part:
    """What an image's own zip holds: names by index (no background, no ignore), class and object indices (H, W)."""

    names: dict[int, str]
    classes: NDArray[np.uint8]
    objects: NDArray[np.uint8]


def write(images: Sequence[FolderImage], folder: Path, path: Path) -> None:
    """Write one zip for all images: masks lie and are listed by the images' paths without suffix.

    Indices and colours are those of the images' own files; where these mean different classes by one index (large
    vocabularies), classes count anew in the order in which they first occur. One image at a time is in memory.

    Parameters
    ----------
    images
        The exported images.
    folder
        The folder of the export.
    path
        Of the zip.

    Raises
    ------
    UserError
        More classes than a byte has indices, or images that differ in their suffix only.
    """
    check(images)
    listed = [_listed(image) for image in images]
    names = _names(images, folder)
    index_of = {name: index for index, name in names.items()}
    with atomic_write(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        add_member(archive, "labelmap.txt", labelmap_text(names).encode())
        add_member(archive, LIST, "".join(f"{name}\n" for name in listed).encode())
        for image, name in zip(images, listed, strict=True):
            part = _part(image, folder)
            table = np.zeros(256, dtype=np.uint8)
            for index, label in part.names.items():
                table[index] = index_of[label]
            add_member(archive, f"SegmentationClass/{name}.png", palette_png(table[part.classes]))
            add_member(archive, f"SegmentationObject/{name}.png", palette_png(part.objects))


def check(images: Sequence[FolderImage]) -> None:
    """Raise UserError for images that differ in their suffix only, as CVAT goes by their names without it."""
    listed = Counter(_listed(image).casefold() for image in images)
    twice = [name for image in images if listed[(name := _listed(image)).casefold()] > 1]
    if twice:
        raise UserError(
            f"Several images are {twice[0]} but for their suffix or capitals, by which CVAT's one file of the folder "
            "cannot tell them apart; rename one."
        )


def verify(images: Sequence[FolderImage], folder: Path, path: Path) -> Report:
    """Check that CVAT, going by the colours of labelmap.txt, finds what the images' own files hold.

    Parameters
    ----------
    images
        The exported images.
    folder
        The folder of the export.
    path
        Of the zip.

    Returns
    -------
    Report
        A finding for each rule.
    """
    return Report.of(_findings(images, folder, path))


def _listed(image: FolderImage) -> str:
    return PurePosixPath(image.name).with_suffix("").as_posix()


def _names(images: Sequence[FolderImage], folder: Path) -> dict[int, str]:
    """Class names by index for the whole folder, ascending."""
    found: dict[int, str] = {}
    anew: dict[str, int] = {}
    is_consistent = True
    for image in images:
        for index, name in _part(image, folder, with_masks=False).names.items():
            is_consistent = is_consistent and found.setdefault(index, name) == name
            anew.setdefault(name, len(anew) + 1)
    is_consistent = is_consistent and len(set(found.values())) == len(found)
    if not is_consistent and len(anew) > MAX_CLASSES:
        raise UserError(
            f"The images show {len(anew)} classes, and CVAT's masks hold at most {MAX_CLASSES}; "
            "import the images' own zips."
        )
    return dict(sorted(found.items())) if is_consistent else {index: name for name, index in anew.items()}


def _part(image: FolderImage, folder: Path, *, with_masks: bool = True) -> _Part:
    own = folder / f"{image.stem}.cvat.zip"
    nothing = np.zeros((0, 0), dtype=np.uint8)
    try:
        with zipfile.ZipFile(own) as archive:
            label_of = labels_by_colour(lines_of(archive.read("labelmap.txt").decode()))
            name = archive.read(LIST).decode().rstrip("\n")
            classes = _indices(archive, f"SegmentationClass/{name}.png") if with_masks else nothing
            objects = _indices(archive, f"SegmentationObject/{name}.png") if with_masks else nothing
    except _DAMAGE as error:
        raise UserError(f"{own} cannot be read ({error}); export its image once more.") from None
    codes = (voc_palette().astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])).tolist()
    names = {index: label_of[code] for index, code in enumerate(codes) if code in label_of}
    return _Part({i: label for i, label in names.items() if i not in {0, IGNORE_INDEX}}, classes, objects)


def _indices(archive: zipfile.ZipFile, member: str) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(archive.read(member))) as picture:
        return np.array(picture, dtype=np.uint8)


def _findings(images: Sequence[FolderImage], folder: Path, path: Path) -> Iterator[Finding]:
    wrong = 0
    try:
        with zipfile.ZipFile(path) as archive:
            label_of = labels_by_colour(lines_of(archive.read("labelmap.txt").decode()))
            listed = lines_of(archive.read(LIST).decode())
            for image in images:
                wrong += not _same(archive, label_of, _listed(image), _part(image, folder))
    except _DAMAGE as error:
        yield unreadable(path, error)
        return
    expected = [_listed(image) for image in images]
    yield finding(
        listed == expected and len(set(listed)) == len(listed),
        good=f"It lists the {len(listed)} images, each once.",
        bad="It lists other images, or one twice.",
    )
    yield finding("ignore" in label_of.values(), good="255 is declared.", bad="255 is not declared in labelmap.txt.")
    yield finding(wrong == 0, good="Every image has its masks.", bad=f"{wrong} images have other masks.")


def _same(archive: zipfile.ZipFile, label_of: Mapping[int, str], name: str, part: _Part) -> bool:
    with Image.open(io.BytesIO(archive.read(f"SegmentationClass/{name}.png"))) as picture:
        codes = np.array(picture.convert("RGB")).astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    found = {code: label_of.get(code) for code in np.unique(codes).tolist()}
    if codes.shape != part.classes.shape:
        return False
    meant = {0: "background", **part.names}
    for index in np.unique(part.classes).tolist():
        if {found[code] for code in np.unique(codes[part.classes == index]).tolist()} != {meant.get(index)}:
            return False
    return np.array_equal(_indices(archive, f"SegmentationObject/{name}.png"), part.objects)


FORMATS = (FolderFormat("cvat", "cvat/annotations.zip", write, verify, check),)
