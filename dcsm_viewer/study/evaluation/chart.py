"""Plots drawn with Pillow: axes with ticks, lines with markers, bars, a legend; fit to be shown in a paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

# Okabe and Ito's colours, which colour-blind readers can tell apart.
COLOURS = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (120, 120, 120),
    (0, 0, 0),
)
_INK, _GRID = (40, 40, 40), (222, 222, 222)
# Drawn this many times larger and brought down, which smooths edges and letters.
_TIMES = 3

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """A line through (x, y) points. `dashed` is for what was not measured here."""

    name: str
    points: tuple[Point, ...]
    colour: tuple[int, int, int]
    dashed: bool = False
    markers: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a plot. ticks: where x is labelled and with what; y runs over y_range, in the values' unit."""

    title: str
    x_label: str
    y_label: str
    x_ticks: tuple[tuple[float, str], ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    size_px: tuple[int, int] = (860, 520)


def line_chart(frame: Frame, series: Sequence[Series]) -> Image.Image:
    """RGB, frame.size_px; a point that is not a number interrupts its line."""
    sheet = _Sheet(frame, [(one.name, one.colour, one.dashed) for one in series])
    sheet.draw_axes()
    for one in series:
        for run in _runs(one.points):
            sheet.line([sheet.at(point) for point in run], one.colour, dashed=one.dashed)
            if one.markers:
                for point in run:
                    sheet.marker(sheet.at(point), one.colour)
    return sheet.finished()


def bar_chart(
    frame: Frame, groups: Sequence[Sequence[float]], names: Sequence[str], *, values_shown: bool = False
) -> Image.Image:
    """Bars side by side: groups[i][j] is the bar of names[j] at x = i; NaN leaves its place empty."""
    sheet = _Sheet(frame, [(name, COLOURS[place % len(COLOURS)], False) for place, name in enumerate(names)])
    sheet.draw_axes()
    width = 0.8 / max(1, len(names))
    for x, group in enumerate(groups):
        for place, value in enumerate(group):
            if not math.isnan(value):
                left = x - 0.4 + place * width
                sheet.bar(left, left + width * 0.94, value, COLOURS[place % len(COLOURS)])
                if values_shown:
                    sheet.value_on_bar(left + width * 0.47, value)
    return sheet.finished()


def nice_range(values: Sequence[float], *, from_zero: bool = True) -> tuple[float, float]:
    """The least range over multiples of a round step that holds all values that are numbers."""
    known = [value for value in values if not math.isnan(value)] or [0.0, 1.0]
    low, high = (0.0 if from_zero else min(known)), max(known)
    if high <= low:
        high = low + 1.0
    step = nice_step(high - low)
    return math.floor(low / step) * step, math.ceil(high / step + 1e-9) * step


def nice_step(span: float) -> float:
    """1, 2 or 5 times a power of ten: about a sixth of the span."""
    power = 10.0 ** math.floor(math.log10(span / 6))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / 6 - 1e-12)


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    runs: list[list[Point]] = [[]]
    for point in points:
        if math.isnan(point[1]):
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


