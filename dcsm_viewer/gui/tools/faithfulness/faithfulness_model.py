"""Which pixels a map puts first, where it points, and what the curves say in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.gui.widgets.plot_values import Axis, Chart, Line, Series, as_points
from dcsm_viewer.metrics.pointing import TOLERANCE_PX, distance_px, is_hit
from dcsm_viewer.queries.faithfulness_query import RANKINGS, CurveName, Faithfulness, RankedBy

_NAMES: dict[CurveName, str] = {
    "deletion": "score while pixels are deleted",
    "insertion": "score while pixels are inserted",
}
_MOST_PX = 500_000  # more pixels than a pane has; sorting more would be felt


@dataclass(frozen=True, slots=True)
class RankedMap:
    """A class map, thinned out where it is large, and its values in falling order: any share is found at once.

    peak: (row, col) of the middle of the whole map's largest value, the first of several, as shares of its sides.
    """

    values: NDArray[np.float32] = field(repr=False)
    falling: NDArray[np.float32] = field(repr=False)
    peak: tuple[float, float]

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> RankedMap:
        rows, cols = values.shape
        row, col = divmod(int(values.argmax()), cols)
        each = math.ceil(math.sqrt(values.size / _MOST_PX))
        thinned = values[::each, ::each]
        return cls(thinned, np.sort(thinned, axis=None)[::-1], ((row + 0.5) / rows, (col + 0.5) / cols))

    def first(self, share: float) -> NDArray[np.bool_]:
        """True at the `share` (in [0, 1]) of the pixels with the largest values; of equal ones all or none."""
        count = round(share * self.falling.size)
        if count == 0:
            return np.zeros(self.values.shape, dtype=np.bool_)
        chosen: NDArray[np.bool_] = self.values >= self.falling[count - 1]
        return chosen


@dataclass(frozen=True, slots=True)
class PointingResult:
    """Where a map's peak lies, (row, col) px of the image, and how far from the nearest pixel of the class.

    distance_px: 0 on the object, None where the mask has no pixel of the class.
    """

    row: float
    col: float
    distance_px: float | None

    @property
    def words(self) -> str:
        if self.distance_px is None:
            return "the mask has no pixel of the class"
        if is_hit(self.distance_px):
            return "hit"
        near = is_hit(self.distance_px, tolerance_px=TOLERANCE_PX)
        return f"miss by {self.distance_px:.0f} px" + (f", a hit within {TOLERANCE_PX} px" if near else "")


def pointed(ranked: RankedMap, image_shape: tuple[int, int], mask: NDArray[np.uint8], class_id: int) -> PointingResult:
    """How far the largest value is from the class: the pointing game of `dcsm_viewer.metrics.pointing`."""
    row, col = (part * length for part, length in zip(ranked.peak, image_shape, strict=True))
    return PointingResult(row, col, distance_px(mask, class_id + 1, int(row), int(col)))


def chart(known: Faithfulness | None, curve: CurveName, share: float, step: float) -> Chart | None:
    """The scores of both maps over the share of pixels, with a line at `share` that moves by `step`."""
    if known is None:
        return None
    series = []
    for by in reversed(RANKINGS):
        found = known.curves[curve, by]
        is_first = by == "distinct"
        series.append(
            Series(
                by,
                tuple(found.shares),
                as_points(found.scores),
                "accent" if is_first else "text",
                "solid" if is_first else "dashed",
                2 if is_first else 1.5,
                "filled" if is_first else "hollow",
            )
        )
    return Chart(
        _NAMES[curve],
        Axis("pixels, in the map's order", 0.0, 1.0, "percent"),
        Axis(_NAMES[curve], 0.0, 1.0),
        tuple(series),
        lines=(Line("share", f"{100 * share:.0f} %", share, step=step),),
        click_moves=True,
    )


def areas_in_words(known: Faithfulness) -> str:
    """The areas under the curves; which map is the better one by each."""
    lines = []
    for curve, better in (("deletion", "lower"), ("insertion", "higher")):
        areas = {by: known.curves[curve, by].area for by in RANKINGS}  # type: ignore[index]  # one of the two names
        raw, distinct = areas["raw"], areas["distinct"]
        if raw is None or distinct is None:
            lines.append(f"{curve.capitalize()}: being measured.")
            continue
        winner = _winner({"raw": raw, "distinct": distinct}, is_low=better == "lower")
        lines.append(
            f"{curve.capitalize()}, area under the curve ({better} is better): "
            f"raw {raw:.3f}, distinct {distinct:.3f}. {winner}"
        )
    return "\n".join(lines)


def ties_in_words(known: Faithfulness) -> str:
    """How much of the order is the map's and how much chance, where that matters."""
    loose = {by: 1 - known.curves["deletion", by].ranked for by in RANKINGS}
    worth = [f"{100 * share:.0f} % in the {by} map" for by, share in loose.items() if share >= 0.01]
    return f"Ties are broken randomly among pixels of equal value: {' and '.join(worth)}." if worth else ""


def _winner(areas: Mapping[RankedBy, float], *, is_low: bool) -> str:
    if abs(areas["raw"] - areas["distinct"]) < 0.005:
        return "About equal."
    best = (min if is_low else max)(areas, key=lambda by: areas[by])
    return f"Better: {best}."
