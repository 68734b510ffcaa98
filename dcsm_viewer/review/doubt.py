"""How doubtful a mask is: four reasons, each in [0, 1], and one number of them all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.review.exported_result import Exported, Labels
from dcsm_viewer.review.label_masks import ignore_label, pixels_by_name

LEVELS = 20
"""Margins of q are counted in steps of 1 / LEVELS, so that another limit costs nothing to try."""
Q_MARGIN = 0.2
"""Default: a pixel whose two likeliest labels are closer than this is uncertain."""


@dataclass(frozen=True, slots=True)
class DoubtMeasures:
    """What was found of one mask; everything in [0, 1].

    overlap: of the two classes that share most, the mean of the smaller map as a share of the mean of the larger,
    each map divided by its own maximum; 0 with fewer than two classes.
    flipped: share of the pixels that are or were of a class whose label the CRF changed; 0 without a CRF.
    uncertain_below: share of all pixels that are 'ignore' or whose two largest q are closer than 1/20, 2/20, ... 20/20.
    narrow: how near the score closest to the threshold is to it, 1 on it; for image-level labels one minus the
    least score of them. is_empty: no pixel is of any class. pixels: count by class name, `background` and `ignore`.
    """

    overlap: float
    flipped: float
    uncertain_below: tuple[float, ...]
    narrow: float
    is_empty: bool
    pixels: dict[str, int]

    def uncertain(self, q_margin: float = Q_MARGIN) -> float:
        """Share of pixels that are 'ignore' or have two largest q closer than `q_margin`, in steps of 0.05."""
        level = min(max(round(q_margin * LEVELS), 1), LEVELS)
        return self.uncertain_below[level - 1]

    def doubt(self, q_margin: float = Q_MARGIN) -> float:
        """The root of the mean square of the four parts: one strong reason weighs more than several weak ones.

        1 for a mask without any class, whatever the parts say.
        """
        if self.is_empty:
            return 1.0
        parts = (self.overlap, self.flipped, self.uncertain(q_margin), self.narrow)
        return math.sqrt(sum(part * part for part in parts) / len(parts))


def measured(exported: Exported) -> DoubtMeasures:
    """The doubts of an export, from its numbers alone."""
    labels = exported.labels
    return DoubtMeasures(
        overlap=overlap(exported.class_maps),
        flipped=flipped(labels, exported.labels_before),
        uncertain_below=uncertain_below(labels, exported.q),
        narrow=_narrow(exported),
        is_empty=not bool(((labels != 0) & (labels != ignore_label(labels))).any()),
        pixels=pixels_by_name(labels, exported.class_names),
    )


def overlap(class_maps: NDArray[np.float32]) -> float:
    """Of the pair of maps (T, H, W) that share most: sum of min over sum of max, each by its own maximum."""
    tops = class_maps.max(axis=(1, 2), initial=0.0)
    own = [np.clip(values, 0, None) / top for values, top in zip(class_maps, tops, strict=True) if top > 0]
    worst = 0.0
    for index, first in enumerate(own):
        for second in own[index + 1 :]:
            shared = float(np.minimum(first, second).sum(dtype=np.float64))
            worst = max(worst, shared / float(np.maximum(first, second).sum(dtype=np.float64)))
    return worst


def flipped(labels: Labels, before: Labels | None) -> float:
    """Share of the pixels of a class, before or after the CRF, whose label it changed."""
    if before is None:
        return 0.0
    of_a_class = int(((labels != 0) | (before != 0)).sum())
    return int((labels != before).sum()) / of_a_class if of_a_class else 0.0


def uncertain_below(labels: Labels, q: NDArray[np.float32] | None) -> tuple[float, ...]:
    """Share of pixels that are 'ignore' or whose two largest of q (T+1, H, W) are closer than k/20, for k = 1..20."""
    ignored = labels == ignore_label(labels)
    if q is None or len(q) < 2:
        return (float(ignored.mean()),) * LEVELS
    margin = np.where(ignored, np.float32(-1), _lead(q))
    sorted_margins = np.sort(margin, axis=None)
    limits = np.arange(1, LEVELS + 1, dtype=np.float32) / np.float32(LEVELS)
    counts = np.searchsorted(sorted_margins, limits, side="left")
    return tuple(round(float(count) / margin.size, 6) for count in counts)


def _lead(q: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W): how far the largest of q (T+1, H, W) is ahead of the second."""
    # Plane by plane: partitioning along the first axis takes ten times as long.
    first, second = np.maximum(q[0], q[1]), np.minimum(q[0], q[1])
    for plane in q[2:]:
        np.maximum(second, np.minimum(first, plane), out=second)
        np.maximum(first, plane, out=first)
    lead: NDArray[np.float32] = first - second
    return lead


def _narrow(exported: Exported) -> float:
    settings = exported.recipe.settings
    best = image_scores(exported.scores, settings.method)
    given = settings.choice.image_labels
    if given is not None:
        known = [float(best[exported.candidate_ids.index(c)]) for c in given if c in exported.candidate_ids]
        return 1.0 - min(known, default=0.0)
    return narrow(best, settings.method.threshold)


def narrow(best: NDArray[np.float32], threshold: float) -> float:
    """1 where a score (K,) stands on the threshold, 0 where all are as far from it as can be."""
    nearest = min((abs(float(score) - threshold) for score in best), default=1.0)
    return max(0.0, 1.0 - nearest / max(threshold, 1.0 - threshold))
