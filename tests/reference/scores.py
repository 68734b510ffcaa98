"""The figures of an evaluation, pixel by pixel and image by image, in plain Python floats.

Slow and literal on purpose; numpy only holds the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

VOID = 255


def reference_iou(
    truths: Sequence[NDArray[np.integer]],
    givens: Sequence[NDArray[np.integer]],
    label: int,
    *,
    void_is_wrong: bool = False,
) -> float:
    """VOCevalseg.m: intersection over union of one label, all images together; NaN if no image has it."""
    both = in_truth = in_given = 0
    for truth, given in zip(truths, givens, strict=True):
        height, width = truth.shape
        for row, column in product(range(height), range(width)):
            if truth[row, column] == VOID:
                in_given += bool(given[row, column] == label) if void_is_wrong else 0
                continue
            is_true, is_given = truth[row, column] == label, given[row, column] == label
            both += bool(is_true and is_given)
            in_truth += bool(is_true)
            in_given += bool(is_given)
    return both / (in_truth + in_given - both) if in_truth else float("nan")


def reference_mean_iou(
    truths: Sequence[NDArray[np.integer]],
    givens: Sequence[NDArray[np.integer]],
    labels: int,
    *,
    void_is_wrong: bool = False,
) -> float:
    """The mean over the labels that some truth has."""
    values = [reference_iou(truths, givens, label, void_is_wrong=void_is_wrong) for label in range(labels)]
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known)


def reference_pixel_accuracy(truths: Sequence[NDArray[np.integer]], givens: Sequence[NDArray[np.integer]]) -> float:
    right = total = 0
    for truth, given in zip(truths, givens, strict=True):
        for is_true, is_given in zip(truth.ravel(), given.ravel(), strict=True):
            if is_true != VOID:
                total += 1
                right += bool(is_true == is_given)
    return right / total


def reference_labels_at(
    class_maps: NDArray[np.floating], numbers: Sequence[int], threshold: float
) -> NDArray[np.int64]:
    """The label of the largest class map where that is above the threshold, else 0; the first of equals."""
    _, height, width = class_maps.shape
    labels = np.zeros((height, width), np.int64)
    for row, column in product(range(height), range(width)):
        best, value = 0, -1.0
        for number, class_map in zip(numbers, class_maps, strict=True):
            if float(class_map[row, column]) > value:
                best, value = number, float(class_map[row, column])
        labels[row, column] = best if np.float32(value) > np.float32(threshold) else 0
    return labels


def reference_average_precision(scores: Sequence[float], has_it: Sequence[bool]) -> float:
    """VOC 2010 and later (VOCap.m): at every recall the best precision at that or a higher recall, summed up.

    Recall and precision are taken wherever a score can be the limit, so equal scores stand or fall together.
    """
    positives = sum(has_it)
    if not positives:
        return float("nan")
    points = []
    for limit in sorted(set(scores), reverse=True):
        taken = [truth for score, truth in zip(scores, has_it, strict=True) if score >= limit]
        points.append((sum(taken) / positives, sum(taken) / len(taken)))
    area = before = 0.0
    for index, (recall, _) in enumerate(points):
        best = max(precision for _, precision in points[index:])
        area += (recall - before) * best
        before = recall
    return area
