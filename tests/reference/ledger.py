"""The account of one pixel for each preset, step by step, in float64, from the derivatives of every candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tests.reference.network import Array
from tests.reference.paper import step_6_pair, step_7_class_map
from tests.reference.resizing import corner, half_pixel

Key = tuple[int, str]


@dataclass(frozen=True)
class Account:
    """Of one class at one pixel: M and what it adds by (scale, layer), evidence also by rival; totals and the map."""

    raw: dict[Key, float]
    evidence: dict[tuple[int, str, int], float]
    added: dict[Key, float]
    total: float
    largest: float
    value: float


def paper_account(
    w: Mapping[Key, Mapping[int, Array]],
    c: int,
    counts: Sequence[int],
    *,
    canvas_px: int,
    rectangle: tuple[slice, slice],
    position: tuple[int, int],
    tha: float,
) -> Account:
    """Step 6 and 7 of dcsm.m for class c. w[scale, layer][class] is (channels, h, w); place: on the canvas."""
    raw, evidence, added = {}, {}, {}
    acc = np.zeros((canvas_px, canvas_px))
    for (scale, layer), of_class in w.items():
        up = {other: half_pixel(np.abs(each).max(axis=0), canvas_px, canvas_px) for other, each in of_class.items()}
        raw[scale, layer] = float(up[c][position])
        added[scale, layer] = 0.0
        for rival in of_class:
            if rival != c:
                pair = step_6_pair(up[c], up[rival], tha)
                evidence[scale, layer, rival] = float(pair[position])
                added[scale, layer] += float(pair[position])
                if scale in counts:
                    acc += pair
    cropped = acc[rectangle]
    value = step_7_class_map(cropped, tha)[position[0] - rectangle[0].start, position[1] - rectangle[1].start]
    return Account(raw, evidence, added, float(acc[position]), float(cropped.max()), float(value))


def formula_account(
    w: Mapping[Key, Mapping[int, Array]],
    c: int,
    *,
    canvas_px: int,
    rectangle: tuple[slice, slice],
    position: tuple[int, int],
    alpha: float,
) -> Account:
    """Equations 2 and 3: rivals clamped and summed, then tanh(alpha Mhat / max Mhat), summed over layers and scales."""
    raw, evidence, added = {}, {}, {}
    g = np.zeros((canvas_px, canvas_px))
    for (scale, layer), of_class in w.items():
        m = {other: half_pixel(np.abs(each).max(axis=0), canvas_px, canvas_px) for other, each in of_class.items()}
        raw[scale, layer] = float(m[c][position])
        m_hat = np.zeros_like(m[c])
        for rival in of_class:
            if rival != c:
                clamped = np.maximum(m[c] - m[rival], 0)
                evidence[scale, layer, rival] = float(clamped[position])
                m_hat += clamped
        term = np.tanh(alpha * m_hat / m_hat.max()) if m_hat.max() > 0 else np.zeros_like(m_hat)
        added[scale, layer] = float(term[position])
        g += term
    largest = float(g[rectangle].max())
    return Account(raw, evidence, added, float(g[position]), largest, float(g[position]) / largest)


def caffe_account(
    w: Mapping[Key, Mapping[int, Array]],
    c: int,
    *,
    canvas_px: int,
    image_shape: tuple[int, int],
    pixel: tuple[int, int],
    prior: float,
) -> Account:
    """10.3 steps 4 to 6 for class c; the pixel is one of the image, to which canvas maps are brought bilinearly."""

    def at_pixel(canvas: Array) -> float:
        return float(half_pixel(canvas, *image_shape)[pixel])

    def up(native: Array) -> Array:
        return corner(native, canvas_px, canvas_px)

    raw, evidence, added = {}, {}, {}
    dcsm = np.zeros((canvas_px, canvas_px))
    for (scale, layer), of_class in w.items():
        k = {other: each.max(axis=0) for other, each in of_class.items()}
        raw[scale, layer] = at_pixel(up(k[c]))
        e = np.zeros_like(k[c])
        for rival in of_class:
            if rival != c:
                pair = _normalised_tanh(k[c] - k[rival], prior)
                evidence[scale, layer, rival] = at_pixel(up(pair))
                e += pair
        outcome = up(_normalised_tanh(e, prior))
        added[scale, layer] = at_pixel(outcome)
        dcsm += outcome
    largest = float(dcsm.max())
    value = half_pixel(np.maximum(dcsm / largest, 0), *image_shape)[pixel]
    return Account(raw, evidence, added, at_pixel(dcsm), largest, float(value))


def _normalised_tanh(d: Array, prior: float) -> Array:
    return np.tanh(prior * d / d.max()) if d.max() > 0 else np.zeros_like(d)
