"""From which value to which a map is coloured, and the badge that says so: no silent normalisation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.gui.state import RangeMode


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


def largest(maps: Iterable[NDArray[np.float32]]) -> float:
    """Largest finite value of all maps; 0 if there is none above 0."""
    return max((_own_max(each) for each in maps), default=0.0)


def colour_range(
    own: NDArray[np.float32], mode: RangeMode, *, common_max: float, possible_max: float | None
) -> ColourRange:
    """Range for the map `own` (h, w).

    common_max: largest value over all panes of its kind. possible_max: largest value the method can give (1 for
    class maps), None where there is no bound, as for raw saliency, which is then coloured as shared.
    """
    highest = _own_max(own)
    lost = own.size - int(np.isfinite(own).sum()) if not np.isfinite(own.max(initial=0.0)) else 0
    flaw = f", {lost} px not a number" if lost else ""
    if mode == "own":
        return ColourRange(0.0, highest, f"own max {short(highest)}{flaw}", highest)
    if mode == "absolute" and possible_max is not None:
        return ColourRange(0.0, possible_max, f"absolute 0..{short(possible_max)}{flaw}", highest)
    return ColourRange(0.0, common_max, f"shared 0..{short(common_max)}{flaw}", highest)


def short(value: float) -> str:
    """The value in at most three significant digits: 0.83, 1.2, 4.1e-05."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}"
    return f"{value:.1e}"


def _own_max(values: NDArray[np.float32]) -> float:
    high = float(values.max(initial=0.0))
    if np.isfinite(high):
        return high
    # A map with NaN or infinity in it is coloured by what is left of it, and its badge says how much is not.
    return float(values.max(initial=0.0, where=np.isfinite(values)))
