"""What a class exceeds all others by, added up: the subtraction where a layer is normalised once, after the sum.

Then no difference needs a factor of its own. The K maps are up-sampled instead of their K (K - 1) / 2 differences, and
each target's row is held against all rows at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_BLOCK_ELEMENTS = 240_000  # of differences, which then stay in the cache between their three passes
_BLOCK_ELEMENTS_GPU = 64_000_000


def centred(maps: Tensor) -> Tensor:
    """Return maps (G, K, n, m) less their mean over the K classes.

    No difference of two classes changes, and values get as small as the differences: up-sampling rounds relative to
    the values, and a small difference of large ones would drown in that.
    """
    return maps - maps.mean(dim=1, keepdim=True)


def positive_sums(values: Tensor, rows: Sequence[int]) -> Tensor:
    """Add up what each target exceeds the other classes by (docs/method.md 10.2 step 5).

    Parameters
    ----------
    values
        (G, K, n) of K classes in G layers.
    rows
        Of T targets, the rows 0..K-1.

    Returns
    -------
    Tensor
        (G, T, n), the sum over r of max(values[t] - values[r], 0); not negative.
    """
    groups, classes, count = values.shape
    sums = values.new_empty(groups, len(rows), count)
    elements = _BLOCK_ELEMENTS if values.device.type == "cpu" else _BLOCK_ELEMENTS_GPU
    step = max(1, min(count, elements // (groups * classes)))
    buffer = values.new_empty(groups, classes, step)
    for start in range(0, count, step):
        block = values[:, :, start : start + step]
        differences = buffer[:, :, : block.shape[2]]
        for target, row in enumerate(rows):
            torch.sub(block[:, row : row + 1], block, out=differences).clamp_(min=0)
            torch.sum(differences, dim=1, out=sums[:, target, start : start + step])
    return sums


def exceeding(maps: Tensor, rows: Sequence[int]) -> Tensor:
    """Return bool (G, T): whether a target exceeds any other class anywhere, in maps (G, K, n, m).

    Linear up-sampling keeps a <= b, but its rounding does not: what is decided here needs none.
    """
    groups, classes = maps.shape[:2]
    values = maps.view(groups, classes, -1)
    least = values.amin(dim=1)
    return torch.stack([(values[:, row] > least).any(dim=1) for row in rows], dim=1)
