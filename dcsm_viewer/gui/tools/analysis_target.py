"""When a tool may ask the engine about what is on show: a settled, up-to-date result with a class on show."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import is_stale, why_no_class, why_no_result
from dcsm_viewer.gui.state.view_state import ViewState


@dataclass(frozen=True, slots=True)
class AnalysisTarget:
    """A settled result and the class of it that is on show."""

    result: Result
    class_id: int

    @property
    def key(self) -> Hashable:
        """What an answer about this subject depends on."""
        request = self.result.request
        return request.image.digest, request.settings, self.class_id

    @property
    def name(self) -> str:
        return self.result.model.class_names[self.class_id]

    def is_still_on(self, state: ViewState) -> bool:
        """Whether its image and class are on show, be it with other settings: what is known of it may stay so long."""
        shown = state.result
        if shown is None:
            return False
        digest = self.result.request.image.digest
        return shown.request.image.digest == digest and state.shown_class == self.class_id


def analysis_target_of(state: ViewState) -> AnalysisTarget | None:
    """None while there is nothing to ask about yet, or while it is about to change."""
    result, class_id = state.result, state.shown_class
    if result is None or class_id is None or result.completeness != "settled" or is_stale(state):
        return None
    return AnalysisTarget(result, class_id)


def why_nothing(state: ViewState) -> str:
    """Why there is nothing to ask about, for the panes; "" where there is."""
    if state.result is None:
        return why_no_result(state)
    if state.shown_class is None:
        return why_no_class(state.result)
    return "" if analysis_target_of(state) else "Follows with the settled maps."
