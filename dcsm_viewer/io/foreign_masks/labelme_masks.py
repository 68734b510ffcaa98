"""labelme's JSON: polygons, masks, rectangles and circles, drawn as its shape_to_mask does."""

from __future__ import annotations

import base64
import io
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.codecs.polygons import filled
from dcsm_viewer.io.foreign_masks.read_mask import MaskSource, ReadMask, Region
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


def read_labelme(paths: list[Path]) -> MaskSource:
    """Read files of labelme's, one an image; what cannot be read is left out with a sentence."""
    masks, problems, names = [], [], dict[str, None]()
    for path in paths:
        try:
            content: Any = plain_json(plain_bytes(path))
            regions = tuple(Region(str(each["label"]), partial(_drawn, each)) for each in content["shapes"])
            size = (int(content["imageHeight"]), int(content["imageWidth"]))
            named = str(content.get("imagePath") or path.stem).replace("\\", "/")
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            problems.append(f"{path} is no file of labelme's ({error!r}), so it is left out.")
            continue
        names |= dict.fromkeys(region.class_name for region in regions)
        masks.append(ReadMask(named, size, regions))
    if not masks:
        raise UserError(problems[0] if problems else "There is no file of labelme's; choose another folder.")
    return MaskSource("labelme", tuple(names), tuple(masks), tuple(problems))


def _drawn(shape: Any, height: int, width: int) -> NDArray[np.bool_]:
    kind, points = shape.get("shape_type", "polygon"), [(float(x), float(y)) for x, y in shape["points"]]
    if kind == "polygon":
        if len(points) < 3:
            raise ValueError(f"a polygon of {shape['label']} has {len(points)} points, and it takes three")
        return filled(points, height, width)
    if kind == "mask":
        return _pasted(shape["mask"], points, height, width)
    if kind not in {"rectangle", "circle"} or len(points) != 2:
        raise ValueError(f"a {kind} of {len(points)} points is no area")
    canvas = Image.new("L", (width, height))
    (x1, y1), (x2, y2) = points
    if kind == "rectangle":
        box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
        ImageDraw.Draw(canvas).rectangle(box, fill=1, outline=1)
    else:
        radius = math.hypot(x2 - x1, y2 - y1)
        ImageDraw.Draw(canvas).ellipse((x1 - radius, y1 - radius, x1 + radius, y1 + radius), fill=1, outline=1)
    return np.asarray(canvas).astype(bool)


def _pasted(code: str, points: list[tuple[float, float]], height: int, width: int) -> NDArray[np.bool_]:
    try:
        with Image.open(io.BytesIO(base64.b64decode(code, validate=True))) as opened:
            part = np.asarray(opened.convert("L")).astype(bool)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"its mask is no PNG ({error})") from None
    left, top = (int(each) for each in points[0])
    if left < 0 or top < 0 or top + part.shape[0] > height or left + part.shape[1] > width:
        raise ValueError(f"a mask of {part.shape[1]} x {part.shape[0]} px leaves the image")
    drawn = np.zeros((height, width), dtype=bool)
    drawn[top : top + part.shape[0], left : left + part.shape[1]] = part
    return drawn
