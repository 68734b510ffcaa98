"""One panoptic JSON of a whole folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.export_format import FolderFormat
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.formats.panoptic_png import segment_ids
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


def write(images: Sequence[FolderImage], folder: Path, path: Path) -> None:
    """Write one JSON for all images: image ids count from 1, `file_name` of a PNG is that of its export.

    Parameters
    ----------
    images
        The exported images, in their order in the file.
    folder
        The folder of the export.
    path
        Of the JSON.
    """
    whole: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    for number, image in enumerate(images, 1):
        own = folder / "panoptic" / f"{image.stem}.json"
        try:
            part: Any = plain_json(plain_bytes(own))
            (entry,), (annotation,) = part["images"], part["annotations"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UserError(f"{own} cannot be read ({error}); export its image once more.") from None
        whole["categories"] = whole["categories"] or part["categories"]
        whole["images"].append({**entry, "id": number, "file_name": image.name})
        whole["annotations"].append({**annotation, "image_id": number, "file_name": f"{image.stem}.png"})
    with atomic_write(path) as stream:
        stream.write((json.dumps(whole, indent=1) + "\n").encode())


def verify(images: Sequence[FolderImage], folder: Path, path: Path) -> Report:
    """Check by panopticapi's rules that the segments of every PNG are those that the file names, with their areas.

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


def _findings(images: Sequence[FolderImage], folder: Path, path: Path) -> Iterator[Finding]:
    wrong = []
    try:
        whole: Any = plain_json(plain_bytes(path))
        names = [entry["file_name"] for entry in whole["images"]]
        for annotation in whole["annotations"]:
            with Image.open(folder / "panoptic" / annotation["file_name"]) as picture:
                found, areas = np.unique(segment_ids(np.array(picture.convert("RGB"))), return_counts=True)
            there = {number: area for number, area in zip(found.tolist(), areas.tolist(), strict=True) if number}
            if there != {each["id"]: each["area"] for each in annotation["segments_info"]}:
                wrong.append(annotation["file_name"])
    except (OSError, ValueError, LookupError, TypeError, SyntaxError) as error:
        yield unreadable(path, error)
        return
    same = names == [image.name for image in images]
    yield finding(same, good=f"It names the {len(names)} images.", bad="Its images are others.")
    yield finding(not wrong, good="Every PNG has its segments.", bad=f"{len(wrong)} PNGs have others: {wrong[:3]}.")


FORMATS = (FolderFormat("coco-panoptic", "panoptic/annotations/all.json", write, verify),)
