"""What a threshold does to one image or to many: areas, stability, and IoU where somebody knows the truth."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import GRID, Peaks
from dcsm_viewer.metrics.threshold_curve import ThresholdCounts, above, passed_by, total_of

Curve = NDArray[np.float64]

_WINDOW = 10  # steps: a plateau shorter than a tenth of the range is chance
_LEAST = 0.05  # share of the pixels that must lie on either side: where all is foreground nothing changes either
_SLACK = 1.2  # the plateau goes on while a step changes at most this many times what it does at its heart
_FADING = 0.5  # pixels that change over the whole range, if all of it were like the stretch: more is no plateau


@dataclass(frozen=True, slots=True)
class Counts:
    """Pixels per threshold of GRID and label. above (L, 101): those whose largest map, of this label, exceeds it.

    size: all pixels. against_mask: the counts over pixels that a mask knows, None without a mask.
    """

    labels: tuple[int, ...]
    above: NDArray[np.int64] = field(repr=False, compare=False)
    size: int
    against_mask: ThresholdCounts | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A threshold found without ground truth: the middle of the widest stable interval from `first` to `last`.

    changed: share of pixels whose label changes between them.
    """

    at: float
    first: float
    last: float
    changed: float

    @property
    def words(self) -> str:
        found = (
            f"Suggested without ground truth: {self.at:.2f}, the middle of the most stable interval "
            f"({self.first:.2f} to {self.last:.2f}: {100 * self.changed:.1f} % of the pixels change their label)."
        )
        if self.changed > _FADING * (self.last - self.first):
            return f"{found} The maps fade evenly there, so it says little."
        return found


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves over GRID, (101,) each. areas: share of the pixels that each label has. changed: share of pixels whose
    label the step up to this threshold changes; 0 at 0. ious and mean_iou use ground truth, in [0, 1], as
    dcsm_viewer.metrics has them: NaN where the mask does not have a class; None without a mask.
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
        return float(GRID[int(np.argmax(np.where(searched, np.nan_to_num(self.mean_iou, nan=-0.5), -1.0)))])


def counts_of(peaks: Peaks, mask: NDArray[np.uint16] | None = None) -> Counts:
    """Counts of one image; `mask` (H, W) holds labels, and 255 to ignore."""
    # Small numbers for the labels: the row of each pixel's owner.
    row_of = np.zeros(np.iinfo(np.uint16).max + 1, dtype=np.intp)
    row_of[list(peaks.labels)] = np.arange(len(peaks.labels))
    rows = row_of[peaks.owner]
    exceeding = np.zeros((0, len(GRID)), np.int64)
    if peaks.labels:
        exceeding = above(rows.ravel(), passed_by(peaks.largest.ravel()), len(peaks.labels))
    if mask is None:
        return Counts(peaks.labels, exceeding, peaks.owner.size)
    known = mask[mask != IGNORE_INDEX]
    labels = 1 + max(int(known.max(initial=0)), *peaks.labels, 0)
    return Counts(
        peaks.labels,
        exceeding,
        peaks.owner.size,
        ThresholdCounts.of_largest(mask, peaks.largest, rows, peaks.labels, labels),
    )


def sum_of(counts: list[Counts]) -> Counts:
    """The counts of several images as if they were one; those of masks where all have one."""
    labels = tuple(sorted({label for each in counts for label in each.labels}))
    exceeding = np.zeros((len(labels), len(GRID)), np.int64)
    for each in counts:
        for label, row in zip(each.labels, each.above, strict=True):
            exceeding[labels.index(label)] += row
    size = sum(each.size for each in counts)
    masks = [each.against_mask for each in counts if each.against_mask is not None]
    if not masks or len(masks) < len(counts):
        return Counts(labels, exceeding, size)
    return Counts(labels, exceeding, size, total_of(masks, max(len(each.true) for each in masks)))


def curves_from(counts: Counts, images: int = 1) -> Curves:
    size = max(1, counts.size)
    areas = {label: row / size for label, row in zip(counts.labels, counts.above, strict=True)}
    foreground = counts.above.sum(0) / size
    changed = np.concatenate([[0.0], foreground[:-1] - foreground[1:]])
    suggestion = suggested(foreground)
    known = counts.against_mask
    if known is None:
        return Curves(areas, changed, suggestion, images)
    there = {*counts.labels, *np.flatnonzero(known.true).tolist(), 0}
    ious = known.iou()
    return Curves(areas, changed, suggestion, images, {label: ious[label] for label in sorted(there)}, known.mean_iou())


def suggested(foreground: Curve) -> Suggestion | None:
    """The middle of the most stable tenth of the range, widened while the steps stay about as small.

    foreground (101,): share of the pixels above each threshold. Where maps separate objects from ground, few pixels
    lie between the two, and the label hardly depends on the threshold there. Both sides must have pixels. Of equally
    stable intervals the middle one counts. None where no stretch has both sides.
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
    row_of = np.zeros(np.iinfo(np.uint16).max + 1, dtype=np.intp)
    row_of[sorted(labels)] = np.arange(len(labels))
    row_of[unsure] = len(labels)
    pairs = row_of[here] * (len(labels) + 1) + row_of[there]
    counted = np.bincount(pairs, minlength=(len(labels) + 1) ** 2).reshape(len(labels) + 1, -1)[:, :-1]
    share = float(np.count_nonzero(seed == unsure)) / max(1, seed.size)
    return SeedScore(_mean_iou(counted[:-1]), _mean_iou(counted), share)


def _occurring(labels: NDArray[np.uint16]) -> set[int]:
    found: list[int] = np.flatnonzero(np.bincount(labels)).tolist() if labels.size else []
    return set(found)


def _mean_iou(counted: NDArray[np.int64]) -> float:
    """Of pixels counted by predicted (rows, perhaps one more than labels) and true label (columns).

    Over the labels that the mask has, as everywhere.
    """
    labels = counted.shape[1]
    hits = counted[:labels].diagonal()
    union, there = counted[:labels].sum(1) + counted.sum(0) - hits, counted.sum(0) > 0
    return float(np.mean(hits[there] / union[there])) if there.any() else 0.0
