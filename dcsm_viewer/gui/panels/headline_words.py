"""What the line above the panes says in each state of the window: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import is_current
from dcsm_viewer.gui.state.view_state import ViewState


@dataclass(frozen=True, slots=True)
class Headline:
    """At most two lines. offers_top1: a button beside it takes the best class."""

    text: str
    is_failure: bool = False
    offers_top1: bool = False


def headline(state: ViewState) -> Headline:
    if state.failure is not None:
        return Headline(state.failure, is_failure=True)
    if state.image is None:
        return Headline(f"Reading {Path(state.reading).name}..." if state.reading else state.message or "")
    h, w = state.image.shape
    first = f"{state.image.name}  ·  {w} x {h} px"
    if state.reading is not None and state.reading != state.image.path:
        first += f"  ·  reading {Path(state.reading).name}..."
    notes = [*state.image.notes, *(_notes(state) if state.result is not None else ())]
    second = state.message or "  ".join([_standing(state), *notes])
    return Headline(f"{first}\n{second}", offers_top1=_found_nothing(state))


def _standing(state: ViewState) -> str:
    result = state.result
    if state.engine is None:
        return "The engine is loading; the maps follow."
    if result is None or state.image is None or result.request.image.digest != state.image.digest:
        return "Computing the first maps..." if state.pending_serial is not None else "No maps yet."
    if not is_current(state, result):
        return "Updating..." if state.pending_serial is not None else "Maps are out of date; Recompute updates them."
    if result.completeness == "partial":
        wanted = len(result.request.settings.method.scales)
        return f"Partial: {len(result.scales)} of {wanted} scales so far."
    if result.completeness == "preview":
        return "Preview at reduced size; the exact maps follow."
    return _counts(result)


def _counts(result: Result) -> str:
    found, compared = len(result.detected_ids), len(result.candidate_ids)
    detected = f"{found} {'class' if found == 1 else 'classes'} detected"
    least = result.request.settings.method.min_candidates
    if least == 0:
        return f"{detected}, none compared: N is 0."
    if found > 1 and least < found:
        return f"{detected}, {compared} compared: detected classes always are, though N is {least}."
    return f"{detected}, {compared} compared."


def _notes(state: ViewState) -> tuple[str, ...]:
    result = state.result
    assert result is not None, "asked for with a result only"
    return result.notes if is_current(state, result) else ()


def _found_nothing(state: ViewState) -> bool:
    result = state.result
    if result is None or result.completeness == "partial" or not is_current(state, result):
        return False
    return not result.detected_ids and not state.settings.choice.top1_if_none
