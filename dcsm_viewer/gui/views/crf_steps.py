"""What is known of each CRF step: the scrubber's stops, the labels there, the curves, and all of it in words."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Segmentation
from dcsm_viewer.gui.canvas.value_ranges import short

Labels = NDArray[np.uint16] | NDArray[np.uint8 | np.uint16]


@dataclass(frozen=True, slots=True)
class CrfSteps:
    """Numbers of the steps 0..n, 0 being before the CRF.

    stops: iterations whose labels are kept, 0 and n among them. energy: nats per pixel; changed: share of pixels in
    [0, 1] whose label the step changed; elapsed_ms. None where there is no such number.
    """

    stops: tuple[int, ...] = (0,)
    energy: tuple[float | None, ...] = field(default=(None,))
    changed: tuple[float | None, ...] = field(default=(None,))
    elapsed_ms: tuple[float | None, ...] = field(default=(None,))

    @property
    def last(self) -> int:
        return len(self.energy) - 1

    def nearest_stop(self, iteration: int | None) -> int:
        """The place in `stops` nearest to an iteration; the last one for None."""
        if iteration is None:
            return len(self.stops) - 1
        return min(range(len(self.stops)), key=lambda index: (abs(self.stops[index] - iteration), index))

    def sentence(self, iteration: int) -> str:
        """Energy -5.29 nats/px · changed 0.84 % of pixels · 43 ms."""
        energy, changed, ms = (part[iteration] for part in (self.energy, self.changed, self.elapsed_ms))
        parts = [
            "" if energy is None else f"Energy {energy:.4g} nats/px",
            "" if changed is None else f"changed {short(100 * changed)} % of pixels",
            "" if ms is None else f"{ms:.0f} ms",
        ]
        return " · ".join(part for part in parts if part)


def steps_of(segmentation: Segmentation | None) -> CrfSteps:
    """The steps as far as they are known; a preview and labels without a CRF have none."""
    if segmentation is None or not segmentation.step_iterations:
        return CrfSteps()
    count = len(segmentation.energy)
    ms = segmentation.step_ms or (None,) * count
    return CrfSteps(
        stops=(0, *segmentation.step_iterations),
        energy=(segmentation.energy_before, *segmentation.energy),
        changed=(None, *segmentation.changed),
        elapsed_ms=(None, *ms),
    )


def labels_after(segmentation: Segmentation, stop: int) -> Labels:
    """Labels (H, W) at a place in `CrfSteps.stops`: 0 before the CRF."""
    if stop == 0 and segmentation.step_labels:
        return segmentation.labels_before_crf
    if 0 < stop < len(segmentation.step_labels):
        return segmentation.step_labels[stop - 1]
    return segmentation.labels
