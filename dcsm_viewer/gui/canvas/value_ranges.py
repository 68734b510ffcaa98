"""From which value to which a map is coloured, and the badge that says so: no silent normalisation."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.gui.state.view_state import RangeMode

_NOTHING = 1e-12
"""A map in [0, 1] that stays below has nothing in it."""

KeyT = TypeVar("KeyT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ColourRange:
    """Values from low to high take the colours of the colormap; outside they take the end colours.

    `badge` is what the pane says about it: "own max 0.83". high may equal low (an empty map: all lowest colour).
    own_max: largest value of this pane's map, whatever the range.
    """

    low: float
    high: float
    badge: str
    own_max: float

    def ticks(self, count: int = 3) -> tuple[float, ...]:
        """`count` values from low to high, evenly spaced, for the colour bar."""
        return tuple(float(value) for value in np.linspace(self.low, self.high, count))


def colour_ranges(
    maps: Mapping[KeyT, NDArray[np.float32]],
    mode: RangeMode,
    possible: Mapping[KeyT, float | None],
    highest: Mapping[KeyT, float] | None = None,
) -> dict[KeyT, ColourRange]:
    """A range for each map (h, w) of one kind, which share the common one if `mode` says so.

    possible: the largest value the method can give (1 for class maps), None where there is no bound, as for raw
    saliency, which is then coloured as shared. highest: the largest value of a map, 0 if none is above, where somebody
    knows it already.
    """
    known = highest or {}
    tops = {key: _top_and_flaw(values, known.get(key)) for key, values in maps.items()}
    common = max((top for top, _ in tops.values()), default=0.0)
    return {key: _range(top, common, mode, possible[key], flaw) for key, (top, flaw) in tops.items()}


def _range(own: float, common: float, mode: RangeMode, possible: float | None, flaw: str) -> ColourRange:
    if possible is not None and 0 < own < _NOTHING and mode != "absolute":
        # A map that the method's own floor (1e-20) fills would otherwise be one field of the brightest colour.
        return ColourRange(0.0, possible, f"empty, own max {short(own)}{flaw}", own)
    if mode == "own":
        return ColourRange(0.0, own, f"own max {short(own)}{flaw}", own)
    if mode == "absolute" and possible is not None:
        return ColourRange(0.0, possible, f"absolute 0..{short(possible)}{flaw}", own)
    return ColourRange(0.0, common, f"shared 0..{short(common)}{flaw}", own)


def _top_and_flaw(values: NDArray[np.float32], known: float | None) -> tuple[float, str]:
    """Largest finite value, 0 if there is none above 0, and words for the pixels that are not a number."""
    top = float(values.max(initial=0.0)) if known is None else known
    if math.isfinite(top):
        return top, ""
    finite = np.isfinite(values)
    return float(values.max(initial=0.0, where=finite)), f", {values.size - int(finite.sum())} px not a number"


def short(value: float) -> str:
    """The value in at most three significant digits: 0.83, 1.2, 4.1e-5."""
    if value == 0 or 1e-3 <= abs(value) < 999.5:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"
