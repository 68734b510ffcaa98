"""Masks as COCO panoptic: a PNG whose colours are segment ids, and a JSON that says what they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.formats.coco_json import document
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.plain_file import plain_bytes, plain_json
from dcsm_viewer.render.palette import voc_palette


def write_png(result: Result, path: Path) -> None:
    """Write the PNG: id of the segment = R + 256 G + 65536 B, 0 for none; a class is one segment, id = class id + 1."""
    with atomic_write(path) as stream:
        Image.fromarray(_colours(segmentation_of(result).labels)).save(stream, format="PNG")


def write_json(result: Result, path: Path) -> None:
    """Write the JSON of one image beside its PNG: `segments_info` with areas and boxes, every class a thing.

    The PNG is named like the image, as in COCO; the JSON of a whole folder has the names that the exports have.
    """
    coco = document(result)
    (image,) = coco["images"]
    segments = [
        {
            "id": each["category_id"],
            "category_id": each["category_id"],
            "area": each["area"],
            "bbox": each["bbox"],
            "iscrowd": 0,
        }
        for each in coco["annotations"]
    ]
    palette = voc_palette().tolist()
    content = {
        "images": [image],
        "annotations": [
            {"image_id": image["id"], "file_name": png_name(image["file_name"]), "segments_info": segments}
        ],
        "categories": [
            {**each, "supercategory": each["name"], "isthing": 1, "color": palette[each["id"] % 256]}
            for each in coco["categories"]
        ],
    }
    with atomic_write(path) as stream:
        stream.write((json.dumps(content, indent=1) + "\n").encode())


def verify_png(path: Path, result: Result) -> Report:
    """Read `path` by panopticapi's rule (rgb2id) and compare it with the labels of `result`."""
    return Report.of(_png_findings(path, result))


def verify_json(path: Path, result: Result) -> Report:
    """Check that the segments in `path` are the classes of `result`, with their areas and boxes."""
    return Report.of(_json_findings(path, result))


def segment_ids(colours: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the ids (H, W) that panopticapi reads from colours (H, W, 3)."""
    ids: NDArray[np.int64] = colours.astype(np.int64) @ np.array([1, 256, 65536])
    return ids


def png_name(image_name: str) -> str:
    """Return the name that COCO gives the PNG of an image."""
    return f"{PurePosixPath(image_name).stem}.png"


def _colours(labels: NDArray[np.uint16]) -> NDArray[np.uint8]:
    ids = labels.astype(np.int64)
    return np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)


def _png_findings(path: Path, result: Result) -> Iterator[Finding]:
    try:
        with Image.open(path) as picture:
            ids = segment_ids(np.array(picture.convert("RGB")))
    except (OSError, ValueError, SyntaxError) as error:
        yield unreadable(path, error)
        return
    labels = segmentation_of(result).labels
    if ids.shape != labels.shape:
        yield Finding(ok=False, sentence=f"The size is {ids.shape}, not {labels.shape}.")
        return
    wrong = int((ids != labels).sum())
    yield finding(wrong == 0, good="Every pixel has its segment.", bad=f"{wrong} pixels have another segment.")


def _json_findings(path: Path, result: Result) -> Iterator[Finding]:
    coco = document(result)
    try:
        content: Any = plain_json(plain_bytes(path))
        (annotation,) = content["annotations"]
        there = [(each["category_id"], each["area"], each["bbox"]) for each in annotation["segments_info"]]
        names = [(each["id"], each["name"]) for each in content["categories"]]
        images = content["images"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        yield unreadable(path, error)
        return
    wanted = [(each["category_id"], each["area"], each["bbox"]) for each in coco["annotations"]]
    yield finding(there == wanted, good="Every segment has its area and box.", bad="The segments are others.")
    same = names == [(each["id"], each["name"]) for each in coco["categories"]]
    yield finding(same, good="The categories are the vocabulary.", bad="The categories are others.")
    yield finding(images == coco["images"], good="It names its image.", bad="It names another image.")


FORMATS = (
    Format(
        "coco-panoptic",
        "COCO panoptic (PNG and JSON)",
        "panoptic/{stem}.png",
        write_png,
        verify_png,
        from_labels=True,
        position=180,
        more=(Format("coco-panoptic", "", "panoptic/{stem}.json", write_json, verify_json, position=181),),
    ),
)
