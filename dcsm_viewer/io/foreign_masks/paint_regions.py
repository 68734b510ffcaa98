"""Regions painted into labels; one that cannot be drawn is left out with a sentence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.foreign_masks.read_mask import ReadMask

# What damaged values in a file raise where they are drawn.
_DAMAGE = (UserError, ValueError, LookupError, TypeError, OSError, SyntaxError, OverflowError, AttributeError)


def paint(
    mask: ReadMask, shape: tuple[int, int], number_of: Mapping[str, int]
) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    """Labels (H, W) of the regions, later ones over earlier ones, and a sentence on each that is left out.

    `number_of` says the label of each class; regions of other classes are not drawn.
    """
    labels = np.zeros(shape, dtype=np.uint16)
    problems = []
    for region in mask.regions:
        number = number_of.get(region.class_name)
        if number is None:
            continue
        try:
            labels[region.draw(*shape)] = number
        except _DAMAGE as error:
            reason = " ".join(str(error).split()).rstrip(".")
            problems.append(f"A region of {region.class_name} in {mask.image_name} is left out: {reason}.")
    return labels, tuple(problems)
