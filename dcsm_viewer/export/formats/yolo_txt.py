"""Masks as polygons for ultralytics' YOLO segmentation: a text file an image, beside the image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.codecs.image_png import verify_image, write_image
from dcsm_viewer.export.codecs.polygon_report import difference_findings
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.codecs.polygons import filled, polygons_of
from dcsm_viewer.io.text_lines import lines_of


def write(result: Result, path: Path) -> None:
    """Write a line for each piece of a class: its class id from 0, then x and y of each point as shares of the image.

    Points are the centres of pixels, which ultralytics (OpenCV) cuts to the pixels again at the image's own size. A
    piece with holes is cut into pieces without.
    """
    labels = segmentation_of(result).labels
    height, width = labels.shape
    lines = [
        " ".join([str(class_id), *(f"{(x + 0.5) / width:.7f} {(y + 0.5) / height:.7f}" for x, y in points)]) + "\n"
        for class_id in result.detected_ids
        for points in polygons_of(labels == class_id + 1)
    ]
    with atomic_write(path) as stream:
        stream.write("".join(lines).encode())


def verify(path: Path, result: Result) -> Report:
    """Read `path` by the rules of ultralytics' `verify_image_label` and compare it with the labels of `result`."""
    return Report.of(_findings(path, result))


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    height, width = segmentation_of(result).labels.shape
    masks: dict[int, NDArray[np.bool_]] = {}
    outside = 0
    try:
        lines = lines_of(path.read_bytes().decode())
        if not lines and segmentation_of(result).labels.any():
            raise ValueError("it is empty")
        for line in lines:
            first, *rest = line.split()
            numbers = np.array([float(each) for each in rest])
            if len(numbers) < 6 or len(numbers) % 2:
                raise ValueError(f"a line of {len(numbers)} numbers is no polygon")
            outside += bool((numbers < 0).any() or (numbers > 1).any())
            points = [(int(x * width), int(y * height)) for x, y in numbers.reshape(-1, 2).tolist()]
            mask = filled(points, height, width)
            number = int(first) + 1
            masks[number] = masks[number] | mask if number in masks else mask
    except (OSError, ValueError, OverflowError) as error:
        yield unreadable(path, error)
        return
    yield finding(not outside, good="All points lie in the image.", bad=f"{outside} lines leave the image.")
    yield from difference_findings(masks, result)


FORMATS = (
    Format(
        "yolo-seg",
        "Polygons for YOLO segmentation (txt)",
        "yolo/labels/{stem}.txt",
        write,
        verify,
        from_labels=True,
        position=160,
        more=(Format("yolo-seg", "", "yolo/images/{stem}.png", write_image, verify_image, position=161),),
    ),
)
