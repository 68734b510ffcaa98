"""One image of the data set, measured under every row."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import SourceImage, UserError
from dcsm_viewer.evaluation.class_matching import ClassMatching
from dcsm_viewer.evaluation.label_evaluator import LabelEvaluator, LabelResult
from dcsm_viewer.evaluation.predictions import Predictions
from dcsm_viewer.evaluation.records import Record
from dcsm_viewer.evaluation.rows import Row
from dcsm_viewer.evaluation.variants import Variant, in_evaluation_order
from dcsm_viewer.io.datasets import Example
from dcsm_viewer.io.images import read_image
from dcsm_viewer.io.masks import read_mask
from dcsm_viewer.metrics.confusion import Confusion
from dcsm_viewer.metrics.pointing import distances_of
from dcsm_viewer.metrics.threshold_curve import ThresholdCounts


@dataclass(frozen=True, slots=True)
class ImageEvaluation:
    """An example with its true mask, (H, W): label per pixel, 255 void. files: the digest of both files."""

    example: Example
    files: str
    truth: NDArray[np.uint8] = field(repr=False, compare=False)
    labels: int

    @classmethod
    def of(cls, example: Example, files: str, labels: int) -> ImageEvaluation:
        """Raises UserError where there is no mask or it cannot be read."""
        return cls(example, files, read_mask(mask_of(example)), labels)

    def evaluate_masks(self, row: Row, predictions: Predictions) -> Record:
        """The figures of somebody's mask."""
        begin = time.perf_counter()
        path = predictions.path_of(self.example.stem)
        given = read_mask(path)
        if given.shape != self.truth.shape:
            (height, width), (rows, columns) = given.shape, self.truth.shape
            raise UserError(
                f"{path} has {width} x {height} px and the true mask {self.example.mask} {columns} x {rows}; "
                "both have to be of the image's size."
            )
        try:
            confusion = Confusion.of(self.truth, given, self.labels)
        except UserError as error:
            raise UserError(f"{path}: {error}") from None
        return Record(self.example.stem, row.digest, self.files, confusion, seconds=time.perf_counter() - begin)

    def evaluate_variants(
        self, rows: Sequence[tuple[Row, Variant]], evaluator: LabelEvaluator, matching: ClassMatching
    ) -> Iterator[Record]:
        """The figures of each row, in the order in which they cost least.

        What the first of several alike rows pays for, the passes above all, stands in its seconds alone.
        """
        begin = time.perf_counter()
        image = read_image(self.example.image)
        if image.shape != self.truth.shape:
            (height, width), (rows, columns) = image.shape, self.truth.shape
            raise UserError(
                f"The true mask {self.example.mask} has {columns} x {rows} px and the image {self.example.image} "
                f"{width} x {height}; put the mask of this image there."
            )
        known: dict[Hashable, tuple[ThresholdCounts, Mapping[int, float]]] = {}
        row_of = {id(variant): row for row, variant in rows}
        for variant in in_evaluation_order([variant for _, variant in rows]):
            labelled = self._labelled(image, variant, evaluator, matching)
            numbers = [matching.numbers[class_id] for class_id in labelled.detected_ids]
            if labelled.maps_key not in known:
                known[labelled.maps_key] = (
                    ThresholdCounts.of(self.truth, labelled.class_maps, numbers, self.labels),
                    distances_of(self.truth, labelled.class_maps, numbers),
                )
            curve, pointing_px = known[labelled.maps_key]
            seconds, begin = time.perf_counter() - begin, time.perf_counter()
            yield Record(
                self.example.stem,
                row_of[id(variant)].digest,
                self.files,
                Confusion.of(self.truth, _renumbered(labelled, matching), self.labels),
                curve,
                scores=tuple(float(score) for score in labelled.scores),
                detected=labelled.detected_ids,
                candidates=labelled.candidate_ids,
                pointing_px=pointing_px,
                seconds=seconds,
            )

    def _labelled(
        self, image: SourceImage, variant: Variant, evaluator: LabelEvaluator, matching: ClassMatching
    ) -> LabelResult:
        true_ids = matching.ids_of(self.example.labels)
        return evaluator.label(image, variant.for_image(true_ids, matching.strange_ids))


def mask_of(example: Example) -> Path:
    """Raises UserError where the data set has none."""
    if example.mask is None:
        raise UserError(f"{example.stem} has no mask in SegmentationClass; add it or take the image off the list.")
    return example.mask


def _renumbered(labelled: LabelResult, matching: ClassMatching) -> NDArray[np.uint16]:
    """Labels (H, W) in the data set's numbers instead of the model's."""
    table = np.array([0, *matching.numbers], np.uint16)
    return table[labelled.labels]