class _Sheet:
    """Drawing in the values' own units, `_TIMES` larger than the finished picture."""

    def __init__(self, frame: Frame, legend: Sequence[tuple[str, tuple[int, int, int], bool]]) -> None:
        self._frame, self._legend = frame, legend
        width, height = frame.size_px
        self._image = Image.new("RGB", (width * _TIMES, height * _TIMES), "white")
        self._draw = ImageDraw.Draw(self._image)
        self._font, self._bold = (_font(13), _font(15))
        widest = max((self._width(name) for name, _, _ in legend), default=0)
        self._left, self._right = 66 * _TIMES, (width - 24) * _TIMES - (widest + 46 * _TIMES if legend else 0)
        slanted = self._slanted()
        deepest = max((self._width(text) for _, text in frame.x_ticks), default=0) if slanted else 0
        self._top = 46 * _TIMES
        self._bottom = height * _TIMES - 62 * _TIMES - (int(deepest * 0.71) if slanted else 0)

    def at(self, point: Point) -> Point:
        (x0, x1), (y0, y1) = self._frame.x_range, self._frame.y_range
        x = self._left + (point[0] - x0) / (x1 - x0) * (self._right - self._left)
        return x, self._bottom - (point[1] - y0) / (y1 - y0) * (self._bottom - self._top)

    def draw_axes(self) -> None:
        frame, draw = self._frame, self._draw
        low, high = frame.y_range
        step = nice_step(high - low)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        for index in range(round((high - low) / step) + 1):
            value = low + index * step
            y = self.at((frame.x_range[0], value))[1]
            draw.line([(self._left, y), (self._right, y)], _GRID, _TIMES)
            self._text((self._left - 8 * _TIMES, y), f"{value:.{decimals}f}", "rm")
        for x_value, text in frame.x_ticks:
            x = self.at((x_value, low))[0]
            draw.line([(x, self._bottom), (x, self._bottom + 5 * _TIMES)], _INK, _TIMES)
            if self._slanted():
                self._slanted_text((x, self._bottom + 8 * _TIMES), text)
            else:
                self._text((x, self._bottom + 10 * _TIMES), text, "ma")
        draw.line([(self._left, self._top), (self._left, self._bottom)], _INK, _TIMES)
        draw.line([(self._left, self._bottom), (self._right, self._bottom)], _INK, _TIMES)
        centre = (self._left + self._right) / 2
        self._text((self._left, 22 * _TIMES), frame.title, "lm", font=self._bold)
        self._text((centre, self._image.height - 18 * _TIMES), frame.x_label, "mm")
        self._upright_text(frame.y_label)
        for place, (name, colour, dashed) in enumerate(self._legend):
            y = self._top + (10 + 22 * place) * _TIMES
            x = self._right + 18 * _TIMES
            self.line([(x, y), (x + 20 * _TIMES, y)], colour, dashed=dashed)
            self._text((x + 26 * _TIMES, y), name, "lm")

    def line(self, points: Sequence[Point], colour: tuple[int, int, int], *, dashed: bool) -> None:
        width = round(2.2 * _TIMES)
        if not dashed:
            self._draw.line(list(points), colour, width, joint="curve")
            return
        for start, end in _dashes(points, 6 * _TIMES, 4 * _TIMES):
            self._draw.line([start, end], colour, width)

    def marker(self, centre: Point, colour: tuple[int, int, int]) -> None:
        radius = 3.6 * _TIMES
        x, y = centre
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour, "white", _TIMES)

    def bar(self, left: float, right: float, value: float, colour: tuple[int, int, int]) -> None:
        x0, y0 = self.at((left, max(value, self._frame.y_range[0])))
        x1, y1 = self.at((right, self._frame.y_range[0]))
        self._draw.rectangle((x0, min(y0, y1), x1, y1), colour)

    def value_on_bar(self, x: float, value: float) -> None:
        at = self.at((x, value))
        self._text((at[0], at[1] - 3 * _TIMES), f"{value:.1f}", "mb")

    def finished(self) -> Image.Image:
        return self._image.resize(self._frame.size_px, Image.Resampling.LANCZOS)

    def _slanted(self) -> bool:
        """Whether labels side by side would run into each other."""
        texts = [text for _, text in self._frame.x_ticks]
        room = (self._right - self._left) / max(1, len(texts))
        return any(self._width(text) > room * 0.92 for text in texts)

    def _width(self, text: str) -> float:
        return self._font.getlength(text)

    def _text(self, at: Point, text: str, anchor: str, *, font: ImageFont.FreeTypeFont | None = None) -> None:
        self._draw.text(at, text, _INK, font or self._font, anchor=anchor)

    def _slanted_text(self, at: Point, text: str) -> None:
        side = int(self._width(text)) + 4 * _TIMES
        plate = Image.new("L", (side, 18 * _TIMES))
        ImageDraw.Draw(plate).text((side, 9 * _TIMES), text, 255, self._font, anchor="rm")
        turned = plate.rotate(45, expand=True, resample=Image.Resampling.BICUBIC)
        self._image.paste(_INK, (int(at[0] - turned.width + 8 * _TIMES), int(at[1])), turned)

    def _upright_text(self, text: str) -> None:
        plate = Image.new("L", (int(self._width(text)) + 4 * _TIMES, 20 * _TIMES))
        ImageDraw.Draw(plate).text((2 * _TIMES, 10 * _TIMES), text, 255, self._font, anchor="lm")
        turned = plate.rotate(90, expand=True)
        middle = (self._top + self._bottom) // 2
        self._image.paste(_INK, (6 * _TIMES, int(middle - turned.height / 2)), turned)


def _dashes(points: Sequence[Point], on: float, off: float) -> list[tuple[Point, Point]]:
    dashes: list[tuple[Point, Point]] = []
    gone = 0.0  # along the whole line, so that dashes go round its corners evenly
    for (x0, y0), (x1, y1) in pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0)
        at = 0.0
        while at < length:
            phase = (gone + at) % (on + off)
            until = min(length, at + (on - phase if phase < on else on + off - phase))
            if phase < on:
                ends = [(x0 + (x1 - x0) * t / length, y0 + (y1 - y0) * t / length) for t in (at, until)]
                dashes.append((ends[0], ends[1]))
            at = until + 1e-6
        gone += length
    return dashes


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size * _TIMES)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow has FreeType wherever it has wheels"
    return font
