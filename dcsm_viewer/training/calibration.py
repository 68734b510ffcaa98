"""A scale and an offset for every borrowed output, so that its sigmoid means something from the first step on."""

from __future__ import annotations

from torch import Tensor

# Where the images without a class come to lie: logits of -4 give or take 1.25, so 3.2 of their standard deviations
# above their mean begins what counts as found.
ABSENT, SPREAD = -4.0, 1.25
LEAST_SPREAD = 1e-3


def fit_calibration(logits: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """(scale, offset), float64 (C,): scale * logit + offset has mean ABSENT and deviation SPREAD where a class is not.

    logits: (N, C), the largest of every image; present: bool (N, C). Only images without the class are asked: those
    with it may be of another kind than what the start learned from (drawings of dogs, where it knows photographs),
    and would have its certainty thrown away. Where all images show a class, they are asked after all.
    """
    absent = (~present).double()
    absent = absent.where(absent.sum(0) >= 2, 1.0)
    count = absent.sum(0)
    values = logits.double()
    mean = (values * absent).sum(0) / count
    spread = ((values - mean).square() * absent).sum(0).div(count).sqrt().clamp(min=LEAST_SPREAD)
    scale = SPREAD / spread
    return scale, ABSENT - scale * mean
