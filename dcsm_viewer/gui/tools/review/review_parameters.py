"""The numbers of the triage: range, step and what each does."""

from __future__ import annotations

from dcsm_viewer.core.parameter_rows import Limit
from dcsm_viewer.review.brush import MAX_BRUSH_PX
from dcsm_viewer.review.doubt import LEVELS, Q_MARGIN

THRESHOLD = Limit(
    "triage.threshold", "Maps above", 0.0, 1.0, 0.01, "", 2,
    "Labels anew from the class maps, without the CRF: the largest map where it is above this.", default=0.3,
)  # fmt: skip
BRUSH = Limit(
    "triage.brush_px", "Brush", 1, MAX_BRUSH_PX, 2, "px", 0, "Diameter of the brush in pixels of the image.", default=15
)
MARGIN = Limit(
    "triage.q_margin", "Uncertain below", 1 / LEVELS, 1.0, 1 / LEVELS, "", 2,
    "A pixel counts as uncertain where its two likeliest labels are closer than this.", default=Q_MARGIN,
)  # fmt: skip
