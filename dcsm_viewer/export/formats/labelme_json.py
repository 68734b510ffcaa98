"""Masks as a labelme file, to go on editing by hand."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.plain_file import plain_bytes, plain_json
from dcsm_viewer.io.relative_path import way_to
from dcsm_viewer.io.urls import is_url

# The format's version: shapes of type "mask" came with 5.1.
VERSION = "5.4.1"


def write(result: Result, path: Path) -> None:
    """Write a JSON that labelme opens: a shape of type "mask" for each class that has pixels, no image data.

    `imagePath` leads from the file to the source image; an image without a file is expected beside it.
    """
    image = result.request.image
    labels = segmentation_of(result).labels
    shapes = [
        _shape(result.model.class_names[class_id], labels == class_id + 1)
        for class_id in result.detected_ids
        if (labels == class_id + 1).any()
    ]
    content = {
        "version": VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": image_path(image.path, path) or image.name,
        "imageData": None,
        "imageHeight": labels.shape[0],
        "imageWidth": labels.shape[1],
    }
    with atomic_write(path) as stream:
        # ASCII, as labelme opens it in whatever encoding the machine has.
        stream.write((json.dumps(content, indent=2) + "\n").encode())


def verify(path: Path, result: Result) -> Report:
    """Read `path` as labelme does and compare it with the labels of `result`."""
    return Report.of(_findings(path, result))


def _shape(name: str, mask: NDArray[np.bool_]) -> dict[str, Any]:
    rows, cols = np.nonzero(mask)
    top, bottom, left, right = (int(end) for end in (rows.min(), rows.max(), cols.min(), cols.max()))
    drawn = io.BytesIO()
    Image.fromarray(mask[top : bottom + 1, left : right + 1].astype(np.uint8)).save(drawn, format="PNG")
    return {
        "label": name,
        "points": [[left, top], [right, bottom]],  # both ends belong to the mask
        "group_id": None,
        "description": "",
        "shape_type": "mask",
        "flags": {},
        "mask": base64.b64encode(drawn.getvalue()).decode(),
    }


def image_path(source: str | None, path: Path) -> str | None:
    """Return the way from the file at `path` to the image at `source`; None where it has no file labelme can open."""
    if source is None or is_url(source):  # labelme knows no URLs
        return None
    return way_to(source, path.parent)


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    labels = segmentation_of(result).labels
    names = ("", *result.model.class_names)
    label_of = {name: number for number, name in enumerate(names)}
    found = np.zeros(labels.shape, dtype=np.int64)
    try:
        content: Any = plain_json(plain_bytes(path))
        size = (content["imageHeight"], content["imageWidth"])
        there = (path.parent / content["imagePath"]).exists()
        for shape in content["shapes"]:
            (left, top), (right, bottom) = shape["points"]
            with Image.open(io.BytesIO(base64.b64decode(shape["mask"], validate=True))) as drawn:
                mask = np.array(drawn).astype(bool)
            found[top : bottom + 1, left : right + 1][mask] = label_of[shape["label"]]
    except (OSError, ValueError, LookupError, TypeError, SyntaxError) as error:
        yield unreadable(path, error)
        return
    yield finding(size == labels.shape, good="The image has its size.", bad=f"The size is {size}, not {labels.shape}.")
    if result.request.image.path is not None and Path(result.request.image.path).exists():
        yield finding(there, good="Its image is found.", bad=f"{content['imagePath']} leads to no image.")
    wrong = int((found != labels).sum())
    yield finding(wrong == 0, good="Every pixel has its class.", bad=f"{wrong} pixels have another class.")


FORMATS = (
    Format("labelme", "Masks for labelme (JSON)", "labelme/{stem}.json", write, verify, from_labels=True, position=130),
)
