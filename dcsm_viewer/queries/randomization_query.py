"""The sanity bench: maps of one class while the network's weights are randomised from the top down.

Adebayo et al., Sanity Checks for Saliency Maps, 2018: 'cascading randomisation'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RandomizationQuestion:
    """Maps of `class_id` after every number of randomised layers, the one on show, `first`, before the others.

    seed: of the weights that are drawn.
    """

    class_id: int
    first: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RandomizationStep:
    """The maps after the top `randomised` layers were drawn anew; 0 is the trained network.

    raw and distinct: float32 (h, w) in [0, 1], at canvas resolution, cropped to the image. raw_rho, distinct_rho:
    Spearman's rank correlation with the trained network's map, None where either map is flat. score: in [0, 1], the
    mean over the scales of the class's score.
    """

    randomised: int
    raw: NDArray[np.float32] = field(repr=False, compare=False)
    distinct: NDArray[np.float32] = field(repr=False, compare=False)
    raw_rho: float | None
    distinct_rho: float | None
    score: float


@dataclass(frozen=True, slots=True)
class RandomizationSeries:
    """The steps known so far, by their number of randomised layers.

    layers: names of what can be randomised, the top first, so that step k has layers[:k] drawn anew.
    """

    question: RandomizationQuestion
    layers: tuple[str, ...]
    steps: Mapping[int, RandomizationStep]

    @property
    def is_whole(self) -> bool:
        return len(self.steps) == len(self.layers) + 1
