"""How well image scores tell images with a class from those without: average precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def average_precision(scores: NDArray[np.floating], has_it: NDArray[np.bool_]) -> float:
    """Area under the precision-recall curve of one class, as VOC has measured since 2010; NaN without positives.

    scores and has_it (images,). At each recall the precision is the best at that recall or a higher one. Images of
    equal score are taken together, so that their order cannot matter.
    """
    positives = int(has_it.sum())
    if positives == 0:
        return float("nan")
    order = np.argsort(-scores.astype(np.float64), kind="stable")
    ranked, hits = scores[order], np.cumsum(has_it[order])
    last_of_equals = np.append(ranked[1:] != ranked[:-1], True)
    recall = hits[last_of_equals] / positives
    precision = hits[last_of_equals] / (np.flatnonzero(last_of_equals) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * envelope).sum())


def average_precisions(scores: NDArray[np.floating], has_it: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Compute the average precision of each class, (classes,), from scores and truth (images, classes)."""
    return np.array([average_precision(column, truth) for column, truth in zip(scores.T, has_it.T, strict=True)])


def mean_average_precision(of_classes: NDArray[np.float64]) -> float:
    """Average average precisions (classes,) over the classes that some image has; NaN if none is."""
    known = of_classes[~np.isnan(of_classes)]
    return float(known.mean()) if known.size else float("nan")
