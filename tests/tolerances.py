"""How far two correct float32 computations of one thing may lie apart, from their precision, scale and condition.

The order of a sum depends on the instruction set, the number of threads and the alignment of the arrays, so two runs
of one program differ by rounding. A fixed number fits the machine it was measured on; these follow from what is
compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

EPS32 = float(np.finfo(np.float32).eps)
_SIGMAS = 4  # errors that add up like a random walk stay within four standard deviations
_DRAWS = 3  # the largest of so many random disturbances stands for the worst


def of_sums(scale: float, terms: int) -> float:
    """Return the absolute tolerance for sums of `terms` float32 numbers whose results are of this scale.

    Each addition rounds by up to half of EPS32 of what is added up so far; in two orders these errors are
    independent and grow as the square root of their number.
    """
    return _SIGMAS * EPS32 * math.sqrt(terms) * scale


def of_marginals(
    marginals_of: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    unary: NDArray[np.float32],
    weights: Sequence[float],
) -> float:
    """Return the absolute tolerance for mean-field marginals: how far one rounding of the logits moves them.

    A step multiplies a difference of the marginals by up to half the sum of the weights, and the steps multiply each
    other: how far rounding carries depends on the image, the unary and the weights, and is measured on them.

    Parameters
    ----------
    marginals_of : the mean field under test, from a unary (L, H, W) to marginals (L, H, W) after the same steps
    unary : (L, H, W) float32, the energies that are compared at
    weights : the weights of the pairwise kernels; with the unary they are the scale of the logits
    """
    rounding = EPS32 * (float(np.abs(unary).max()) + float(np.abs(weights).sum()))
    plain = marginals_of(unary)
    rng = np.random.default_rng(0)
    moved = 0.0
    for _ in range(_DRAWS):
        disturbed = (unary + rounding * rng.standard_normal(unary.shape)).astype(np.float32)
        moved = max(moved, float(np.abs(marginals_of(disturbed) - plain).max()))
    # The softmax of the last step rounds the marginals themselves, which are of the order of 1.
    return moved + 8 * EPS32
