"""The figures of one row over the whole data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.study.evaluation import confusion, curve
from dcsm_viewer.study.evaluation.curve import THRESHOLDS
from dcsm_viewer.study.evaluation.ranking import average_precisions
from dcsm_viewer.study.evaluation.records import Record
from dcsm_viewer.study.evaluation.rows import Row
from dcsm_viewer.study.evaluation.vocabularies import Vocabularies

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Pointing:
    """hits: maps whose maximum lies on their class, of `mapped` classes that are there and have a map.

    `present` counts all classes that are there, once an image.
    """

    hits: int
    mapped: int
    present: int

    @property
    def share(self) -> float:
        return self.hits / self.mapped if self.mapped else NAN


@dataclass(frozen=True, slots=True)
class RowSummary:
    """Shares in [0, 1], NaN for what this row does not have. Per label (n,), background first: iou and iou_void.

    iou_void counts void pixels as wrong. precisions: average precision of the scores by class of the data set.
    found: of the classes that were found, the share that is there; recalled: of those there, the share found.
    by_threshold: mean IoU without a CRF at each of curve.THRESHOLDS, () for masks from elsewhere.
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
        return confusion.mean_of(self.iou)

    @property
    def mean_iou_void(self) -> float:
        return confusion.mean_of(self.iou_void)

    @property
    def mean_precision(self) -> float:
        return confusion.mean_of(self.precisions)

    @property
    def best_threshold(self) -> tuple[float, float]:
        """The threshold on the class maps that gives the best mean IoU without a CRF, and that IoU; NaN without."""
        values = np.array(self.by_threshold)
        if not values.size or np.isnan(values).all():
            return NAN, NAN
        best = int(np.nanargmax(values))
        return THRESHOLDS[best], float(values[best])


def summary_of(
    row: Row,
    records: Sequence[Record],
    labels_there: Sequence[tuple[str, ...]],
    class_names: tuple[str, ...],
    vocabularies: Vocabularies | None,
) -> RowSummary:
    """records: the row's, an image each; labels_there: the true class names of the same images."""
    labels = len(class_names) + 1
    total = confusion.total_of((record.confusion for record in records), labels)
    curves = [record.curve for record in records if record.curve is not None]
    there = np.array([[name in names for name in class_names] for names in labels_there], bool)
    precisions, found, recalled = np.full(len(class_names), NAN), NAN, NAN
    if row.variant is not None and vocabularies is not None and records:
        precisions = average_precisions(_scores(records, class_names, vocabularies), there)
        found, recalled = _detection(records, there, vocabularies)
    return RowSummary(
        row=row,
        images=len(records),
        iou=total.iou(),
        iou_void=total.iou(void_is_wrong=True),
        pixel_accuracy=total.pixel_accuracy(),
        precisions=precisions,
        pointing=_pointing(records),
        found=found,
        recalled=recalled,
        by_threshold=tuple(curve.total_of(curves, labels).mean_iou().tolist()) if curves else (),
        seconds=sum(record.seconds for record in records),
    )


def _scores(records: Sequence[Record], class_names: tuple[str, ...], vocabularies: Vocabularies) -> NDArray[np.float64]:
    """(images, classes of the data set); 0 for a class the model does not have."""
    scores = np.zeros((len(records), len(class_names)))
    for class_id, number in enumerate(vocabularies.numbers):
        if number:
            scores[:, number - 1] = [record.scores[class_id] for record in records]
    return scores


def _detection(records: Sequence[Record], there: NDArray[np.bool_], vocabularies: Vocabularies) -> tuple[float, float]:
    """Precision and recall of the detected classes, all images together."""
    found = np.zeros_like(there)
    for image, record in enumerate(records):
        for class_id in record.detected:
            found[image, vocabularies.numbers[class_id] - 1] = True
    both = int((found & there).sum())
    return _share(both, int(found.sum())), _share(both, int(there.sum()))


def _pointing(records: Sequence[Record]) -> Pointing:
    hits = sum(sum(record.pointing.values()) for record in records)
    mapped = sum(len(record.pointing) for record in records)
    present = sum(int(record.confusion.present[1:].sum()) for record in records)
    return Pointing(hits, mapped, present)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else NAN
