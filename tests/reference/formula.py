"""Equations 1 to 4 of the paper as they read, in float64, with the constants they leave open as in docs/method.md."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.reference.network import Array, Network, Pixels, ReferenceResult
from tests.reference.paper import stacked, step_1_canvas, step_2_resize, step_3_detect, step_4_candidates
from tests.reference.resizing import half_pixel


def reference_formula(
    image_rgb: NDArray[np.uint8],
    network: Network,
    *,
    pixels: Pixels,
    threshold: float = 0.5,
    n: int = 4,
    scales: Sequence[int] = (400, 500, 600),
    alpha: float = 3.0,
    canvas_px: int = 500,
    gate: bool = False,
    by_mean: bool = False,
) -> ReferenceResult:
    """g^c = 1 / (|S| |L|) sum_s sum_l tanh(alpha Mhat / max Mhat), then divided by its maximum over the image.

    gate: the sum over scales is over those at which the class was found, as in dcsm.m and the preset `tuned`.
    by_mean: a class is found if its mean score over the scales exceeds the threshold, as in `tuned`.
    """
    canvas, (top, left, height, width) = step_1_canvas(image_rgb, canvas_px)
    inputs = {scale: pixels.prepared(step_2_resize(canvas, scale)) for scale in scales}
    scores = {scale: network.scores(inputs[scale]) for scale in scales}
    found, detected = step_3_detect(scores, threshold)
    if by_mean:
        detected = [c for c in detected if sum(float(p[c]) for p in scores.values()) / len(scores) > threshold]
        found = {scale: classes.intersection(detected) for scale, classes in found.items()}
    candidates = step_4_candidates(scores, detected, n)

    g = {c: np.zeros((canvas_px, canvas_px)) for c in detected}
    g_raw = {c: np.zeros((canvas_px, canvas_px)) for c in candidates}
    terms = 0
    for scale in scales:
        w = {c: network.gradients(inputs[scale], c) for c in candidates}
        for layer in w[candidates[0]] if candidates else ():
            terms += 1
            m = {c: half_pixel(np.abs(w[c][layer]).max(axis=0), canvas_px, canvas_px) for c in candidates}
            for c in candidates:
                g_raw[c] += equation_3_term(m[c], alpha)
                if c in (found[scale] if gate else detected):
                    g[c] += equation_3_term(equation_2(m, c) if n > 0 and len(m) > 1 else m[c], alpha)
    rectangle = (slice(top, top + height), slice(left, left + width))
    shape = image_rgb.shape[:2]
    return ReferenceResult(
        candidates,
        detected,
        stacked([half_pixel(_by_maximum(g[c][rectangle] / terms), *shape) for c in detected], shape),
        stacked([half_pixel(_by_maximum(g_raw[c][rectangle] / terms), *shape) for c in candidates], shape),
    )


def equation_2(m: dict[int, Array], c: int) -> Array:
    """Mhat^c = sum over c' in the candidates of max(M^c - M^c', 0) [c != c']."""
    return np.asarray(sum(np.maximum(m[c] - m[rival], 0) for rival in m if rival != c))


def equation_3_term(m_hat: Array, alpha: float) -> Array:
    """tanh(alpha Mhat / max Mhat); 0 where there is no maximum to divide by."""
    return np.tanh(alpha * m_hat / m_hat.max()) if m_hat.max() > 0 else np.zeros_like(m_hat)


def _by_maximum(g: Array) -> Array:
    return g / g.max() if g.max() > 0 else np.zeros_like(g)
