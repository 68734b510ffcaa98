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
    """Per label (row) and threshold of THRESHOLDS (column), int64 (n, K): pixels given the label, and rightly so.

    Below the threshold lies the background, from it on the class whose map is largest there, the first of equals.
    Void pixels are left out. true: (n,), pixels that have the label.
    """

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
        steps = len(THRESHOLDS)
        hits, given = np.zeros((labels, steps), np.int64), np.zeros((labels, steps), np.int64)
        if len(class_maps):
            values, best = _largest(class_maps, valid)
            # A pixel keeps its class at the first `reach` thresholds.
            reach = np.searchsorted(THRESHOLDS, values.astype(np.float64), side="right")
            label = np.asarray(numbers, np.int64)[best]
            given = _at_least(label, reach, labels)
            right = label == known
            hits = _at_least(label[right], reach[right], labels)
            ground = known == 0
            hits[0] = ground.sum() - _at_least(np.zeros(int(ground.sum()), np.int64), reach[ground], 1)[0]
            given[0] = known.size - given[1:].sum(0)
        else:
            hits[0], given[0] = int((known == 0).sum()), known.size
        return cls(read_only(hits), read_only(given), read_only(true))

    def iou(self) -> NDArray[np.float64]:
        """Per label and threshold, (n, K); NaN where the truth does not have the label."""
        true = self.true[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(true > 0, self.hits / (true + self.given - self.hits), np.nan)

    def mean_iou(self) -> NDArray[np.float64]:
        """Per threshold, (K,): the mean over the labels that occur in the truth."""
        return np.array([mean_of(column) for column in self.iou().T])


def total_of(parts: Iterable[Curve], labels: int) -> Curve:
    shape = (labels, len(THRESHOLDS))
    hits, given, true = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(labels, np.int64)
    for part in parts:
        hits += part.hits
        given += part.given
        true += part.true
    return Curve(read_only(hits), read_only(given), read_only(true))


def _largest(
    class_maps: NDArray[np.floating], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """At the valid pixels the largest value and the row it is in, the first of equals."""
    planes = class_maps[:, valid]
    return planes.max(0), planes.argmax(0)


def _at_least(labels_there: NDArray[np.int64], reach: NDArray[np.int64], labels: int) -> NDArray[np.int64]:
    """(labels, K): how many pixels of each label reach beyond threshold k."""
    steps = len(THRESHOLDS)
    counted = np.bincount(labels_there * (steps + 1) + reach, minlength=labels * (steps + 1))
    from_above = counted.reshape(labels, steps + 1)[:, ::-1].cumsum(1)[:, ::-1]
    return from_above[:, 1:].astype(np.int64)
