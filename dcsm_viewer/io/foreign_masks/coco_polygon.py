"""Polygons filled by COCO's rule, as pycocotools' rleFrPoly does: five points a pixel along every edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.io.codecs.polygons import check_points

_SCALE = 5


def coco_filled(points: Sequence[tuple[float, float]], height: int, width: int) -> NDArray[np.bool_]:
    """Fill a polygon of points (x, y) in px from the image's upper left corner: bool (height, width)."""
    check_points(points)
    corners = [(int(_SCALE * x + 0.5), int(_SCALE * y + 0.5)) for x, y in points]
    edge: list[tuple[int, int]] = []
    for (xs, ys), (xe, ye) in zip(corners, [*corners[1:], corners[0]], strict=True):
        edge += _line(xs, ys, xe, ye)
    toggles = []
    for (u0, v0), (u1, v1) in pairwise(edge):
        if u0 == u1:
            continue
        column = ((u1 if u1 < u0 else u1 - 1) + 0.5) / _SCALE - 0.5
        if column != math.floor(column) or not 0 <= column <= width - 1:
            continue
        row = min(max((min(v0, v1) + 0.5) / _SCALE - 0.5, 0), height)
        toggles.append(int(column) * height + math.ceil(row))
    counts = np.bincount(np.array(toggles, dtype=np.int64), minlength=height * width + 1)
    inside: NDArray[np.bool_] = np.cumsum(counts[: height * width]) % 2 == 1
    return inside.reshape((height, width), order="F")


def _line(xs: int, ys: int, xe: int, ye: int) -> list[tuple[int, int]]:
    wide, high = abs(xe - xs), abs(ye - ys)
    flip = (wide >= high and xs > xe) or (wide < high and ys > ye)
    if flip:
        xs, ys, xe, ye = xe, ye, xs, ys
    if wide >= high:
        slope = (ye - ys) / wide if wide else 0.0
        found = [(t + xs, int(ys + slope * t + 0.5)) for t in range(wide + 1)]
    else:
        slope = (xe - xs) / high
        found = [(int(xs + slope * t + 0.5), t + ys) for t in range(high + 1)]
    return found[::-1] if flip else found
