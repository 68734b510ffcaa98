"""What the sanity bench's numbers say, in sentences and as curves."""

from __future__ import annotations

from collections.abc import Sequence

from dcsm_viewer.gui.tools.curve_plot import Axes, Curve
from dcsm_viewer.inquiries.sanity import SanityLadder, SanityRung

HONEST = (
    "A map that stays alike while the weights turn to noise shows the photograph, not what was learnt. Guided "
    "back-propagation is known for it (Adebayo et al. 2018). A low ρ alone does not make a map good."
)
_ALIKE = 0.5


def rho_in_words(rho: float | None) -> str:
    return "flat: no rank correlation" if rho is None else f"ρ {_number(rho)}"


def sentence(ladder: SanityLadder, rung: SanityRung) -> str:
    """What happened at this rung, with its numbers."""
    trained = ladder.rungs[0]
    if rung.randomised == 0:
        return (
            f"The trained network. It scores {trained.score:.2f} for this class. Move the slider to draw weights anew."
        )
    drawn = ladder.layers[: rung.randomised]
    names = ", ".join(drawn) if len(drawn) <= 3 else f"{drawn[0]} down to {drawn[-1]}"
    return (
        f"Random: {names}. The score goes from {trained.score:.2f} to {rung.score:.2f}. "
        f"Rank correlation with the trained map: raw {_or_flat(rung.raw_rho)}, distinct {_or_flat(rung.distinct_rho)}. "
        f"{_verdict(rung)}"
    )


def progress(ladder: SanityLadder) -> str:
    known, total = len(ladder.rungs), len(ladder.layers) + 1
    return "" if ladder.is_whole else f"{known} of {total} networks done."


def axes(layers: int) -> Axes:
    each = max(1, -(-layers // 6))
    ticks = [float(k) for k in range(0, layers + 1, each)]
    if ticks[-1] != layers:
        # The last layer keeps its number; the tick before it goes where the two would touch.
        ticks = [*(tick for tick in ticks if layers - tick > each / 2), float(layers)]
    return Axes(
        "random layers, from the top", "rank correlation with trained", tuple(ticks), (-1.0, -0.5, 0.0, 0.5, 1.0)
    )


def curves(ladder: SanityLadder) -> Sequence[Curve]:
    """Distinct and raw over the number of random layers; where a rung is unknown, the line is broken."""
    known = [(float(k), ladder.rungs.get(k)) for k in range(len(ladder.layers) + 1)]
    return (
        Curve("distinct", tuple((k, None if rung is None else rung.distinct_rho) for k, rung in known)),
        Curve("raw", tuple((k, None if rung is None else rung.raw_rho) for k, rung in known), is_first=False),
    )


def _verdict(rung: SanityRung) -> str:
    raw, distinct = rung.raw_rho, rung.distinct_rho
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
