"""What a plain threshold on class maps gives, for many thresholds at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import read_only
from dcsm_viewer.metrics.means import mean_of

THRESHOLDS: tuple[float, ...] = tuple(round(0.01 * step, 2) for step in range(101))
"""0.00, 0.01 ... 1.00; at the last nothing is above it."""


@dataclass(frozen=True, slots=True)
class ThresholdCounts:
    """Per label (row) and threshold of THRESHOLDS (column), int64 (R, K): pixels given the label, and rightly so.

    A pixel is given the class whose map is largest there, the first of equals, where that value is above the threshold
    (as float32, the type of the maps), and else the background. Void pixels are left out. `numbers` are the labels of
    the rows, background first; no other is ever given. true: (n,), pixels that have each of all n labels.
    """

    numbers: tuple[int, ...]
    hits: NDArray[np.int64] = field(repr=False, compare=False)
    given: NDArray[np.int64] = field(repr=False, compare=False)
    true: NDArray[np.int64] = field(repr=False, compare=False)

    @classmethod
    def of(
        cls, truth: NDArray[np.integer], class_maps: NDArray[np.floating], numbers: Sequence[int], labels: int
    ) -> ThresholdCounts:
        """Count one image.

        Parameters
        ----------
        truth : integer (H, W), 0 background, 255 void
        class_maps : float (T, H, W), in [0, 1]
        numbers : the label of each map
        labels : how many labels there are, background included
        """
        if not len(class_maps):
            nothing = np.zeros(truth.shape)
            return cls.of_largest(truth, nothing.astype(np.float32), nothing.astype(np.intp), (), labels)
        return cls.of_largest(truth, class_maps.max(0), class_maps.argmax(0), numbers, labels)

    @classmethod
    def of_largest(
        cls,
        truth: NDArray[np.integer],
        largest: NDArray[np.floating],
        rows: NDArray[np.integer],
        numbers: Sequence[int],
        labels: int,
    ) -> ThresholdCounts:
        """Count as `of` does, from the largest of the maps at each pixel.

        Parameters
        ----------
        truth
            (H, W) labels, 255 for void.
        largest
            (H, W): the largest of the maps.
        rows
            (H, W): which of `numbers` the largest belongs to.
        numbers
            The label of each map.
        labels
            How many labels there are, the background among them.

        Returns
        -------
        ThresholdCounts
            The counts of this image.
        """
        valid = truth != IGNORE_INDEX
        known = truth[valid].astype(np.int64)
        true = np.bincount(known, minlength=labels)[:labels]
        # Row 0 is the background: it has whatever the classes do not exceed.
        hits, given = np.zeros((2, len(numbers) + 1, len(THRESHOLDS)), np.int64)
        hits[0], given[0] = true[0], known.size
        if len(numbers):
            best, passed = rows[valid].astype(np.int64), passed_by(largest[valid])
            right = np.asarray(numbers, np.int64)[best] == known
            given[1:] = above(best, passed, len(numbers))
            hits[1:] = above(best[right], passed[right], len(numbers))
            given[0] -= given[1:].sum(0)
            hits[0] -= above(best[known == 0], passed[known == 0], len(numbers)).sum(0)
        return cls((0, *numbers), read_only(hits), read_only(given), read_only(true))

    def iou(self) -> NDArray[np.float64]:
        """Compute the IoU by label and threshold, (n, K); NaN where the truth does not have the label."""
        hits, given = np.zeros((2, len(self.true), len(THRESHOLDS)), np.int64)
        hits[list(self.numbers)], given[list(self.numbers)] = self.hits, self.given
        true = self.true[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(true > 0, hits / (true + given - hits), np.nan)

    def mean_iou(self) -> NDArray[np.float64]:
        """Average the IoU over the labels that occur in the truth, by threshold, (K,)."""
        return np.array([mean_of(column) for column in self.iou().T])


def total_of(parts: Iterable[ThresholdCounts], labels: int) -> ThresholdCounts:
    """Add up the counts of all images, with a row for every label."""
    hits, given = np.zeros((2, labels, len(THRESHOLDS)), np.int64)
    true = np.zeros(labels, np.int64)
    for part in parts:
        hits[list(part.numbers)] += part.hits
        given[list(part.numbers)] += part.given
        true[: len(part.true)] += part.true
    return ThresholdCounts(tuple(range(labels)), read_only(hits), read_only(given), read_only(true))


def passed_by(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Count how many of the thresholds each value is above; they are the first ones."""
    thresholds = np.asarray(THRESHOLDS, np.float32)
    return np.searchsorted(thresholds, values.astype(np.float32), side="left").astype(np.int64)


def above(rows: NDArray[np.int64], passed: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Count the pixels above each threshold.

    Parameters
    ----------
    rows
        The row of each pixel.
    passed
        How many thresholds each pixel's value is above.
    count
        How many rows there are.

    Returns
    -------
    ndarray
        int64 (count, K): pixels of each row above threshold k.
    """
    steps = len(THRESHOLDS)
    counted = np.bincount(rows * (steps + 1) + passed, minlength=count * (steps + 1))
    from_above = counted.reshape(count, steps + 1)[:, ::-1].cumsum(1)[:, ::-1]
    return from_above[:, 1:].astype(np.int64)
