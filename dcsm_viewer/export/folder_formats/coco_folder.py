"""One COCO file of a whole folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.export_format import FolderFormat
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.formats.coco_json import combined
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.codecs.coco_rle import mask_of, unpacked
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


def write(images: Sequence[FolderImage], folder: Path, path: Path) -> None:
    """Write one JSON for all images: `file_name` is the path from the exported folder, ids count from 1.

    Parameters
    ----------
    images
        The exported images, in their order in the file.
    folder
        The folder of the export.
    path
        Of the JSON.
    """
    whole = combined(_documents(images, folder))
    with atomic_write(path) as stream:
        stream.write((json.dumps(whole, indent=1) + "\n").encode())


def verify(images: Sequence[FolderImage], folder: Path, path: Path) -> Report:
    """Check that the file holds every mask of the images' own files, as COCO's reader finds them.

    Parameters
    ----------
    images
        The exported images.
    folder
        The folder of the export.
    path
        Of the JSON.

    Returns
    -------
    Report
        A finding for each rule.
    """
    return Report.of(_findings(images, folder, path))


def _documents(images: Sequence[FolderImage], folder: Path) -> Iterator[dict[str, Any]]:
    for image in images:
        own = folder / f"{image.stem}.coco.json"
        try:
            part: Any = plain_json(plain_bytes(own))
            (entry,) = part["images"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UserError(f"{own} cannot be read ({error}); export its image once more.") from None
        part["images"] = [{**entry, "file_name": image.name}]
        yield part


def _findings(images: Sequence[FolderImage], folder: Path, path: Path) -> Iterator[Finding]:
    try:
        whole: Any = plain_json(plain_bytes(path))
        by_image: dict[int, list[dict[str, Any]]] = {entry["id"]: [] for entry in whole["images"]}
        for annotation in whole["annotations"]:
            by_image[annotation["image_id"]].append(annotation)
            code = annotation["segmentation"]
            area = int(mask_of(unpacked(code["counts"]), *code["size"]).sum())
            if area != annotation["area"]:
                yield Finding(ok=False, sentence=f"Annotation {annotation['id']} covers {area} px, not its area.")
        names = [entry["file_name"] for entry in whole["images"]]
        ids = [annotation["id"] for annotation in whole["annotations"]]
        wrong = 0
        for entry, part in zip(whole["images"], _documents(images, folder), strict=True):
            there = [(each["category_id"], each["segmentation"]) for each in by_image[entry["id"]]]
            wrong += there != [(each["category_id"], each["segmentation"]) for each in part["annotations"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        yield unreadable(path, error)
        return
    yield finding(
        names == [image.name for image in images] and len(set(names)) == len(names),
        good=f"It names the {len(names)} images, each once.",
        bad="Its images are others, or one is there twice.",
    )
    yield finding(
        len(set(ids)) == len(ids), good=f"Its {len(ids)} annotations have ids of their own.", bad="Ids recur."
    )
    yield finding(wrong == 0, good="Every image has its masks.", bad=f"{wrong} images have other masks.")


FORMATS = (FolderFormat("coco", "coco/annotations.json", write, verify),)
