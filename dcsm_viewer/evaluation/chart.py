"""Charts of lines and of bars that an evaluation writes, drawn with matplotlib, fit to be shown in a paper."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#787878", "#000000")
GREY = "#787878"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """A line through (x, y) points; NaN interrupts it. `dashed` is for what was not measured here."""

    name: str
    points: tuple[Point, ...]
    colour: str
    dashed: bool = False
    markers: bool = True


@dataclass(frozen=True, slots=True)
class PlotFrame:
    """What surrounds a plot. ticks: where x is labelled and with what; y_range: None fits the values."""

    title: str
    x_label: str
    y_label: str
    x_ticks: tuple[tuple[float, str], ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float] | None = None
    size_inches: tuple[float, float] = (8.6, 5.2)


def line_chart(frame: PlotFrame, series: Sequence[Series]) -> Figure:
    """A figure with a line for each series and a legend beside them."""
    figure, axes = _empty(frame)
    for one in series:
        axes.plot(
            [x for x, _ in one.points],
            [y for _, y in one.points],
            color=one.colour,
            linestyle="--" if one.dashed else "-",
            marker="o" if one.markers else None,
            markeredgecolor="white",
            label=_legend_name(one.name),
        )
    return _finished(figure, axes, frame)


def bar_chart(
    frame: PlotFrame, groups: Sequence[Sequence[float]], names: Sequence[str], *, values_shown: bool = False
) -> Figure:
    """Bars side by side: groups[i][j] is the bar of names[j] at x = i; NaN leaves its place empty."""
    figure, axes = _empty(frame)
    width = 0.8 / max(1, len(names))
    for index, name in enumerate(names):
        left = [x - 0.4 + (index + 0.5) * width for x in range(len(groups))]
        heights = [group[index] for group in groups]
        bars = axes.bar(left, heights, 0.94 * width, color=COLOURS[index % len(COLOURS)], label=_legend_name(name))
        if values_shown:
            axes.bar_label(bars, fmt="%.1f", padding=1, fontsize="small")
    return _finished(figure, axes, frame)


def _styled() -> AbstractContextManager[None]:
    """The look of these charts, over the user's own matplotlibrc, which may use other fonts and colours."""
    from matplotlib import rc_context

    return rc_context(
        {
            "font.family": ["DejaVu Sans"],
            "font.size": 10.0,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.axisbelow": True,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.titlesize": "medium",
            "grid.color": "#dedede",
            "legend.frameon": False,
            "savefig.facecolor": "white",
            "text.usetex": False,
            "text.parse_math": False,
        }
    )


def _legend_name(name: str) -> str:
    """The name, with a space before a first underscore: matplotlib leaves such names out of the legend."""
    return f" {name}" if name.startswith("_") else name


def _empty(frame: PlotFrame) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    # Not pyplot: it keeps every figure and chooses a backend for the whole process.
    with _styled():
        figure = Figure(figsize=frame.size_inches, layout="constrained")
        axes = figure.add_subplot()
    return figure, axes


def _finished(figure: Figure, axes: Axes, frame: PlotFrame) -> Figure:
    with _styled():
        axes.set_title(frame.title)
        axes.set_xlabel(frame.x_label)
        axes.set_ylabel(frame.y_label)
        crowded = sum(len(text) for _, text in frame.x_ticks) > 10 * frame.size_inches[0]
        axes.set_xticks([at for at, _ in frame.x_ticks], [text for _, text in frame.x_ticks])
        if crowded:
            axes.tick_params(axis="x", labelrotation=45)
            for label in axes.get_xticklabels():
                label.set_horizontalalignment("right")
                label.set_rotation_mode("anchor")
        axes.set_xlim(*frame.x_range)
        if frame.y_range is not None:
            axes.set_ylim(*frame.y_range)
        figure.legend(loc="outside right upper")
    return figure
