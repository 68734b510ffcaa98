"""Resizing as the method's sources do it, output pixel by output pixel, in float64."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def half_pixel(maps: Array, height: int, width: int) -> Array:
    """MATLAB's imresize(., 'bilinear') when it enlarges: centres at half pixels, the edge held (10.2 step 6)."""
    return _linear(_linear(maps, height, -2, half=True), width, -1, half=True)


def corner(maps: Array, height: int, width: int) -> Array:
    """The Bl layer: src = dst * in / out, x0 = floor, x1 = min(x0 + 1, in - 1), asymmetric (10.3 step 4)."""
    return _linear(_linear(maps, height, -2, half=False), width, -1, half=False)


def _linear(maps: Array, out: int, axis: int, *, half: bool) -> Array:
    n = maps.shape[axis]
    low, high, share = [], [], []
    for i in range(out):
        source = (i + 0.5) * n / out - 0.5 if half else i * n / out
        source = min(max(source, 0.0), n - 1.0)
        x0 = math.floor(source)
        low.append(x0)
        high.append(min(x0 + 1, n - 1))
        share.append(source - x0)
    weight = np.array(share)[:, None] if axis == -2 else np.array(share)
    return np.asarray(np.take(maps, low, axis) * (1 - weight) + np.take(maps, high, axis) * weight)


def bicubic(planes: Array, height: int, width: int, edge: Literal["weigh", "mirror"] = "weigh") -> Array:
    """imresize's default: Keys' cubic with a = -0.5, widened when it shrinks, not clamped (10.2 step 2, A11).

    mirror: what lies outside is the picture mirrored (MATLAB). weigh: it has no weight and the rest is normalised
    (PIL, torch with antialias=True).
    """
    down = _cubic_weights(planes.shape[-2], height, edge)
    across = _cubic_weights(planes.shape[-1], width, edge)
    return np.asarray(down @ planes @ across.T)


def _cubic_weights(n: int, out: int, edge: Literal["weigh", "mirror"]) -> Array:
    weights = np.zeros((out, n))
    ratio = n / out
    widened = max(ratio, 1.0)
    for i in range(out):
        centre = (i + 0.5) * ratio - 0.5
        taps = range(math.floor(centre - 2 * widened), math.ceil(centre + 2 * widened) + 1)
        if edge == "weigh":
            taps = range(max(taps.start, 0), min(taps.stop, n))
        values = [_keys((centre - j) / widened) for j in taps]
        total = sum(values)
        for j, value in zip(taps, values, strict=True):
            inside = j % (2 * n)
            weights[i, inside if inside < n else 2 * n - 1 - inside] += value / total
    return weights


def _keys(x: float) -> float:
    """Keys (1981), equation 4, a = -1/2."""
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    if x < 2:
        return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return 0.0
