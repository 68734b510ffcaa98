"""Deletion and insertion: how fast a class's score falls, or rises, when the pixels a map likes best go first.

Petsiuk et al., RISE, 2018. The map's ranking of the pixels is all that counts, not its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CurveName = Literal["deletion", "insertion"]
RankedBy = Literal["raw", "distinct"]

CURVES: tuple[CurveName, ...] = ("deletion", "insertion")
RANKINGS: tuple[RankedBy, ...] = ("raw", "distinct")


@dataclass(frozen=True, slots=True)
class FaithfulnessQuestion:
    """Curves of `class_id` by its raw and its distinct class map, in `steps` equal steps from 0 to all pixels."""

    class_id: int
    steps: int = 20


@dataclass(frozen=True, slots=True)
class FaithfulnessCurve:
    """Score in [0, 1] of the class after a share of the pixels was deleted, or inserted.

    shares: of the image's pixels, in [0, 1], ascending; as far as the curve is known. area: under the whole curve, in
    [0, 1] (trapezoids), None until it is whole. ranked: share of the pixels whose value in the map no other pixel
    has; ties are broken randomly.
    """

    shares: tuple[float, ...]
    scores: tuple[float, ...]
    ranked: float
    area: float | None = None


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """The curves by name and ranking, all measured at one scale, px.

    blur_px: standard deviation of the blur that insertion starts from, px of the canvas. grey: RGB, 0..255, that
    deletion leaves.
    """

    question: FaithfulnessQuestion
    scale: int
    blur_px: float
    grey: tuple[float, float, float]
    curves: Mapping[tuple[CurveName, RankedBy], FaithfulnessCurve] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return all(curve.area is not None for curve in self.curves.values())
