"""The training curve as a PNG, drawn with matplotlib: loss above, mean average precision below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.render.figure_png import write_png
from dcsm_viewer.training.progress import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "curve.png"
_PANEL_INCHES = (7.6, 2.7)
# Okabe and Ito's blue, vermilion and green: told apart by colour-blind readers too.
_BLUE, _VERMILION, _GREEN = "#0072b2", "#d55e00", "#009e73"


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One value an epoch, None where there is none."""

    title: str
    colour: str
    values: tuple[float | None, ...]


def write_curve(path: Path, curve: Sequence[Epoch], best_epoch: int | None) -> None:
    """Writes the PNG as a whole. The best epoch is marked in both panels."""
    figure = curve_figure(curve, best_epoch)
    with atomic_write(path) as stream:
        write_png(figure, stream)


def curve_figure(curve: Sequence[Epoch], best_epoch: int | None) -> Figure:
    """A panel of losses and, where one was measured, a panel of mean average precision over the same epochs."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    losses = [
        PlotLine("training", _BLUE, tuple(point.loss for point in curve)),
        PlotLine("validation", _VERMILION, tuple(point.validation_loss for point in curve)),
    ]
    panels = [("Loss (nats)", losses)]
    if any(point.mean_ap is not None for point in curve):
        panels.append(("Mean average precision", [PlotLine("validation", _GREEN, tuple(one.mean_ap for one in curve))]))
    width, height = _PANEL_INCHES
    # Over the user's own matplotlibrc; the object API, for pyplot keeps figures and chooses a backend.
    with rc_context({"font.family": ["DejaVu Sans"], "font.size": 9.0, "text.usetex": False}):
        figure = Figure(figsize=(width, height * len(panels)), layout="constrained", facecolor="white")
        every = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (title, lines) in zip(every, panels, strict=True):
            _panel(axes, title, lines, best_epoch)
        every[-1].set_xlabel("Epoch")
    return figure


def _panel(axes: Axes, title: str, lines: Sequence[PlotLine], best_epoch: int | None) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(title, loc="left", fontsize="medium")
    axes.grid(axis="y", color="#e1e1e1")
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    for line in lines:
        known = [value for value in line.values if value is not None and math.isfinite(value)]
        if known:
            values = [math.nan if value is None else value for value in line.values]
            epochs = range(1, len(values) + 1)
            axes.plot(epochs, values, color=line.colour, marker=".", label=f"{line.title} {known[-1]:.3f}")
    if best_epoch is not None:
        axes.axvline(best_epoch, color="#6e6e6e", linewidth=1, linestyle=":", label=f"best: {best_epoch}")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
