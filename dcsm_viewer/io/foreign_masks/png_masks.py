"""A folder of palette or gray PNGs: 0 background, numbers are classes, 255 no class."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.foreign_masks.read_mask import MaskSource, ReadMask, Region
from dcsm_viewer.io.masks import read_mask


def read_pngs(folder: Path, paths: list[Path]) -> MaskSource:
    """Read label images `paths`; classes are called by their numbers, from "1" to the largest there is.

    Unreadable ones are left out with a sentence. Raises UserError where none can be read.
    """
    masks, problems, largest = [], [], 0
    for path in paths:
        try:
            labels = read_mask(path)
        except UserError as error:
            problems.append(str(error))
            continue
        numbers = [number for number in np.unique(labels).tolist() if number not in {0, IGNORE_INDEX}]
        largest = max(largest, *numbers, 0)
        regions = tuple(Region(str(number), partial(_drawn, path, number)) for number in numbers)
        masks.append(ReadMask(path.relative_to(folder).with_suffix("").as_posix(), labels.shape, regions))
    if not masks:
        raise UserError(problems[0] if problems else f"{folder} has no masks; choose another folder.")
    return MaskSource("PNG", tuple(str(n) for n in range(1, largest + 1)), tuple(masks), tuple(problems))


def _drawn(path: Path, number: int, height: int, width: int) -> NDArray[np.bool_]:
    labels = read_mask(path, (height, width))
    found: NDArray[np.bool_] = labels == number
    return found
