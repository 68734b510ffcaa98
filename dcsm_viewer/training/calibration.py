"""One scale and one offset for all borrowed outputs, so that their sigmoid means something from the first step on."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

NEWTON_STEPS = 30
PRIOR = 1.0  # how strongly scale is held at 1 (of standardised logits) and offset at 0, in images
LEAST_SCALE = 0.1


def calibrated(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """(scale, offset): sigmoid(scale * logit + offset) fits the labels best.

    logits, labels: any equal shapes. Logistic regression by Newton's method on standardised logits, with a mild prior.
    All classes share both numbers: the images trained on may be of another kind than those the start learned from
    (drawings of cats), and a scale for each class would throw away what is known of photographs.
    """
    x, y = logits.double().flatten(), labels.double().flatten()
    mean, spread = float(x.mean()), max(float(x.std(correction=0)), 1e-3)
    x = (x - mean) / spread

    def cost(slope: float, offset: float) -> float:
        fit = F.binary_cross_entropy_with_logits(slope * x + offset, y, reduction="sum")
        return float(fit) + PRIOR / 2 * ((slope - 1) ** 2 + offset**2)

    slope, offset = 1.0, 0.0
    for _ in range(NEWTON_STEPS):
        p = torch.sigmoid(slope * x + offset)
        curvature = p * (1 - p)
        at_slope = float(((p - y) * x).sum()) + PRIOR * (slope - 1)
        at_offset = float((p - y).sum()) + PRIOR * offset
        a = float((curvature * x * x).sum()) + PRIOR
        b = float((curvature * x).sum())
        c = float(curvature.sum()) + PRIOR
        determinant = a * c - b * b
        by = ((c * at_slope - b * at_offset) / determinant, (a * at_offset - b * at_slope) / determinant)
        length, before = 1.0, cost(slope, offset)
        while length > 1e-6 and cost(slope - length * by[0], offset - length * by[1]) > before:
            length /= 2  # a whole step can overshoot where few images show a class
        slope, offset = slope - length * by[0], offset - length * by[1]
    slope = max(slope, LEAST_SCALE)  # never below 0: that would turn classes into their opposites
    return slope / spread, offset - slope * mean / spread
