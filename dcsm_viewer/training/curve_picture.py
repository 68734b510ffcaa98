"""The training curve as a PNG: loss above, mean average precision below, drawn with Pillow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dcsm_viewer.training.progress import Epoch
from dcsm_viewer.whole_file import replaced

NAME = "curve.png"
SCALE = 2  # drawn twice as large as it is shown, so that it prints well
WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 760, 270, 64, 150, 34, 44
INK, FAINT, GRID = (30, 30, 30), (110, 110, 110), (225, 225, 225)
# Okabe and Ito's blue, vermilion and green: told apart by colour-blind readers too.
BLUE, VERMILION, GREEN = (0, 114, 178), (213, 94, 0), (0, 158, 115)


@dataclass(frozen=True, slots=True)
class Line:
    """One value an epoch, None where there is none."""

    title: str
    colour: tuple[int, int, int]
    values: tuple[float | None, ...]


def write_curve(path: Path, curve: Sequence[Epoch], best_epoch: int | None) -> None:
    """Writes the PNG as a whole. The best epoch is marked in both panels."""
    panels = [
        ("Loss (nats)", [
            Line("training", BLUE, tuple(point.loss for point in curve)),
            Line("validation", VERMILION, tuple(point.validation_loss for point in curve)),
        ]),
    ]  # fmt: skip
    if any(point.mean_ap is not None for point in curve):
        panels.append(("Mean average precision", [Line("validation", GREEN, tuple(point.mean_ap for point in curve))]))
    picture = Image.new("RGB", (WIDTH * SCALE, PANEL * len(panels) * SCALE), "white")
    pen = ImageDraw.Draw(picture)
    for row, (title, lines) in enumerate(panels):
        _panel(pen, row * PANEL, title, lines, best_epoch, is_last=row == len(panels) - 1)
    with replaced(path) as draft:
        picture.save(draft, "PNG", optimize=True)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers, 1, 2 or 5 times a power of ten apart, from at or below `low` to at or above `high`."""
    if high <= low:
        high = low + 1
    rough = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def _panel(
    pen: ImageDraw.ImageDraw, top: int, title: str, lines: list[Line], best_epoch: int | None, *, is_last: bool
) -> None:
    values = [value for line in lines for value in line.values if value is not None and math.isfinite(value)]
    rows = ticks(min(values, default=0.0), max(values, default=1.0))
    epochs = max(len(line.values) for line in lines)
    box = (LEFT, top + TOP, WIDTH - RIGHT, top + PANEL - BOTTOM)

    def across(epoch: float) -> float:
        return box[0] + (epoch - 1) / max(1, epochs - 1) * (box[2] - box[0])

    def down(value: float) -> float:
        return box[3] - (value - rows[0]) / (rows[-1] - rows[0]) * (box[3] - box[1])

    _text(pen, (box[0], top + 8), title, INK, 14, "la")
    for row in rows:
        _line(pen, [(box[0], down(row)), (box[2], down(row))], GRID, 1)
        _text(pen, (box[0] - 8, down(row)), f"{row:g}", FAINT, 11, "rm")
    for epoch in sorted({round(tick) for tick in ticks(1, epochs, 10) if 1 <= tick <= epochs} | {1}):
        _line(pen, [(across(epoch), box[3]), (across(epoch), box[3] + 4)], FAINT, 1)
        _text(pen, (across(epoch), box[3] + 7), str(epoch), FAINT, 11, "ma")
    if is_last:
        _text(pen, ((box[0] + box[2]) / 2, box[3] + 23), "Epoch", INK, 12, "ma")
    if best_epoch is not None:
        _line(pen, [(across(best_epoch), box[1]), (across(best_epoch), box[3])], FAINT, 1)
        _text(pen, (across(best_epoch), box[1] - 3), f"best: {best_epoch}", FAINT, 11, "mb")
    _line(pen, [(box[0], box[1]), (box[0], box[3]), (box[2], box[3])], FAINT, 1)
    for index, line in enumerate(lines):
        _series(pen, line, across, down)
        known = [value for value in line.values if value is not None]
        if known:
            y = box[1] + 4 + 20 * index
            _line(pen, [(box[2] + 14, y + 7), (box[2] + 34, y + 7)], line.colour, 2)
            _text(pen, (box[2] + 40, y), f"{line.title} {known[-1]:.3f}", INK, 12, "la")


def _series(
    pen: ImageDraw.ImageDraw, line: Line, across: Callable[[float], float], down: Callable[[float], float]
) -> None:
    points = [
        (across(epoch), down(value))
        for epoch, value in enumerate(line.values, 1)
        if value is not None and math.isfinite(value)
    ]
    _line(pen, points, line.colour, 2)
    for x, y in points:
        pen.ellipse([(x - 2.5) * SCALE, (y - 2.5) * SCALE, (x + 2.5) * SCALE, (y + 2.5) * SCALE], fill=line.colour)


def _line(
    pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: tuple[int, int, int], width: int
) -> None:
    if len(points) > 1:
        pen.line([(x * SCALE, y * SCALE) for x, y in points], fill=colour, width=width * SCALE, joint="curve")


def _text(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, colour: tuple[int, int, int], size: int, anchor: str
) -> None:
    font = ImageFont.load_default(size * SCALE)
    pen.text((at[0] * SCALE, at[1] * SCALE), text, fill=colour, font=font, anchor=anchor)
