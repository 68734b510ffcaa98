"""A scale and an offset for every borrowed output, so that its sigmoid means something from the first step on."""

from __future__ import annotations

import torch
from torch import Tensor

NEWTON_STEPS = 30
PRIOR = 1.0  # how strongly scale is held at 1 and offset at 0, in images


def calibrated(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """(scale, offset), float64 (C,): sigmoid(scale * logit + offset) fits the labels best, class by class.

    logits, labels: (N, C). Logistic regression by Newton's method, on standardised logits, with a mild prior; the
    scale is never negative, which would turn a class into its opposite where the images at hand show none of it.
    """
    x, y = logits.double(), labels.double()
    mean, spread = x.mean(0), x.std(0, correction=0).clamp(min=1e-3)
    x = (x - mean) / spread
    slope, offset = torch.ones_like(mean), torch.zeros_like(mean)
    for _ in range(NEWTON_STEPS):
        p = torch.sigmoid(slope * x + offset)
        curvature = p * (1 - p)
        at_slope = ((p - y) * x).sum(0) + PRIOR * (slope - 1)
        at_offset = (p - y).sum(0) + PRIOR * offset
        a = (curvature * x * x).sum(0) + PRIOR
        b = (curvature * x).sum(0)
        c = curvature.sum(0) + PRIOR
        determinant = a * c - b * b
        slope = slope - (c * at_slope - b * at_offset) / determinant
        offset = offset - (a * at_offset - b * at_slope) / determinant
    slope = slope.clamp(min=0.1)
    return slope / spread, offset - slope * mean / spread
