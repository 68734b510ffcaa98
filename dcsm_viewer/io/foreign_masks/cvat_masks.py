"""CVAT's "for images 1.1": an XML with polygons and masks by run lengths along the rows."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.foreign_masks.coco_polygon import coco_filled
from dcsm_viewer.io.foreign_masks.read_mask import MaskSource, ReadMask, Region
from dcsm_viewer.io.plain_file import plain_bytes


def read_cvat(path: Path) -> MaskSource:
    """Read the XML at `path`. Raises UserError if it is none of CVAT's."""
    try:
        stored = plain_bytes(path)
        if b"<!DOCTYPE" in stored or b"<!ENTITY" in stored:
            raise ValueError("it declares entities")
        root = ET.fromstring(stored)  # noqa: S314 - without entities
        names = dict.fromkeys(each.text or "" for each in root.iterfind("meta//labels/label/name"))
        masks = []
        for image in root.iterfind("image"):
            regions = tuple(
                Region(each.attrib["label"], partial(_drawn, each.tag, dict(each.attrib)))
                for each in sorted(image, key=lambda each: int(each.get("z_order", "0")))
                if each.tag in {"polygon", "mask"}
            )
            names |= dict.fromkeys(region.class_name for region in regions)
            size = (int(image.attrib["height"]), int(image.attrib["width"]))
            masks.append(ReadMask(image.attrib["name"], size, regions))
    except (OSError, ValueError, LookupError, ET.ParseError) as error:
        raise UserError(f"{path} is no XML of CVAT's ({error}); choose another.") from None
    if root.tag != "annotations":
        raise UserError(f"{path} is no XML of CVAT's (it begins with {root.tag}); choose another.")
    return MaskSource("CVAT", tuple(names), tuple(masks))


def _drawn(tag: str, stored: dict[str, str], height: int, width: int) -> NDArray[np.bool_]:
    if tag == "polygon":
        numbers = [float(each) for each in re.split("[;,]", stored["points"])]
        if len(numbers) < 6 or len(numbers) % 2:
            raise ValueError(f"a polygon of {stored['label']} has {len(numbers) // 2} points, and it takes three")
        return coco_filled(list(zip(numbers[::2], numbers[1::2], strict=True)), height, width)
    left, top, wide, high = (int(stored[key]) for key in ("left", "top", "width", "height"))
    runs = [int(each) for each in stored["rle"].split(",")]
    if min(runs, default=0) < 0 or sum(runs) != wide * high:
        raise ValueError(f"a mask of {stored['label']} has run lengths of {sum(runs)} px for {wide} x {high}")
    if left < 0 or top < 0 or top + high > height or left + wide > width:
        raise ValueError(f"a mask of {wide} x {high} px leaves the image")
    drawn = np.zeros((height, width), dtype=bool)
    drawn[top : top + high, left : left + wide] = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(high, wide)
    return drawn
