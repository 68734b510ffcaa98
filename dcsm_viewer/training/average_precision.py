"""How well scores rank the images of a class: average precision, and its mean over classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def average_precision(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """The area under the precision-recall curve in [0, 1], NaN where no image shows the class.

    scores, present: (images,). The mean, over the images that show the class, of the precision among all images that
    score at least as high: VOC's definition since 2010 without its smoothing, and equal scores count as one step, so
    that the order of the images does not matter.
    """
    if not present.any():
        return float("nan")
    levels, group = np.unique(-scores, return_inverse=True)
    hits = np.bincount(group, weights=present.astype(np.float64), minlength=len(levels))
    found = np.cumsum(hits)
    seen = np.cumsum(np.bincount(group, minlength=len(levels)))
    return float((hits * found / seen).sum() / found[-1])


def average_precisions(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> tuple[float, ...]:
    """Average precision of every class; scores, present: (images, classes)."""
    return tuple(average_precision(scores[:, index], present[:, index]) for index in range(scores.shape[1]))


def mean_average_precision(of_classes: tuple[float, ...]) -> float:
    """The mean over the classes that some image shows, NaN if none is."""
    known = [value for value in of_classes if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
