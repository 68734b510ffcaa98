"""What the pipeline strip asks: the canvas, which no result holds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class CanvasQuestion:
    """What the network looks at."""


@dataclass(frozen=True, slots=True)
class CanvasImage:
    """The square canvas rgb uint8 (S, S, 3), before a network's means; the image lies at rows top .. top + height - 1
    and columns left .. left + width - 1, px.
    """

    rgb: NDArray[np.uint8] = field(repr=False, compare=False)
    top: int
    left: int
    height: int
    width: int
