"""What a plot shows, as frozen values: axes, curves, bars, vertical lines and a region between two places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dcsm_viewer.gui.canvas.value_ranges import short

ColourRole = Literal["text", "muted", "accent", "highlight"]
Colour = ColourRole | tuple[int, int, int]
"""A role of the theme's palette, or RGB in 0..255 that the plot makes readable on its ground."""
Dash = Literal["solid", "dashed", "dotted", "dash-dot"]
Dots = Literal["none", "filled", "hollow"]
TickKind = Literal["number", "integer", "percent"]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis from `low` to `high`. named: ticks (place, words, level) instead of numbers; level 1 yields to 0."""

    title: str
    low: float
    high: float
    ticks: TickKind = "number"
    named: tuple[tuple[float, str, int], ...] = ()

    @property
    def span(self) -> float:
        return (self.high - self.low) or 1.0

    def words(self, value: float) -> str:
        """A place on this axis as a reader sees it."""
        if self.ticks == "percent":
            return f"{100 * value:.3g} %"
        return f"{value:.0f}" if self.ticks == "integer" else short(value)


@dataclass(frozen=True, slots=True)
class Series:
    """A curve through (x, y), x ascending. NaN breaks the line. right: y is measured on the right axis."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: Colour = "text"
    dash: Dash = "solid"
    width: float = 1.5
    dots: Dots = "none"
    right: bool = False

    def nearest(self, x: float) -> float | None:
        """The value at the known point nearest to x."""
        known = [(abs(at - x), y) for at, y in zip(self.x, self.y, strict=True) if not math.isnan(y)]
        return min(known)[1] if known else None


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar `width` wide at x from start to end; a negative one is hollow, for colour is never the only sign."""

    name: str
    x: float
    width: float
    start: float
    end: float
    colour: Colour
    words: str
    strong: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A vertical line. step: how far one key press moves it; a line with step 0 cannot be moved."""

    key: str
    name: str
    x: float
    colour: Colour = "highlight"
    step: float = 0.0
    dash: Dash = "solid"

    @property
    def is_movable(self) -> bool:
        return self.step > 0


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One sample of the legend where it does not name the curves one by one."""

    name: str
    colour: Colour
    dash: Dash = "solid"
    width: float = 1.5


@dataclass(frozen=True, slots=True)
class Chart:
    """All that a plot shows. region: (low, high) of x, shaded. legend: None names every curve.

    click_moves: a click anywhere moves the first movable line there.
    """

    name: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    region: tuple[float, float] | None = None
    right: Axis | None = None
    legend: tuple[LegendEntry, ...] | None = None
    click_moves: bool = False

    @property
    def movable(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.is_movable)

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        """The legend as given, or an entry a curve."""
        if self.legend is not None:
            return self.legend
        return tuple(LegendEntry(one.name, one.colour, one.dash, one.width) for one in self.series)

    def words_at(self, x: float) -> str:
        """The values of everything at a place of the x axis, a line each."""
        bar = next((bar for bar in self.bars if abs(bar.x - x) <= bar.width / 2), None)
        if bar is not None:
            return bar.words
        if not self.series:
            return ""
        lines = [f"{self.x.title} {self.x.words(x)}"]
        for one in self.series:
            value = one.nearest(x)
            axis = self.right if one.right and self.right is not None else self.y
            lines.append(f"{one.name}: {'unknown' if value is None else axis.words(value)}")
        return "\n".join(lines)


def as_points(values: Sequence[float | None]) -> tuple[float, ...]:
    """Values with NaN for None, where a curve breaks."""
    return tuple(math.nan if value is None else float(value) for value in values)


def padded(values: Sequence[float | None], *, from_zero: bool = False) -> tuple[float, float]:
    """The least and largest of the values that are numbers, a twentieth apart from the edges of the plot."""
    known = [value for value in values if value is not None and math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if from_zero:
        low = min(0.0, low)
    padding = 0.05 * ((high - low) or abs(high) or 1.0)
    return (low if from_zero and low == 0 else low - padding), high + padding
