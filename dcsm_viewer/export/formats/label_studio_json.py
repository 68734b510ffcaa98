"""Masks as a Label Studio task: brush labels, to import and go on editing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.codecs.brush_rle import brush_code, mask_of_brush
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


def write(result: Result, path: Path) -> None:
    """Write a task with one prediction: a brush region for each class that has pixels.

    The names in the labelling configuration are "tag" (BrushLabels) and "image" (Image), as in Label Studio's
    templates; `image` is the file's name, before which the import puts the storage's address.
    """
    labels = segmentation_of(result).labels
    height, width = labels.shape
    regions = [
        {
            "id": f"class{class_id + 1}",
            "type": "brushlabels",
            "from_name": "tag",
            "to_name": "image",
            "original_width": width,
            "original_height": height,
            "image_rotation": 0,
            "value": {
                "format": "rle",
                "rle": brush_code(labels == class_id + 1),
                "brushlabels": [result.model.class_names[class_id]],
            },
        }
        for class_id in result.detected_ids
        if (labels == class_id + 1).any()
    ]
    predictions = [{"model_version": result.model.name, "result": regions}]
    tasks = [{"data": {"image": result.request.image.name}, "predictions": predictions}]
    with atomic_write(path) as stream:
        stream.write((json.dumps(tasks) + "\n").encode())


def verify(path: Path, result: Result) -> Report:
    """Decode `path` by Label Studio's published rule and compare it with the labels of `result`."""
    return Report.of(_findings(path, result))


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    labels = segmentation_of(result).labels
    found = np.zeros(labels.shape, dtype=np.int64)
    number_of = {name: number for number, name in enumerate(result.model.class_names, 1)}
    sizes = set()
    try:
        (task,) = _tasks(path)
        (prediction,) = task["predictions"]
        for region in prediction["result"]:
            sizes.add((region["original_height"], region["original_width"]))
            (name,) = region["value"]["brushlabels"]
            found[mask_of_brush(region["value"]["rle"], *labels.shape)] = number_of[name]
        named = task["data"]["image"] == result.request.image.name
    except (OSError, ValueError, LookupError, TypeError) as error:
        yield unreadable(path, error)
        return
    yield finding(named, good="It names its image.", bad="It names another image.")
    yield finding(sizes <= {labels.shape}, good="The image has its size.", bad=f"The sizes are {sizes}.")
    wrong = int((found != labels).sum())
    yield finding(wrong == 0, good="Every pixel has its class.", bad=f"{wrong} pixels have another class.")


def _tasks(path: Path) -> Any:
    return plain_json(plain_bytes(path))


FORMATS = (
    Format(
        "label-studio",
        "Brush masks for Label Studio (JSON)",
        "label-studio/{stem}.json",
        write,
        verify,
        from_labels=True,
        position=170,
    ),
)
