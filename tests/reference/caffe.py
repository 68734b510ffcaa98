"""The method as the authors' Caffe release computes it: docs/method.md 10.3, step by step, in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.reference.network import Array, Network, Pixels, ReferenceResult
from tests.reference.paper import stacked
from tests.reference.resizing import bicubic, corner, half_pixel


def reference_caffe(
    image_rgb: NDArray[np.uint8],
    network: Network,
    *,
    pixels: Pixels,
    topk: int = 3,
    scales: Sequence[int] = (512,),
    prior: float = 3.0,
    canvas_px: int = 512,
) -> ReferenceResult:
    """Steps 1 to 6, clamped to [0, 1] and brought to the image's size; the release has one scale, here it may be more.

    `raw_class_maps` are the same steps with one 'pair', the map itself.
    """
    canvas = step_1_canvas(image_rgb, canvas_px)
    inputs = {scale: pixels.prepared(bicubic(canvas, scale, scale)) for scale in scales}
    total = np.sum([network.scores(inputs[scale]) for scale in scales], axis=0)
    candidates = sorted(step_2_top(total, topk))

    dcsm = {c: np.zeros((canvas_px, canvas_px)) for c in candidates}
    raw = {c: np.zeros((canvas_px, canvas_px)) for c in candidates}
    for scale in scales:
        w = {c: network.gradients(inputs[scale], c) for c in candidates}
        for layer in w[candidates[0]]:
            k = {c: w[c][layer].max(axis=0) for c in candidates}  # KernelMax: signed, no abs
            for c in candidates:
                rivals = [k[c] - k[other] for other in candidates if other != c] or [k[c]]  # SubFix; A1
                dcsm[c] += corner(step_4_layer(rivals, prior), canvas_px, canvas_px)
                raw[c] += corner(step_4_layer([k[c]], prior), canvas_px, canvas_px)
    shape = image_rgb.shape[:2]
    return ReferenceResult(
        candidates,
        candidates,
        stacked([half_pixel(np.maximum(step_5_normalise(dcsm[c]), 0), *shape) for c in candidates], shape),
        stacked([half_pixel(np.maximum(step_5_normalise(raw[c]), 0), *shape) for c in candidates], shape),
    )


def step_1_canvas(image_rgb: NDArray[np.uint8], side: int) -> Array:
    """'stretched to 512x512 (skimage resize order=1, no anti-aliasing, aspect NOT kept)'; the edge is held."""
    return half_pixel(image_rgb.astype(np.float64).transpose(2, 0, 1), side, side)


def step_2_top(total: Array, topk: int) -> list[int]:
    """'sortid = top-3 classes by logit (ties: larger id first)'."""
    ascending: list[int] = np.argsort(total, kind="stable").tolist()
    return ascending[::-1][:topk]


def step_4_layer(pairs: Sequence[Array], prior: float) -> Array:
    """MaxNormalizeFix and tanh a pair, SubStackFix over pairs, then both once more; negatives kept."""
    e = np.sum([_normalised_tanh(d, prior) for d in pairs], axis=0)
    return _normalised_tanh(np.asarray(e), prior)


def _normalised_tanh(d: Array, prior: float) -> Array:
    """'D = 3 D / max(D) if max(D) > 0 else 0; D = tanh(D)'."""
    return np.tanh(prior * d / d.max()) if d.max() > 0 else np.zeros_like(d)


def step_5_normalise(dcsm: Array) -> Array:
    """'dcsmn = dcsm / max (0 if max <= 0)'."""
    return dcsm / dcsm.max() if dcsm.max() > 0 else np.zeros_like(dcsm)
