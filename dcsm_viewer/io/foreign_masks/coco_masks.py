"""COCO annotations: polygons, run lengths as they are and compressed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.codecs.coco_rle import mask_of, unpacked
from dcsm_viewer.io.foreign_masks.coco_polygon import coco_filled
from dcsm_viewer.io.foreign_masks.read_mask import MaskSource, ReadMask, Region


def read_coco(content: Any, path: Path) -> MaskSource:
    """Read the parsed JSON of `path`. Raises UserError if it has no images, annotations or categories."""
    problems: list[str] = []
    try:
        names = {each["id"]: str(each["name"]) for each in content["categories"]}
        images = {each["id"]: each for each in content["images"]}
        regions: dict[Any, list[Region]] = {image_id: [] for image_id in images}
        for each in content["annotations"]:
            name, which = names.get(each["category_id"]), each.get("id")
            if each["image_id"] not in images:
                problems.append(
                    f"Annotation {which} of {path.name} is of image {each['image_id']}, which is not listed."
                )
            elif name is None:
                problems.append(
                    f"Annotation {which} of {path.name} has category {each['category_id']}, which has no name."
                )
            else:
                regions[each["image_id"]].append(Region(name, partial(_drawn, each["segmentation"], which)))
        masks = tuple(
            ReadMask(str(each["file_name"]), (int(each["height"]), int(each["width"])), tuple(regions[image_id]))
            for image_id, each in images.items()
        )
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise UserError(f"{path} is no file of COCO annotations ({error!r}); choose another.") from None
    return MaskSource("COCO", tuple(dict.fromkeys(names.values())), masks, tuple(problems))


def _drawn(code: Any, which: object, height: int, width: int) -> NDArray[np.bool_]:
    where = f"annotation {which}"
    if isinstance(code, dict):
        size, counts = tuple(code["size"]), code["counts"]
        if size != (height, width):
            raise ValueError(f"{where} has run lengths of {size[1]} x {size[0]} px")
        return mask_of(unpacked(counts) if isinstance(counts, str) else [int(run) for run in counts], height, width)
    drawn = np.zeros((height, width), dtype=bool)
    for flat in code:
        if len(flat) < 6 or len(flat) % 2:
            raise ValueError(f"{where} has a polygon of {len(flat) // 2} points, and it takes three")
        drawn |= coco_filled(list(zip(flat[::2], flat[1::2], strict=True)), height, width)
    return drawn
