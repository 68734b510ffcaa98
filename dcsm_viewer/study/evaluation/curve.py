"""What a plain threshold on class maps gives, for many thresholds at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.imaging.palette import IGNORE_INDEX
from dcsm_viewer.study.evaluation.confusion import mean_of
from dcsm_viewer.values import read_only

THRESHOLDS: tuple[float, ...] = tuple(round(0.01 * step, 2) for step in range(100))


@dataclass(frozen=True, slots=True)
class Curve:
    """Per label (row) and threshold of THRESHOLDS (column), int64 (R, K): pixels given the label, and rightly so.

    Below the threshold lies the background, from it on the class whose map is largest there, the first of equals.
    Void pixels are left out. `numbers` are the labels of the rows; no other is ever given. true: (n,), pixels that
    have each of all n labels.
    """

    numbers: tuple[int, ...]
    hits: NDArray[np.int64] = field(repr=False, compare=False)
    given: NDArray[np.int64] = field(repr=False, compare=False)
    true: NDArray[np.int64] = field(repr=False, compare=False)

    @classmethod
    def of(
        cls, truth: NDArray[np.integer], class_maps: NDArray[np.floating], numbers: Sequence[int], labels: int
    ) -> Curve:
        """The counts of one image: truth (H, W), class maps (T, H, W) in [0, 1] whose labels are `numbers`."""
        valid = truth != IGNORE_INDEX
        known = truth[valid].astype(np.int64)
        true = np.bincount(known, minlength=labels)[:labels]
        # Row 0 is the background: it has whatever the classes do not reach.
        hits, given = np.zeros((2, len(numbers) + 1, len(THRESHOLDS)), np.int64)
        hits[0], given[0] = true[0], known.size
        if len(class_maps):
            values, best = _largest(class_maps, valid)
            # A pixel keeps its class at the first `reach` thresholds.
            reach = np.searchsorted(THRESHOLDS, values.astype(np.float64), side="right")
            right = np.asarray(numbers, np.int64)[best] == known
            given[1:] = _reaching(best, reach, len(numbers))
            hits[1:] = _reaching(best[right], reach[right], len(numbers))
            given[0] -= given[1:].sum(0)
            hits[0] -= _reaching(best[known == 0], reach[known == 0], len(numbers)).sum(0)
        return cls((0, *numbers), read_only(hits), read_only(given), read_only(true))

    def iou(self) -> NDArray[np.float64]:
        """Per label and threshold, (n, K); NaN where the truth does not have the label."""
        hits, given = np.zeros((2, len(self.true), len(THRESHOLDS)), np.int64)
        hits[list(self.numbers)], given[list(self.numbers)] = self.hits, self.given
        true = self.true[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(true > 0, hits / (true + given - hits), np.nan)

    def mean_iou(self) -> NDArray[np.float64]:
        """Per threshold, (K,): the mean over the labels that occur in the truth."""
        return np.array([mean_of(column) for column in self.iou().T])


def total_of(parts: Iterable[Curve], labels: int) -> Curve:
    """The counts of all images together, with a row for every label."""
    hits, given = np.zeros((2, labels, len(THRESHOLDS)), np.int64)
    true = np.zeros(labels, np.int64)
    for part in parts:
        hits[list(part.numbers)] += part.hits
        given[list(part.numbers)] += part.given
        true += part.true
    return Curve(tuple(range(labels)), read_only(hits), read_only(given), read_only(true))


def _largest(
    class_maps: NDArray[np.floating], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """At the valid pixels the largest value and the row it is in, the first of equals."""
    planes = class_maps[:, valid]
    return planes.max(0), planes.argmax(0)


def _reaching(rows: NDArray[np.int64], reach: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(count, K): how many pixels of each row reach beyond threshold k."""
    steps = len(THRESHOLDS)
    counted = np.bincount(rows * (steps + 1) + reach, minlength=count * (steps + 1))
    from_above = counted.reshape(count, steps + 1)[:, ::-1].cumsum(1)[:, ::-1]
    return from_above[:, 1:].astype(np.int64)
