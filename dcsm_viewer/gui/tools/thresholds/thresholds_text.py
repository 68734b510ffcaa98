"""The texts of threshold tuning, and how its thresholds are put down from one start to the next."""

from __future__ import annotations

from dcsm_viewer.gui.tools.thresholds.thresholds_curves import SeedScore
from dcsm_viewer.gui.tools.thresholds.thresholds_plot import USES_TRUTH, Drawing
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import GRID, Thresholds


def status_text(
    error: str, sweep: str, drawing: Drawing | None, score: SeedScore | None, thresholds: Thresholds
) -> str:
    """All that is known now, a sentence each; "" for nothing.

    error: what went wrong last, sweep: what the curves were measured over if that was a folder; both "" for neither.
    """
    parts = [error] if error else []
    if sweep:
        parts.append(f"Curves over {sweep}.")
    if drawing is not None and drawing.curves.suggestion is not None:
        parts.append(drawing.curves.suggestion.words)
    if drawing is not None and drawing.best is not None and drawing.curves.mean_iou is not None:
        best, here = (round(100 * at) for at in (drawing.best, thresholds.eval))
        mean = 100 * drawing.curves.mean_iou
        parts.append(
            f"mIoU {mean[here]:.1f} % at eval {GRID[here]:.2f}, best {mean[best]:.1f} % at {GRID[best]:.2f} "
            f"({USES_TRUTH})."
        )
    if score is not None:
        parts.append(
            f"Seed: mIoU {100 * score.left_out:.1f} % with 255 left out, {100 * score.counted_wrong:.1f} % "
            f"with 255 counted as wrong ({USES_TRUTH})."
        )
    return " ".join(parts)


def thresholds_to_text(thresholds: Thresholds) -> str:
    """One line that `thresholds_from_text` reads."""
    return f"{thresholds.bg:g} {thresholds.eval:g} {thresholds.fg:g}"


def thresholds_from_text(text: str) -> Thresholds:
    """As the user left them; the first published ones where nothing usable is kept."""
    try:
        bg, middle, fg = (float(part) for part in text.split())
    except ValueError:
        return Thresholds()
    return Thresholds(bg, middle, fg) if 0 <= bg <= middle <= fg <= 1 else Thresholds()
