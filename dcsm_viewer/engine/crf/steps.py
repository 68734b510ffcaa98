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
        """Run that many updates without measuring them: the fastest way to the end."""
        ...

    def step(self) -> MeanFieldStep:
        """Run one update and return its numbers."""
        ...

    def energy(self) -> float:
        """Compute the free energy of the present state in nats per pixel, as `MeanFieldStep.energy`."""
        ...

    def q(self) -> NDArray[np.float32]:
        """Return the present marginals (L, H, W); each pixel sums to 1."""
        ...

    def labels(self) -> NDArray[np.uint16]:
        """Return the most probable label (H, W), an index into the unary's first axis; the lower one where two tie."""
        ...


def run(
    inference: Inference,
    iterations: int,
    *,
    still_wanted: Callable[[], bool] = lambda: True,
    reported: Callable[[MeanFieldStep], None] = lambda _step: None,
) -> tuple[MeanFieldStep, ...]:
    """Run steps of the inference, measuring each.

    Parameters
    ----------
    inference
        Advanced in place.
    iterations
        How many steps.
    still_wanted
        Asked before each; False stops.
    reported
        Called with each step.

    Returns
    -------
    tuple of MeanFieldStep
        The steps done.
    """
    steps: list[MeanFieldStep] = []
    for _ in range(iterations):
        if not still_wanted():
            break
        steps.append(inference.step())
        reported(steps[-1])
    return tuple(steps)
