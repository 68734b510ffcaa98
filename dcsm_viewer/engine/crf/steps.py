"""What every CRF backend offers: the same steps, the same numbers about them, the same way to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MeanFieldStep:
    """One mean-field update. `iteration` counts from 1.

    energy: mean-field free energy after it, nats per pixel: sum Q (log Q + unary) and the pairwise part, each pair
    counted once (pydensecrf's klDivergence counts it twice, which is not what the update descends).
    changed_share: share of pixels in [0, 1] whose most probable label is another one than before the step.
    """

    iteration: int
    energy: float
    changed_share: float
    elapsed_ms: float


class Inference(Protocol):
    """A mean field under way, whatever computes it."""

    @property
    def iteration(self) -> int:
        """Updates done so far."""
        ...

    def advance(self, iterations: int) -> None:
        """That many updates, nothing measured: the fastest way to the end."""
        ...

    def step(self) -> MeanFieldStep:
        """One update and its numbers."""
        ...

    def energy(self) -> float:
        """The free energy of the present state in nats per pixel, as `MeanFieldStep.energy`."""
        ...

    def q(self) -> NDArray[np.float32]:
        """The present marginals (L, H, W); each pixel sums to 1."""
        ...

    def labels(self) -> NDArray[np.uint16]:
        """The most probable label (H, W), an index into the unary's first axis; the lower one where two tie."""
        ...


def run(
    inference: Inference,
    iterations: int,
    *,
    still_wanted: Callable[[], bool] = lambda: True,
    reported: Callable[[MeanFieldStep], None] = lambda _step: None,
) -> tuple[MeanFieldStep, ...]:
    """The steps done: `iterations` of them, or fewer if `still_wanted` said no before one."""
    steps: list[MeanFieldStep] = []
    for _ in range(iterations):
        if not still_wanted():
            break
        steps.append(inference.step())
        reported(steps[-1])
    return tuple(steps)
