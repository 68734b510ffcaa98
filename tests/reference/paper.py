"""The method as the authors' MatConvNet release computes it: docs/method.md 10.2, step by step, in float64.

Slow and literal on purpose. The one departure is A5: a pair whose maximum is not positive is left out, where dcsm.m
divides by it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.reference.network import Array, Network, Pixels, ReferenceResult
from tests.reference.resizing import bicubic, half_pixel


def reference_paper(
    image_rgb: NDArray[np.uint8],
    network: Network,
    *,
    pixels: Pixels,
    threshold: float = 0.5,
    tn: int = 4,
    scales: Sequence[int] = (400, 500, 600),
    tha: float = 3.0,
    canvas_px: int = 500,
) -> ReferenceResult:
    """Steps 1 to 7; `tn` and `tha` are named as in dcsm.m."""
    canvas, (top, left, height, width) = step_1_canvas(image_rgb, canvas_px)
    inputs = {scale: pixels.prepared(step_2_resize(canvas, scale)) for scale in scales}
    scores = {scale: network.scores(inputs[scale]) for scale in scales}
    found, detected = step_3_detect(scores, threshold)
    candidates = step_4_candidates(scores, detected, tn)

    acc = {c: np.zeros((canvas_px, canvas_px)) for c in detected}
    raw_acc = {c: np.zeros((canvas_px, canvas_px)) for c in candidates}
    for scale in scales:
        w = {c: network.gradients(inputs[scale], c) for c in candidates}  # step 5
        for layer in w[candidates[0]] if candidates else ():
            up = {c: half_pixel(np.abs(w[c][layer]).max(axis=0), canvas_px, canvas_px) for c in candidates}
            for c in candidates:
                raw_acc[c] += step_6_pair(up[c], np.zeros_like(up[c]), tha)
                if c not in found[scale]:
                    continue
                rivals = [up[rival] for rival in candidates if rival != c] if tn > 0 else []
                for rival in rivals or [np.zeros_like(up[c])]:  # A1: without a rival Mhat is M
                    acc[c] += step_6_pair(up[c], rival, tha)

    rectangle = (slice(top, top + height), slice(left, left + width))
    shape = image_rgb.shape[:2]
    return ReferenceResult(
        candidates,
        detected,
        stacked([half_pixel(step_7_class_map(acc[c][rectangle], tha), *shape) for c in detected], shape),
        stacked([half_pixel(step_7_class_map(raw_acc[c][rectangle], tha), *shape) for c in candidates], shape),
    )


def step_1_canvas(image_rgb: NDArray[np.uint8], side: int) -> tuple[Array, tuple[int, int, int, int]]:
    """'Canvas: 500x500x3 ZEROS; paste image at top = (500 - H + (H mod 2)) / 2'; A10: larger images shrink first."""
    planes = image_rgb.astype(np.float64).transpose(2, 0, 1)
    h, w = planes.shape[1:]
    if max(h, w) > side:
        longest = max(h, w)
        h, w = max(1, math.floor(h * side / longest + 0.5)), max(1, math.floor(w * side / longest + 0.5))
        planes = bicubic(planes, h, w)
    assert side % 2 == 0, "dcsm.m has an even canvas; its formula for the margin is a fraction on an odd one"
    top = (side - h + h % 2) // 2
    left = (side - w + w % 2) // 2
    canvas = np.zeros((3, side, side))
    canvas[:, top : top + h, left : left + w] = planes
    return canvas, (top, left, h, w)


def step_2_resize(canvas: Array, scale: int) -> Array:
    """'imresize canvas to round(500 s)^2', bicubic with antialiasing, no clamping."""
    return bicubic(canvas, scale, scale)


def step_3_detect(scores: dict[int, Array], threshold: float) -> tuple[dict[int, set[int]], list[int]]:
    """'det_s(c) = p_s(c) > 0.5. T = union_s det_s.'"""
    found = {scale: {c for c in range(len(p)) if p[c] > threshold} for scale, p in scores.items()}
    return found, sorted(set().union(*found.values()))


def step_4_candidates(scores: dict[int, Array], detected: list[int], tn: int) -> list[int]:
    """'if |T| < 4: C = T (ascending id) + (4 - |T|) highest sum(c) among non-T; else C = T'; A1: tn 0 is C = T."""
    total = np.sum(list(scores.values()), axis=0)
    others = [c for c in np.argsort(-total, kind="stable").tolist() if c not in detected]
    return detected + others[: max(0, tn - len(detected))]


def step_6_pair(a: Array, a_rival: Array, tha: float) -> Array:
    """'D = A - A'; D = D / max(D); D = tanh(3 D); if max(D) > 0: D[D <= 0] = 1e-20; acc += D'; A5."""
    d = a - a_rival
    if not d.max() > 0:
        return np.zeros_like(d)
    d = np.tanh(tha * (d / d.max()))
    d[d <= 0] = 1e-20
    return np.asarray(d)


def step_7_class_map(acc: Array, tha: float) -> Array:
    """'S = acc / max(acc); Q = tanh(3 S), values <= 0 -> 1e-20, written as Q / max(Q)'. Zeros where acc has nothing."""
    # Sums of the 1e-20 of step 6 are no evidence either; dcsm.m would blow them up to a map that is 1 everywhere.
    if not acc.max() > 1e-15:
        return np.zeros_like(acc)
    q = np.tanh(tha * (acc / acc.max()))
    q[q <= 0] = 1e-20
    return np.asarray(q / q.max())


def stacked(maps: Sequence[Array], shape: tuple[int, ...]) -> Array:
    return np.array(maps, dtype=np.float64).reshape(len(maps), *shape)
