"""Masks as a COCO annotation file: one image, one annotation a class, run-length coded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.codecs.coco_rle import mask_of, packed, runs_of, unpacked
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


def document(result: Result, *, image_id: int = 1, first_annotation_id: int = 1) -> dict[str, Any]:
    """Make the file's content: `images` (one), `annotations` (one a class that has pixels), `categories` (all).

    Category id = class id + 1, as in the labels. bbox is [left, top, width, height] in px. iscrowd is 0: the code is of
    whole classes, but evaluations leave out what is marked a crowd.

    Parameters
    ----------
    result
        A settled result with labels.
    image_id
        Of the image.
    first_annotation_id
        Of the first annotation; the others follow.

    Returns
    -------
    dict
        JSON values.
    """
    labels = segmentation_of(result).labels
    height, width = labels.shape
    annotations: list[dict[str, Any]] = []
    for class_id in result.detected_ids:
        mask = labels == class_id + 1
        if not mask.any():
            continue
        rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        top, left = int(rows[0]), int(cols[0])
        annotations.append(
            {
                "id": first_annotation_id + len(annotations),
                "image_id": image_id,
                "category_id": class_id + 1,
                "segmentation": {"size": [height, width], "counts": packed(runs_of(mask))},
                "area": int(mask.sum()),
                "bbox": [left, top, int(cols[-1]) - left + 1, int(rows[-1]) - top + 1],
                "iscrowd": 0,
            }
        )
    names = result.model.class_names
    return {
        "images": [{"id": image_id, "file_name": result.request.image.name, "height": height, "width": width}],
        "annotations": annotations,
        "categories": [{"id": number, "name": name, "supercategory": ""} for number, name in enumerate(names, 1)],
    }


def combined(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Combine files into one for a whole folder: ids numbered anew from 1, categories of the first."""
    whole: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    for part in documents:
        whole["categories"] = whole["categories"] or part["categories"]
        number_of: dict[int, int] = {}
        for image in part["images"]:
            number_of[image["id"]] = len(whole["images"]) + 1
            whole["images"].append({**image, "id": number_of[image["id"]]})
        for annotation in part["annotations"]:
            ids = {"id": len(whole["annotations"]) + 1, "image_id": number_of[annotation["image_id"]]}
            whole["annotations"].append({**annotation, **ids})
    return whole


def write(result: Result, path: Path) -> None:
    """Write the JSON at `path`."""
    text = json.dumps(document(result), indent=1) + "\n"
    with atomic_write(path) as stream:
        stream.write(text.encode())


def verify(path: Path, result: Result) -> Report:
    """Check that the masks, boxes and areas in `path` are those of `result`."""
    return Report.of(_findings(path, result))


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    labels = segmentation_of(result).labels
    found = np.zeros(labels.shape, dtype=np.int64)
    try:
        content: Any = plain_json(plain_bytes(path))
        categories = {category["id"]: category["name"] for category in content["categories"]}
        (image,) = content["images"]
        for annotation in content["annotations"]:
            code = annotation["segmentation"]
            mask = mask_of(unpacked(code["counts"]), *code["size"])
            found[mask] = annotation["category_id"]
            yield _box_finding(annotation, mask, categories[annotation["category_id"]])
    except (OSError, ValueError, LookupError, TypeError) as error:
        yield unreadable(path, error)
        return
    size = (image["height"], image["width"])
    yield finding(size == labels.shape, good="The image has its size.", bad=f"The size is {size}, not {labels.shape}.")
    wrong = int((found != labels).sum())
    yield finding(wrong == 0, good="Every pixel has its class.", bad=f"{wrong} pixels have another class.")
    names = dict(enumerate(result.model.class_names, 1))
    yield finding(categories == names, good="The categories are the vocabulary.", bad="The categories are others.")


def _box_finding(annotation: dict[str, Any], mask: np.ndarray[Any, np.dtype[np.bool_]], name: str) -> Finding:
    rows, cols = np.nonzero(mask)
    box = [int(cols.min()), int(rows.min()), int(np.ptp(cols)) + 1, int(np.ptp(rows)) + 1] if rows.size else []
    return finding(
        annotation["area"] == rows.size and annotation["bbox"] == box,
        good=f"{name} has its area and box.",
        bad=f"{name} has area {annotation['area']} and box {annotation['bbox']}; its mask has {rows.size} and {box}.",
    )


FORMATS = (
    Format("coco", "Masks for COCO tools (JSON)", "{stem}.coco.json", write, verify, from_labels=True, position=120),
)
