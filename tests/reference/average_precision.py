"""Average precision as PASCAL VOC's development kit defines it since 2010, without its smoothing, in plain loops."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def average_precision(scores: Sequence[float], present: Sequence[bool]) -> float | None:
    """Mean, over the images that show the class, of the precision among all images that score at least as high.

    None where no image shows it. In exact fractions.
    """
    precisions = []
    for score, is_there in zip(scores, present, strict=True):
        if is_there:
            seen = [there for other, there in zip(scores, present, strict=True) if other >= score]
            precisions.append(Fraction(sum(seen), len(seen)))
    if not precisions:
        return None
    return float(sum(precisions) / len(precisions))
