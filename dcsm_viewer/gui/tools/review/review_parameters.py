"""The numbers of the triage: range, step and what each does."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from dcsm_viewer.core.parameters import Limit
from dcsm_viewer.review.brush import LARGEST_PX
from dcsm_viewer.review.doubt import LEVELS, Q_MARGIN


@dataclass(frozen=True, slots=True)
class ToolLimit(Limit):
    """A number of the tool, which no Settings hold."""

    usual: float = 0.0

    @property
    @override
    def default(self) -> float:
        return self.usual


THRESHOLD = ToolLimit(
    "triage.threshold", "Maps above", 0.0, 1.0, 0.01, "", 2,
    "Labels anew from the class maps, without the CRF: the largest map where it is above this.", 0.3,
)  # fmt: skip
BRUSH = ToolLimit(
    "triage.brush_px", "Brush", 1, LARGEST_PX, 2, "px", 0, "Diameter of the brush in pixels of the image.", 15
)
MARGIN = ToolLimit(
    "triage.q_margin", "Uncertain below", 1 / LEVELS, 1.0, 1 / LEVELS, "", 2,
    "A pixel counts as uncertain where its two likeliest labels are closer than this.", Q_MARGIN,
)  # fmt: skip
