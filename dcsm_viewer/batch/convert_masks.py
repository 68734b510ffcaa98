"""Masks of other programs, matched to images, drawn and written in the formats of the export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from dcsm_viewer.batch.inputs import inputs_of
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import FOLDER_FORMATS, FolderImage, export_with_reports, refused_gatherings, write_folder_files
from dcsm_viewer.export.format_checks import refused_formats
from dcsm_viewer.export.labelled_result import check_from_labels, result_of_labels
from dcsm_viewer.io.foreign_masks import MaskSource, ReadMask, paint, read_masks
from dcsm_viewer.io.images import read_image
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of one image's masks. image: its path, or the name in the masks where no image was found.

    problems: a sentence for each region that was left out, or why nothing was written (`files` is empty then).
    """

    image: str
    files: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversion:
    """A checked order. class_map: ours by theirs, "" for a class that is left out."""

    source: MaskSource
    masks: Path
    images: Path
    out: Path
    formats: tuple[str, ...]
    class_map: Mapping[str, str]
    class_names: tuple[str, ...]


def conversion_of(
    masks: Path, images: Path, out: Path, formats: Sequence[str], class_map: Path | None = None
) -> Conversion:
    """Read the masks and check that the formats can be written. Raises UserError before anything is written."""
    check_from_labels(formats)
    source = read_masks(masks)
    mapping = {} if class_map is None else read_class_map(class_map)
    strange = [name for name in mapping if name not in source.class_names]
    if strange:
        raise UserError(
            f"{class_map} maps {strange[0]!r}, and the masks have {', '.join(source.class_names)}; mend it."
        )
    names = tuple(dict.fromkeys(ours for name in source.class_names if (ours := mapping.get(name, name))))
    for sentence in refused_formats(names, formats).values():
        raise UserError(sentence)
    return Conversion(source, masks, images, out, tuple(formats), mapping, names)


def read_class_map(path: Path) -> dict[str, str]:
    """Ours by theirs, of a JSON object or a CSV of two columns. Raises UserError for anything else."""
    try:
        stored = plain_bytes(path)
        if path.suffix.lower() == ".json":
            content: Any = plain_json(stored)
            return {str(theirs): str(ours or "") for theirs, ours in content.items()}
        rows = [row for row in csv.reader(io.StringIO(stored.decode("utf-8-sig"))) if row]
        return {theirs.strip(): ours.strip() for theirs, ours in rows}
    except (OSError, ValueError, AttributeError, csv.Error) as error:
        raise UserError(f"{path} is no class map ({error}); write theirs,ours a line, or a JSON object.") from None


def convert_masks(order: Conversion) -> Iterator[Converted]:
    """Write image after image; what is wrong with one is said in its outcome, and the rest goes on."""
    images = inputs_of([str(order.images)], recursive=True, out=order.out)
    by_name: dict[str, list[str]] = {}
    for path in images.paths:
        name = PurePosixPath(images.names[path])
        for key in {name.as_posix(), name.name, name.with_suffix("").as_posix(), name.stem}:
            by_name.setdefault(key, []).append(path)
    seen: dict[str, str] = {}
    done = []
    for mask in order.source.masks:
        try:
            path = _image_of(mask, by_name)
            if path in seen:
                raise UserError(f"{mask.image_name} and {seen[path]} are masks of one image; the first was taken.")
            seen[path] = mask.image_name
            outcome = _converted(order, mask, path, images.stems[path])
        except UserError as error:
            yield Converted(mask.image_name, problems=(str(error),))
            continue
        done.append(path)
        yield outcome
    if len(done) > 1:
        yield from _folder_files(order, images.folder_images(done))


def _image_of(mask: ReadMask, by_name: Mapping[str, list[str]]) -> str:
    name = PurePosixPath(mask.image_name.replace("\\", "/"))
    for key in (name.as_posix(), name.name, name.with_suffix("").as_posix(), name.stem):
        found = by_name.get(key, [])
        if len(found) == 1:
            return found[0]
        if found:
            raise UserError(
                f"{mask.image_name} fits {len(found)} images ({found[0]}, {found[1]}); rename them, or give the path."
            )
    raise UserError(f"There is no image for the masks of {mask.image_name}; put it into the folder of the images.")


def _converted(order: Conversion, mask: ReadMask, path: str, stem: str) -> Converted:
    image = read_image(path)
    if mask.size is not None and mask.size != image.shape:
        raise UserError(
            f"The masks of {mask.image_name} are of {mask.size[1]} x {mask.size[0]} px and the image has "
            f"{image.shape[1]} x {image.shape[0]}; choose the image they were made of."
        )
    ours = {name: number for number, name in enumerate(order.class_names, 1)}
    theirs = {name: order.class_map.get(name, name) for name in order.source.class_names}
    number_of = {name: ours[mapped] for name, mapped in theirs.items() if mapped}
    labels, problems = paint(mask, image.shape, number_of)
    notes = (f"The labels were read from {order.masks.name} ({order.source.kind}); nothing was computed.", *problems)
    export = export_with_reports(
        result_of_labels(image, labels, order.class_names, notes), order.out, stem, order.formats
    )
    return Converted(
        path,
        tuple(str(each) for each in export.paths),
        problems,
        {name: report.sentences for name, report in export.reports},
    )


def _folder_files(order: Conversion, images: Sequence[FolderImage]) -> Iterator[Converted]:
    refused = refused_gatherings(images, order.out, order.formats)
    for sentence in refused.values():
        yield Converted("", problems=(sentence,))
    for name in order.formats:
        if name in refused or name not in FOLDER_FORMATS:
            continue
        try:
            for _, path, report in write_folder_files(images, order.out, (name,)):
                yield Converted("", (str(path),), (), {name: report.sentences})
        except UserError as error:
            yield Converted("", problems=(str(error),))
