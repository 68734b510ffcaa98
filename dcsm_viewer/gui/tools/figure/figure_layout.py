"""Where everything of a figure goes: rows and columns of equal pictures, captions above, bars or legends below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

UNITS_PER_MM = 720 / 25.4
"""A unit is a tenth of a point: fine enough for whole numbers, and fonts have sizes in whole units."""

_GAP = 60.0
_LINE = 108.0
_BAR = 70.0
_AIR = 30.0
FONT, SMALL_FONT = 80, 70


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, width and height in tenths of a point."""

    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class PanelNeed:
    """What a panel wants: the shape (H, W) of its photograph, lines of words above, a bar, widths of legend entries."""

    image_shape: tuple[int, int]
    lines: int
    has_bar: bool = False
    legend: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PanelPlace:
    """Where one panel's parts are; `legend` has a corner (left, top) for each entry."""

    head: Box
    picture: Box
    bar: Box | None = None
    legend: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in the order of the panels; width and height of the whole in tenths of a point."""

    width: float
    height: float
    panel_places: tuple[PanelPlace, ...]


def figure_layout_of(needs: Sequence[PanelNeed], columns: int, width_mm: float) -> Layout:
    """Every picture has the width of its column; a row is as high as its highest panel."""
    width = width_mm * UNITS_PER_MM
    columns = max(1, min(columns, len(needs)))
    across = (width - (columns - 1) * _GAP) / columns
    top, panel_places = 0.0, []
    for first in range(0, len(needs), columns):
        row = needs[first : first + columns]
        # Captions of one row stand on one line, and its pictures begin on one.
        lines = max(need.lines for need in row)
        found = [_placed(need, Box(index * (across + _GAP), top, across, 0.0), lines) for index, need in enumerate(row)]
        panel_places += found
        top = max(_bottom(panel_place) for panel_place in found) + _GAP
    return Layout(width, max(top - _GAP, 1.0), tuple(panel_places))


def legend_corners(widths: Sequence[float], max_width: float, line: float = _LINE) -> tuple[tuple[float, float], ...]:
    """Corners of entries set in rows that break where the room ends."""
    corners, left, top = [], 0.0, 0.0
    for width in widths:
        if left and left + width > max_width:
            left, top = 0.0, top + line
        corners.append((left, top))
        left += width + _GAP
    return tuple(corners)


def elided(text: str, max_width: float, measure: Callable[[str], float]) -> str:
    """The text, or as much of its beginning and end as fits with three points between."""
    if measure(text) <= max_width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        short = f"{text[: (kept + 1) // 2].rstrip()}...{text[len(text) - kept // 2 :].lstrip()}"
        if measure(short) <= max_width:
            return short
    return "..."


def _placed(need: PanelNeed, column: Box, lines: int) -> PanelPlace:
    head = Box(column.left, column.top, column.width, lines * _LINE)
    height = column.width * need.image_shape[0] / need.image_shape[1]
    picture = Box(column.left, head.bottom, column.width, height)
    below = picture.bottom + _AIR
    if need.has_bar:
        return PanelPlace(head, picture, Box(column.left, below, column.width, _BAR + _LINE))
    corners = legend_corners(need.legend, column.width)
    return PanelPlace(head, picture, None, tuple((column.left + left, below + top) for left, top in corners))


def _bottom(panel_place: PanelPlace) -> float:
    if panel_place.bar is not None:
        return panel_place.bar.bottom
    return panel_place.legend[-1][1] + _LINE if panel_place.legend else panel_place.picture.bottom
