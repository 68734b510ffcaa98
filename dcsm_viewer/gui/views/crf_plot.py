"""Energy and share of changed pixels over the CRF's steps, as a chart with a line at one step."""

from __future__ import annotations

from dcsm_viewer.gui.views.crf_steps import CrfSteps
from dcsm_viewer.gui.widgets.plot_values import Axis, Chart, Line, Series, as_points, padded


def chart_of(steps: CrfSteps, at: int) -> Chart | None:
    """Curves of these steps with the line at the iteration `at`; None where there are no steps."""
    if not steps.last:
        return None
    x = tuple(float(iteration) for iteration in range(steps.last + 1))
    percent = tuple(None if share is None else 100 * share for share in steps.changed)
    return Chart(
        f"Energy and changes over {steps.last} CRF steps; step {at}: {steps.sentence(at)}",
        Axis("CRF step", 0.0, float(steps.last), "integer"),
        Axis("energy, nats/px", *padded(steps.energy)),
        (
            Series("energy", x, as_points(steps.energy), "accent", width=2, dots="filled"),
            Series("changed (right)", x, as_points(percent), "text", "dashed", dots="hollow", right=True),
        ),
        lines=(Line("step", str(at), float(at), step=1.0),),
        right=Axis("changed, %", *padded(percent, from_zero=True)),
        click_moves=True,
    )
