"""Masks as polygons for labelme, to go on editing by their points."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.codecs.polygon_report import difference_findings
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.formats.labelme_json import VERSION, image_path
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.codecs.polygons import filled, polygons_of
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


def write(result: Result, path: Path) -> None:
    """Write a JSON that labelme opens: a shape of type "polygon" for each piece of a class, no image data.

    labelme's polygons have no holes: a piece with holes is cut into pieces without, of one `group_id` a class.
    """
    labels = segmentation_of(result).labels
    content = {
        "version": VERSION,
        "flags": {},
        "shapes": [
            {
                "label": result.model.class_names[class_id],
                "points": [[float(x), float(y)] for x, y in points],
                "group_id": class_id + 1,
                "description": "",
                "shape_type": "polygon",
                "flags": {},
                "mask": None,
            }
            for class_id in result.detected_ids
            for points in polygons_of(labels == class_id + 1)
        ],
        "imagePath": image_path(result.request.image.path, path) or result.request.image.name,
        "imageData": None,
        "imageHeight": labels.shape[0],
        "imageWidth": labels.shape[1],
    }
    with atomic_write(path) as stream:
        stream.write((json.dumps(content, indent=2) + "\n").encode())


def verify(path: Path, result: Result) -> Report:
    """Fill the polygons in `path` as labelme does and compare them with the labels of `result`."""
    return Report.of(_findings(path, result))


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    shape = segmentation_of(result).labels.shape
    number_of = {name: number for number, name in enumerate(result.model.class_names, 1)}
    masks: dict[int, NDArray[np.bool_]] = {}
    try:
        content: Any = plain_json(plain_bytes(path))
        size = (content["imageHeight"], content["imageWidth"])
        for each in content["shapes"]:
            number = number_of[each["label"]]
            mask = filled(each["points"], *shape)
            masks[number] = masks[number] | mask if number in masks else mask
    except (OSError, ValueError, LookupError, TypeError) as error:
        yield unreadable(path, error)
        return
    yield finding(size == shape, good="The image has its size.", bad=f"The size is {size}, not {shape}.")
    yield from difference_findings(masks, result)


FORMATS = (
    Format(
        "labelme-polygons",
        "Polygons for labelme (JSON)",
        "labelme-polygons/{stem}.json",
        write,
        verify,
        from_labels=True,
        position=150,
    ),
)
