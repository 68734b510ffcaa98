"""What the sanity bench's numbers say, in sentences and as curves."""

from __future__ import annotations

from dcsm_viewer.gui.widgets.plot_values import Axis, Chart, Line, Series, as_points
from dcsm_viewer.queries.randomization_query import RandomizationSeries, RandomizationStep

HONEST = (
    "A map that stays alike while the weights turn to noise shows the photograph, not what was learnt. Guided "
    "back-propagation is known for it (Adebayo et al. 2018). A low ρ alone does not make a map good."
)
_ALIKE = 0.5


def rho_in_words(rho: float | None) -> str:
    return "flat: no rank correlation" if rho is None else f"ρ {_number(rho)}"


def sentence(series: RandomizationSeries, step: RandomizationStep) -> str:
    """The sentence for this step, with its numbers."""
    trained = series.steps[0]
    if step.randomised == 0:
        return (
            f"The trained network. It scores {trained.score:.2f} for this class. Move the slider to draw weights anew."
        )
    drawn = series.layers[: step.randomised]
    names = ", ".join(drawn) if len(drawn) <= 3 else f"{drawn[0]} down to {drawn[-1]}"
    return (
        f"Random: {names}. The score goes from {trained.score:.2f} to {step.score:.2f}. "
        f"Rank correlation with the trained map: raw {_or_flat(step.raw_rho)}, distinct {_or_flat(step.distinct_rho)}. "
        f"{_verdict(step)}"
    )


def progress(series: RandomizationSeries) -> str:
    known, total = len(series.steps), len(series.layers) + 1
    return "" if series.is_whole else f"{known} of {total} networks done."


def chart(series: RandomizationSeries, count: int) -> Chart:
    """The rank correlation of both maps over the number of random layers, and a line at `count` of them.

    Where a step is unknown or its map is flat, the curve breaks.
    """
    last = len(series.layers)
    steps = [series.steps.get(k) for k in range(last + 1)]
    x = tuple(float(k) for k in range(last + 1))
    distinct = as_points([None if step is None else step.distinct_rho for step in steps])
    raw = as_points([None if step is None else step.raw_rho for step in steps])
    return Chart(
        "Rank correlation with the trained map",
        Axis("random layers, from the top", 0.0, float(last), "integer"),
        Axis("rank correlation ρ", -1.0, 1.0),
        (
            Series("distinct", x, distinct, "accent", width=2, dots="filled"),
            Series("raw", x, raw, "text", "dashed", dots="hollow"),
        ),
        lines=(Line("layers", str(count), float(count), step=1.0),),
        click_moves=True,
    )


def _verdict(step: RandomizationStep) -> str:
    raw, distinct = step.raw_rho, step.distinct_rho
    if raw is None or distinct is None:
        return "Where a map is flat there is nothing to correlate."
    if raw >= _ALIKE > distinct:
        return "The raw map keeps most of its order, the distinct map does not."
    if min(raw, distinct) >= _ALIKE:
        return "Both maps keep most of their order."
    if distinct >= _ALIKE > raw:
        return "The distinct map keeps most of its order, the raw map does not."
    return "Neither map keeps its order."


def _or_flat(rho: float | None) -> str:
    return "flat" if rho is None else _number(rho)


def _number(rho: float) -> str:
    return f"{rho:.2f}".replace("-", "−")
