"""The subtraction matrix: what each candidate class keeps against, and loses to, each of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MatrixQuestion:
    """All comparisons of the candidates, in maps of at most `max_bytes` together."""

    max_bytes: int = 48 * 1024**2


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike maps of different classes are: the mean Pearson correlation of two of them over the image's pixels.

    In [-1, 1]. pairs: of how many two; maps that are the same everywhere have no correlation and are left out, and
    without two others `mean` is None.
    """

    mean: float | None
    pairs: int


@dataclass(frozen=True, slots=True)
class ClassMatrix:
    """K candidates. `left` float32 (K, K, h, w) is the evidence of the row's class against the column's alone.

    It is the mean over the layers and scales that count for the row's class: in [0, 1], in [-1, 1] where the method
    keeps negatives. On the diagonal stands the same with nothing subtracted. Samples are `step_px` canvas pixels apart.
    distinct: class maps (H, W) of the classes that were not detected, as if they had been found at every scale.
    before and after: of the raw and the distinct class maps of all K. is_preview: finer maps follow.
    """

    class_ids: tuple[int, ...]
    left: NDArray[np.float32] = field(repr=False, compare=False)
    step_px: int
    distinct: Mapping[int, NDArray[np.float32]] = field(repr=False, compare=False)
    before: Similarity
    after: Similarity
    is_preview: bool = False

    def taken(self, row: int, column: int) -> NDArray[np.float32]:
        """What the column's class takes from the row's: with nothing subtracted, less what is left; (h, w).

        Negative where the row's class comes out stronger: a difference is divided by its own, smaller, maximum.
        """
        difference: NDArray[np.float32] = self.left[row, row] - self.left[row, column]
        return difference
