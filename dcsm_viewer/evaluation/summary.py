"""The figures of one row over the whole data set."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.evaluation.class_matching import ClassMatching
from dcsm_viewer.evaluation.records import Record
from dcsm_viewer.evaluation.rows import Row
from dcsm_viewer.metrics.average_precision import average_precisions
from dcsm_viewer.metrics.confusion import Confusion
from dcsm_viewer.metrics.means import mean_of
from dcsm_viewer.metrics.pointing import TOLERANCE_PX, is_hit
from dcsm_viewer.metrics.threshold_curve import THRESHOLDS, ThresholdCounts, total_of

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Pointing:
    """hits: maps whose maximum lies on their class, near: within 15 px of it (metrics.pointing), hits included; of
    `mapped` classes that are there and have a map.

    `present` counts all classes that are there, once an image.
    """

    hits: int
    near: int
    mapped: int
    present: int

    @property
    def share(self) -> float:
        return self.hits / self.mapped if self.mapped else NAN

    @property
    def share_near(self) -> float:
        return self.near / self.mapped if self.mapped else NAN


@dataclass(frozen=True, slots=True)
class RowSummary:
    """Shares in [0, 1], NaN for what this row does not have. Per label (n,), background first: iou and iou_void.

    iou_void counts void pixels as wrong. precisions: average precision of the scores by class of the data set.
    found: of the classes that were found, the share that is there; recalled: of those there, the share found.
    by_threshold: mean IoU without a CRF at each of metrics.threshold_curve.THRESHOLDS, () for masks from elsewhere.
    """

    row: Row
    images: int
    iou: NDArray[np.float64] = field(repr=False, compare=False)
    iou_void: NDArray[np.float64] = field(repr=False, compare=False)
    pixel_accuracy: float
    precisions: NDArray[np.float64] = field(repr=False, compare=False)
    pointing: Pointing
    found: float
    recalled: float
    by_threshold: tuple[float, ...]
    seconds: float

    @property
    def mean_iou(self) -> float:
        return mean_of(self.iou)

    @property
    def mean_iou_void(self) -> float:
        return mean_of(self.iou_void)

    @property
    def mean_precision(self) -> float:
        return mean_of(self.precisions)

    @property
    def best_threshold(self) -> tuple[float, float]:
        """The threshold on the class maps that gives the best mean IoU without a CRF, and that IoU; NaN without."""
        values = np.array(self.by_threshold)
        if not values.size or np.isnan(values).all():
            return NAN, NAN
        best = int(np.nanargmax(values))
        return THRESHOLDS[best], float(values[best])


class Tally:
    """The records of one row, added up image by image; of each image only its scores and detected classes stay."""

    def __init__(self, row: Row, class_names: tuple[str, ...], matching: ClassMatching | None) -> None:
        self._row, self._class_names, self._vocabularies = row, class_names, matching
        self._labels = len(class_names) + 1
        self._confusion = Confusion.nothing(self._labels)
        self._curve: ThresholdCounts | None = None
        self._scores: list[tuple[float, ...]] = []
        self._detected: list[tuple[int, ...]] = []
        self._there: list[list[bool]] = []
        self._pointing = Pointing(0, 0, 0, 0)
        self._seconds = 0.0

    @property
    def present(self) -> NDArray[np.bool_]:
        """Per label, background first, whether any true mask so far has it."""
        return self._confusion.present

    def add(self, record: Record, labels_there: tuple[str, ...]) -> None:
        """labels_there: the true classes of the record's image, by name."""
        self._confusion += record.confusion
        if record.curve is not None:
            parts = [record.curve] if self._curve is None else [self._curve, record.curve]
            self._curve = total_of(parts, self._labels)
        self._scores.append(record.scores)
        self._detected.append(record.detected)
        self._there.append([name in labels_there for name in self._class_names])
        self._pointing = Pointing(
            self._pointing.hits + sum(map(is_hit, record.pointing_px.values())),
            self._pointing.near + sum(is_hit(px, tolerance_px=TOLERANCE_PX) for px in record.pointing_px.values()),
            self._pointing.mapped + len(record.pointing_px),
            self._pointing.present + int(record.confusion.present[1:].sum()),
        )
        self._seconds += record.seconds

    def summary(self) -> RowSummary:
        precisions, found, recalled = np.full(len(self._class_names), NAN), NAN, NAN
        if self._row.variant is not None and self._vocabularies is not None and self._there:
            there = np.array(self._there, bool)
            precisions = average_precisions(self._scores_of_classes(self._vocabularies), there)
            found, recalled = self._detection(there, self._vocabularies)
        return RowSummary(
            row=self._row,
            images=len(self._there),
            iou=self._confusion.iou(),
            iou_void=self._confusion.iou(void_is_wrong=True),
            pixel_accuracy=self._confusion.pixel_accuracy(),
            precisions=precisions,
            pointing=self._pointing,
            found=found,
            recalled=recalled,
            by_threshold=() if self._curve is None else tuple(self._curve.mean_iou().tolist()),
            seconds=self._seconds,
        )

    def _scores_of_classes(self, matching: ClassMatching) -> NDArray[np.float64]:
        """(images, classes of the data set); 0 for a class the model does not have."""
        scores = np.zeros((len(self._scores), len(self._class_names)))
        by_class = np.array(self._scores)
        for class_id, number in enumerate(matching.numbers):
            if number:
                scores[:, number - 1] = by_class[:, class_id]
        return scores

    def _detection(self, there: NDArray[np.bool_], matching: ClassMatching) -> tuple[float, float]:
        """Precision and recall of the detected classes, all images together."""
        found = np.zeros_like(there)
        for image, detected in enumerate(self._detected):
            for class_id in detected:
                found[image, matching.numbers[class_id] - 1] = True
        both = int((found & there).sum())
        return _share(both, int(found.sum())), _share(both, int(there.sum()))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else NAN
