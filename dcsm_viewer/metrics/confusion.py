"""How often a pixel of one true label was given another, and the figures that follow from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import UserError, read_only
from dcsm_viewer.metrics.means import mean_of


@dataclass(frozen=True, slots=True)
class Confusion:
    """Pixels by true label (row) and given label (column): int64 (n + 1, n + 1), labels 0..n-1, then void.

    The last row are pixels that are void (255) in the truth, the last column those that were given no label (255).
    """

    counts: NDArray[np.int64] = field(repr=False, compare=False)

    @classmethod
    def nothing(cls, labels: int) -> Confusion:
        """Return the counts of no image."""
        return cls(read_only(np.zeros((labels + 1, labels + 1), np.int64)))

    @classmethod
    def of(cls, truth: NDArray[np.integer], given: NDArray[np.integer], labels: int) -> Confusion:
        """Count the pixels of one image by true and given label.

        Parameters
        ----------
        truth, given
            (H, W), each pixel 0..labels-1, or 255 for void.
        labels
            How many labels there are, the background among them.

        Returns
        -------
        Confusion
            The counts of this image.

        Raises
        ------
        UserError
            Shapes that differ, or other values.
        """
        if truth.shape != given.shape:
            raise UserError(f"The labels have shape {given.shape}, the true mask {truth.shape}; they must be equal.")
        rows, columns = _indices(truth, labels, "true mask"), _indices(given, labels, "labels")
        pairs = np.bincount(rows * (labels + 1) + columns, minlength=(labels + 1) ** 2)
        return cls(read_only(pairs.astype(np.int64).reshape(labels + 1, labels + 1)))

    @property
    def labels(self) -> int:
        """Return how many labels there are, the background among them."""
        return int(self.counts.shape[0]) - 1

    @property
    def present(self) -> NDArray[np.bool_]:
        """(n,): which labels occur in the truth."""
        true: NDArray[np.int64] = self.counts[:-1].sum(1)
        return np.asarray(true > 0, np.bool_)

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(read_only(self.counts + other.counts))

    def iou(self, *, void_is_wrong: bool = False) -> NDArray[np.float64]:
        """Intersection over union of each label, (n,) in [0, 1]; NaN where the truth does not have the label.

        Void pixels are ignored, as VOC's own evaluation does. With `void_is_wrong` whatever they were given counts
        as wrong, so that a mask that spills over the void border pays for it.
        """
        given = (self.counts if void_is_wrong else self.counts[:-1])[:, :-1].sum(0)
        true = self.counts[:-1].sum(1)
        hits = np.diagonal(self.counts)[:-1]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(true > 0, hits / (true + given - hits), np.nan)

    def mean_iou(self, *, void_is_wrong: bool = False) -> float:
        """Average the IoU over the labels that occur in the truth; NaN if none does."""
        return mean_of(self.iou(void_is_wrong=void_is_wrong))

    def pixel_accuracy(self) -> float:
        """Return the share of pixels, void ones left out, that were given their label; NaN where there are none."""
        total = int(self.counts[:-1].sum())
        return float(np.trace(self.counts[:-1, :-1])) / total if total else float("nan")


def total_of(parts: Iterable[Confusion], labels: int) -> Confusion:
    """Add up the counts of several images."""
    counts = np.zeros((labels + 1, labels + 1), np.int64)
    for part in parts:
        counts += part.counts
    return Confusion(read_only(counts))


def _indices(mask: NDArray[np.integer], labels: int, name: str) -> NDArray[np.int64]:
    """Labels 0..labels-1 and `labels` for void, (pixels,)."""
    flat = mask.ravel().astype(np.int64)
    index = np.where(flat == IGNORE_INDEX, labels, flat) if labels <= IGNORE_INDEX else flat
    if flat.size and (index.min() < 0 or index.max() > labels):
        strange = sorted({int(value) for value in np.unique(flat)} - {*range(labels), IGNORE_INDEX})[:5]
        raise UserError(
            f"The {name} hold {strange}; they may hold 0 to {labels - 1}, and {IGNORE_INDEX} for pixels nobody knows."
        )
    return index
