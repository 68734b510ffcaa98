"""What a threshold does to one image or to many: areas, stability, and IoU where somebody knows the truth."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.gui.tools.thresholds_rules import GRID, Peaks
from dcsm_viewer.imaging.palette import IGNORE_INDEX

Curve = NDArray[np.float64]

_WINDOW = 10  # steps: a plateau shorter than a tenth of the range is chance
_LEAST = 0.05  # share of the pixels that must lie on either side: where all is foreground nothing changes either
_SLACK = 1.2  # the plateau goes on while a step changes at most this many times what it does at its heart
_FADING = 0.5  # pixels that change over the whole range, if all of it were like the stretch: more is no plateau


@dataclass(frozen=True, slots=True)
class Counts:
    """Pixels per threshold of GRID and label. above (L, 101): those whose largest map, of this label, exceeds it.

    size: all pixels. With a mask also, over pixels that it knows: predicted and hits (1+L', 101) and truth (1+L',),
    rows as `mask_labels`, background first.
    """

    labels: tuple[int, ...]
    above: NDArray[np.int64] = field(repr=False, compare=False)
    size: int
    mask_labels: tuple[int, ...] = ()
    predicted: NDArray[np.int64] | None = field(default=None, repr=False, compare=False)
    hits: NDArray[np.int64] | None = field(default=None, repr=False, compare=False)
    truth: NDArray[np.int64] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A threshold found without ground truth: the heart of the widest calm stretch from `first` to `last`.

    changed: share of pixels whose label changes between them.
    """

    at: float
    first: float
    last: float
    changed: float

    @property
    def words(self) -> str:
        found = (
            f"Suggested without ground truth: {self.at:.2f}, the middle of the calmest stretch ({self.first:.2f} to "
            f"{self.last:.2f}: {100 * self.changed:.1f} % of the pixels change their label)."
        )
        if self.changed > _FADING * (self.last - self.first):
            return f"{found} The maps fade evenly there, so it says little."
        return found


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves over GRID, (101,) each. areas: share of the pixels that each label has. changed: share of pixels whose
    label the step up to this threshold changes; 0 at 0. ious and mean_iou use ground truth, in [0, 1], NaN where a
    class is neither in the mask nor predicted; None without a mask.
    """

    areas: dict[int, Curve] = field(repr=False, compare=False)
    changed: Curve = field(repr=False, compare=False)
    suggestion: Suggestion | None
    images: int = 1
    ious: dict[int, Curve] | None = field(default=None, repr=False, compare=False)
    mean_iou: Curve | None = field(default=None, repr=False, compare=False)

    def best(self, searched: NDArray[np.bool_]) -> float | None:
        """The threshold with the largest mean IoU among those searched: it has seen the truth."""
        if self.mean_iou is None:
            return None
        return float(GRID[int(np.argmax(np.where(searched, self.mean_iou, -1.0)))])


def counts_of(peaks: Peaks, mask: NDArray[np.uint16] | None = None) -> Counts:
    """Counts of one image; `mask` (H, W) holds labels, and 255 where nobody knows."""
    # How many thresholds each pixel exceeds; float32 as the labels compare.
    exceeded = np.searchsorted(GRID.astype(np.float32), peaks.largest.ravel(), side="left")
    owner = peaks.owner.ravel()
    above = np.array([_exceeding(exceeded[owner == label]) for label in peaks.labels], np.int64).reshape(-1, len(GRID))
    if mask is None:
        return Counts(peaks.labels, above, owner.size)
    truth = mask.ravel()
    known = truth != IGNORE_INDEX
    truth, exceeded, owner = truth[known], exceeded[known], owner[known]
    labels = tuple(sorted({0, *peaks.labels, *np.unique(truth).tolist()}))
    totals = np.array([np.count_nonzero(truth == label) for label in labels], np.int64)
    predicted = np.zeros((len(labels), len(GRID)), np.int64)
    hits = np.zeros_like(predicted)
    for row, label in enumerate(labels[1:], start=1):
        own = owner == label
        predicted[row] = _exceeding(exceeded[own])
        hits[row] = _exceeding(exceeded[own & (truth == label)])
    predicted[0] = truth.size - predicted[1:].sum(0)
    hits[0] = totals[0] - _exceeding(exceeded[truth == 0])
    return Counts(peaks.labels, above, peaks.owner.size, labels, predicted, hits, totals)


def _exceeding(exceeded: NDArray[np.intp]) -> NDArray[np.int64]:
    """(101,): how many of the pixels exceed each threshold, from how many thresholds each exceeds."""
    per_count = np.bincount(exceeded, minlength=len(GRID) + 1)
    return np.cumsum(per_count[::-1])[::-1][1 : len(GRID) + 1].astype(np.int64)


def added(counts: list[Counts]) -> Counts:
    """The counts of several images as if they were one; those of masks where all have one."""
    labels = tuple(sorted({label for each in counts for label in each.labels}))
    above = np.zeros((len(labels), len(GRID)), np.int64)
    for each in counts:
        for label, row in zip(each.labels, each.above, strict=True):
            above[labels.index(label)] += row
    size = sum(each.size for each in counts)
    if not counts or any(each.truth is None for each in counts):
        return Counts(labels, above, size)
    known = tuple(sorted({label for each in counts for label in each.mask_labels}))
    predicted = np.zeros((len(known), len(GRID)), np.int64)
    hits, truth = np.zeros_like(predicted), np.zeros(len(known), np.int64)
    for each in counts:
        assert each.predicted is not None
        assert each.hits is not None
        assert each.truth is not None
        rows = [known.index(label) for label in each.mask_labels]
        predicted[rows] += each.predicted
        hits[rows] += each.hits
        truth[rows] += each.truth
    return Counts(labels, above, size, known, predicted, hits, truth)


def curves_from(counts: Counts, images: int = 1) -> Curves:
    size = max(1, counts.size)
    areas = {label: row / size for label, row in zip(counts.labels, counts.above, strict=True)}
    foreground = counts.above.sum(0) / size
    changed = np.concatenate([[0.0], foreground[:-1] - foreground[1:]])
    suggestion = suggested(foreground)
    if counts.predicted is None or counts.hits is None or counts.truth is None:
        return Curves(areas, changed, suggestion, images)
    union = counts.predicted + counts.truth[:, None] - counts.hits
    ious = np.where(union > 0, counts.hits / np.maximum(union, 1), np.nan)
    # A class neither in the mask nor predicted at this threshold says nothing about it.
    mean = np.nansum(ious, axis=0) / np.maximum(1, np.count_nonzero(~np.isnan(ious), axis=0))
    return Curves(areas, changed, suggestion, images, dict(zip(counts.mask_labels, ious, strict=True)), mean)


def suggested(foreground: Curve) -> Suggestion | None:
    """The middle of the calmest stretch of a tenth of the range, widened while the steps stay about as calm.

    foreground (101,): share of the pixels above each threshold. Where maps separate objects from ground, few pixels
    lie between the two, and the label hardly depends on the threshold there. Both sides must have pixels. Of equally
    calm stretches the middle one counts. None where no stretch has both sides.
    """
    changed = np.concatenate([[0.0], foreground[:-1] - foreground[1:]])
    allowed = (foreground >= _LEAST) & (foreground <= 1 - _LEAST)
    starts = np.array([k for k in range(len(GRID) - _WINDOW) if allowed[k : k + _WINDOW + 1].all()], dtype=np.intp)
    if not len(starts):
        return None
    totals = foreground[starts] - foreground[starts + _WINDOW]
    calm = starts[totals <= totals.min() + 1e-12]
    low = int(calm[len(calm) // 2])
    high = low + _WINDOW
    calm_step = max(_SLACK * float(totals.min()) / _WINDOW, 1e-4)
    while low > 0 and allowed[low - 1] and changed[low] <= calm_step:
        low -= 1
    while high < len(GRID) - 1 and allowed[high + 1] and changed[high + 1] <= calm_step:
        high += 1
    middle = (low + high) // 2
    share = float(foreground[low] - foreground[high])
    return Suggestion(float(GRID[middle]), float(GRID[low]), float(GRID[high]), share)


@dataclass(frozen=True, slots=True)
class SeedScore:
    """Mean IoU of a seed over the classes that occur, in [0, 1]: unsure pixels left out, and counted as wrong."""

    left_out: float
    counted_wrong: float
    unsure_share: float


def seed_score(seed: NDArray[np.uint16], mask: NDArray[np.uint16], unsure: int) -> SeedScore:
    """How a seed (H, W) compares with a mask (H, W), whose 255 never count."""
    known = (mask != IGNORE_INDEX).ravel()
    here, there = seed.ravel()[known], mask.ravel()[known]
    sure = here != unsure
    labels = _occurring(here[sure]) | _occurring(there)
    # Small numbers for the labels, the unsure last: then one count of pairs says everything.
    place_of = np.zeros(np.iinfo(np.uint16).max + 1, dtype=np.intp)
    place_of[sorted(labels)] = np.arange(len(labels))
    place_of[unsure] = len(labels)
    pairs = place_of[here] * (len(labels) + 1) + place_of[there]
    counted = np.bincount(pairs, minlength=(len(labels) + 1) ** 2).reshape(len(labels) + 1, -1)[:, :-1]
    share = float(np.count_nonzero(seed == unsure)) / max(1, seed.size)
    return SeedScore(_mean_iou(counted[:-1]), _mean_iou(counted), share)


def _occurring(labels: NDArray[np.uint16]) -> set[int]:
    found: list[int] = np.flatnonzero(np.bincount(labels)).tolist() if labels.size else []
    return set(found)


def _mean_iou(counted: NDArray[np.int64]) -> float:
    """Of pixels counted by predicted (rows, perhaps one more than labels) and true label (columns)."""
    labels = counted.shape[1]
    hits = counted[:labels].diagonal()
    union = counted[:labels].sum(1) + counted.sum(0) - hits
    return float(np.mean(hits[union > 0] / union[union > 0])) if (union > 0).any() else 0.0
