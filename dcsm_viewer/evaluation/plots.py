"""Which plots an evaluation has: one an axis that was swept, the classes, and the thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dcsm_viewer.evaluation.axes import axes
from dcsm_viewer.evaluation.chart import COLOURS, GREY, PlotFrame, Series, bar_chart, line_chart
from dcsm_viewer.evaluation.published_figures import PUBLISHED_BY_N
from dcsm_viewer.evaluation.summary import RowSummary
from dcsm_viewer.metrics.threshold_curve import THRESHOLDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_LINES = 8
_Y = "mean IoU, %"


def plots_of(rows: Sequence[RowSummary], class_names: Sequence[str], title: str) -> Iterator[tuple[str, Figure]]:
    """(file name without suffix, figure) of every plot these rows give."""
    for name in dict.fromkeys(axis for row in rows if row.row.variant for axis in row.row.variant.values):
        yield from _axis_plot(name, rows, title)
    curves = [row for row in rows if row.by_threshold]
    if curves:
        yield "thresholds", _threshold_plot(curves, title)
    yield "classes", _class_plot(sorted(rows, key=_worst_last)[:3], class_names, title)


def _axis_plot(name: str, rows: Sequence[RowSummary], title: str) -> Iterator[tuple[str, Figure]]:
    """Mean IoU over what one axis varies, a line or a colour for each combination of the others."""
    lines: dict[str, dict[str, float]] = {}
    for row in rows:
        variant = row.row.variant
        if variant is not None and name in variant.values:
            others = ", ".join(f"{axes()[key].title} {value}" for key, value in variant.values.items() if key != name)
            lines.setdefault(others or "measured here", {})[variant.values[name]] = 100 * row.mean_iou
    values = list(dict.fromkeys(value for line in lines.values() for value in line))
    if len(values) < 2 or len(lines) > _MOST_LINES:
        return
    if axes()[name].is_number:
        yield name, _by_number(name, sorted(values, key=float), lines, title)
    else:
        yield name, _by_choice(name, values, lines, title)


def _by_number(name: str, values: Sequence[str], lines: Mapping[str, Mapping[str, float]], title: str) -> Figure:
    # Evenly spaced, as on the poster: 5 and 10 lie no further apart than 4 and 5.
    positions = {value: float(index) for index, value in enumerate(values)}
    series = [
        Series(text, tuple((positions[value], line[value]) for value in values if value in line), colour)
        for (text, line), colour in zip(lines.items(), COLOURS, strict=False)
    ]
    if name == "n":
        published = tuple((positions[str(n)], figure) for n, figure in PUBLISHED_BY_N.items() if str(n) in positions)
        series.append(Series("poster, VOC 2012, CRF", published, GREY, dashed=True))
    ticks = tuple((positions[value], value) for value in values)
    return line_chart(_frame(name, title, ticks, 0.25), series)


def _by_choice(name: str, values: Sequence[str], lines: Mapping[str, Mapping[str, float]], title: str) -> Figure:
    groups = [[line.get(value, math.nan) for line in lines.values()] for value in values]
    ticks = tuple((float(index), value) for index, value in enumerate(values))
    frame = _frame(name, title, ticks, 0.6)
    return bar_chart(frame, groups, list(lines), values_shown=len(values) * len(lines) <= 12)


def _frame(name: str, title: str, ticks: tuple[tuple[float, str], ...], margin: float) -> PlotFrame:
    what = axes()[name].title
    return PlotFrame(f"{title}: mean IoU by {what}", what, _Y, ticks, (-margin, len(ticks) - 1 + margin))


def _threshold_plot(rows: Sequence[RowSummary], title: str) -> Figure:
    # With and without CRF the class maps are the same, and with them the curve.
    curves = {row.by_threshold: row for row in reversed(rows)}
    shown = sorted(curves.values(), key=lambda row: -row.best_threshold[1])[:_MOST_LINES]
    series = [
        Series(
            row.row.name,
            tuple((at, 100 * value) for at, value in zip(THRESHOLDS, row.by_threshold, strict=True)),
            COLOURS[index % len(COLOURS)],
            markers=False,
        )
        for index, row in enumerate(shown)
    ]
    frame = PlotFrame(
        f"{title}: class maps cut at one threshold, no CRF",
        "threshold: below it lies the background",
        _Y,
        tuple((tenth / 10, f"{tenth / 10:.1f}") for tenth in range(11)),
        (0.0, 1.0),
    )
    return line_chart(frame, series)


def _class_plot(rows: Sequence[RowSummary], class_names: Sequence[str], title: str) -> Figure:
    names = ("background", *class_names)
    groups = [[100 * float(row.iou[label]) for row in rows] for label in range(len(names))]
    frame = PlotFrame(
        f"{title}: IoU by class" + (", the best rows" if len(rows) > 1 else ""),
        "",
        "IoU, %",
        tuple((float(label), name) for label, name in enumerate(names)),
        (-0.6, len(names) - 0.4),
        (0.0, 100.0),
        (11.8, 5.2),
    )
    return bar_chart(frame, groups, [row.row.name for row in rows])


def _worst_last(row: RowSummary) -> float:
    return math.inf if math.isnan(row.mean_iou) else -row.mean_iou
