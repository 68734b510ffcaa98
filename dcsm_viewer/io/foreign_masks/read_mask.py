"""What a file of masks says of one image, before it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Region:
    """Pixels of one class.

    `draw(height, width)` gives bool (height, width), or raises ValueError saying what is wrong.
    """

    class_name: str
    draw: Callable[[int, int], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class ReadMask:
    """The regions of one image, in the order they are painted.

    image_name: a path or a stem, as the file has it. size: (H, W) if the file says it.
    """

    image_name: str
    size: tuple[int, int] | None
    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class MaskSource:
    """All masks of a file or folder.

    class_names: theirs, in their order. problems: what is left out, a sentence each.
    """

    kind: str
    class_names: tuple[str, ...]
    masks: tuple[ReadMask, ...]
    problems: tuple[str, ...] = ()
