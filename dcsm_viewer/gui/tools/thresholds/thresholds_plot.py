"""The threshold curves as a chart, with the three lines that choose the thresholds and the band between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.gui.tools.thresholds.thresholds_curves import Curves
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import GRID, HANDLES, STEP, Thresholds
from dcsm_viewer.gui.widgets.plot_values import Axis, Chart, Colour, LegendEntry, Line, Series, as_points
from dcsm_viewer.render.palette import class_colour

USES_TRUTH = "uses ground truth"
_X = tuple(GRID.tolist())


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything on the plot. best: the threshold with the largest mean IoU, None without a mask."""

    curves: Curves
    names: dict[int, str]
    best: float | None = None


def chart_of(drawing: Drawing, thresholds: Thresholds) -> Chart:
    """Areas, stability and, where there is a mask, IoU over the threshold; a movable line a threshold."""
    handles = [Line(name, f"{name} {thresholds.of(name):.2f}", thresholds.of(name), step=STEP) for name in HANDLES]
    values = ", ".join(line.name for line in handles)
    return Chart(
        f"Thresholds: {values}",
        Axis("threshold", 0.0, 1.0),
        Axis("area or IoU, %" if drawing.curves.ious is not None else "area, %", 0.0, 100.0),
        tuple(series_of(drawing)),
        lines=(*handles, *_marks(drawing)),
        region=(thresholds.bg, thresholds.fg),
        right=Axis("changed per step, %", 0.0, _right_most(drawing)),
        legend=tuple(_legend(drawing)),
    )


def series_of(drawing: Drawing) -> Iterator[Series]:
    """Every curve, in percent over GRID."""
    curves = drawing.curves
    for label, area in curves.areas.items():
        name = f"area {drawing.names.get(label, str(label))}"
        yield Series(name, _X, _percent(area), _colour(label))
    yield Series("changed per step", _X, _percent(curves.changed), "text", "dotted", right=True)
    if curves.ious is not None and curves.mean_iou is not None:
        for label, iou in curves.ious.items():
            if label:
                name = f"IoU {drawing.names.get(label, str(label))}, {USES_TRUTH}"
                yield Series(name, _X, _percent(iou), _colour(label), "dashed")
        yield Series(f"mIoU, {USES_TRUTH}", _X, _percent(curves.mean_iou), "accent", "dash-dot", 2.5)


def _marks(drawing: Drawing) -> Iterator[Line]:
    """Where the suggestion is, and the best threshold of those who know the truth."""
    found = drawing.curves.suggestion
    if found is not None:
        yield Line("suggested", f"suggested {found.at:.2f}", found.at, "text", dash="dash-dot")
    if drawing.best is not None:
        yield Line("best", f"best mIoU {drawing.best:.2f}", drawing.best, "accent", dash="dash-dot")


def _legend(drawing: Drawing) -> Iterator[LegendEntry]:
    """Colours are classes, dashes are what is counted: each is named once."""
    for label in drawing.curves.areas:
        yield LegendEntry(drawing.names.get(label, str(label)), _colour(label), width=3)
    yield LegendEntry("area", "text")
    if drawing.curves.ious is not None:
        yield LegendEntry(f"IoU, {USES_TRUTH}", "text", "dashed")
        yield LegendEntry("mean IoU", "accent", "dash-dot", 2.5)
    yield LegendEntry("changed per step (right)", "text", "dotted")


def _right_most(drawing: Drawing) -> float:
    """The top of the right axis, percent: a round number that no step exceeds by far."""
    # The first steps change most, where the ground of the maps lies; the others are what it is about.
    most = float(np.quantile(100 * drawing.curves.changed[1:], 0.95))
    return next((top for top in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0) if most <= top), 100.0)


def _percent(shares: NDArray[np.float64]) -> tuple[float, ...]:
    return as_points((100 * shares).tolist())


def _colour(label: int) -> Colour:
    return class_colour(label - 1)
