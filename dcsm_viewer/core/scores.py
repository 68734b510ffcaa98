"""What an image scores for each class, from its scores at every scale: that is what the threshold is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsm_viewer.core.settings import MethodSettings


def image_scores(scores: NDArray[np.floating], method: MethodSettings) -> NDArray[np.floating]:
    """Reduce scores (S, C), one row a scale, to one a class: (C,) in [0, 1], the maximum or the mean over the scales.

    In the precision of `scores`; 0 without a scale. docs/method.md 10.2 step 3: dcsm.m detects a class that is above
    the threshold at any scale. The mean is ours: single scales give false positives (docs/evaluation.md).
    """
    if not len(scores):
        return np.zeros(scores.shape[1], scores.dtype)
    of_image = scores.max(axis=0) if method.score_reduction == "max" else scores.mean(axis=0, dtype=np.float64)
    return np.asarray(of_image, scores.dtype)
