"""The six stages as the strip shows them: time, pieces, memory, and whether they are still of these settings."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import STAGES, Stage, StageTime
from dcsm_viewer.gui.state.view_state import ViewState

GIVES: dict[Stage, str] = {
    "preprocess": "The image fitted into the square canvas.",
    "classify": "The score of every class at every scale.",
    "candidates": "The classes that are compared.",
    "saliency": "A raw map of each candidate by layer and scale.",
    "subtraction": "Distinct maps: what no rival claims.",
    "segmentation": "Labels, by the unary and the CRF.",
}


@dataclass(frozen=True, slots=True)
class StageCard:
    """One stage. is_stale: made of other settings than those on show. is_running: the engine is at it now.

    time: None where nothing is known of it.
    """

    stage: Stage
    time: StageTime | None
    is_stale: bool
    is_running: bool

    @property
    def mark(self) -> str:
        if self.is_running:
            return "running"
        return "stale" if self.is_stale else ""

    @property
    def pace(self) -> str:
        """Milliseconds, or that all of it was kept from before, and the memory it takes: "281 ms, 7.8 MB"."""
        if self.time is None:
            return "not yet"
        if self.stage != "candidates" and not (self.time.made or self.time.reused or self.time.elapsed_ms):
            # Later stages came from the cache, so this one was not needed.
            return "not needed"
        was_kept = not self.time.made and self.time.reused
        pace = "kept" if was_kept else f"{self.time.elapsed_ms:.0f} ms"
        return f"{pace}, {size_words(self.time.cached_bytes)}" if self.time.cached_bytes else pace

    @property
    def pieces(self) -> str:
        """As "12 made, 3 kept", "" where there is neither."""
        if self.time is None:
            return ""
        made, reused = self.time.made, self.time.reused
        parts = (f"{made} made" if made else "", f"{reused} kept" if reused else "")
        return ", ".join(part for part in parts if part)

    @property
    def words(self) -> str:
        """All of it in one sentence, for tool tips and those who do not see it."""
        parts = (self.stage.capitalize(), self.mark, self.pace, self.pieces)
        return ", ".join(part for part in parts if part) + ". " + GIVES[self.stage]


def stage_cards(state: ViewState) -> tuple[StageCard, ...]:
    """One for each stage, in their order."""
    result = state.result
    times = {} if result is None else {time.stage: time for time in result.times}
    stale = stale_stages(state)
    running = state.progress.stage if state.progress is not None and state.pending_serial is not None else None
    return tuple(StageCard(stage, times.get(stage), stage in stale, stage == running) for stage in STAGES)


def stale_stages(state: ViewState) -> frozenset[Stage]:
    """Stages whose artefacts on show were made from something else than is wanted now."""
    result, image = state.result, state.image
    if result is None or image is None:
        return frozenset()
    was, now = result.request, state.settings
    return frozenset(
        stage for stage in STAGES if _reads(stage, was.image.digest, was.settings) != _reads(stage, image.digest, now)
    )


def size_words(count: int) -> str:
    """As "4.2 MB"; whole kilobytes below one."""
    if count >= 1 << 20:
        return f"{count / (1 << 20):.1f} MB"
    return f"{count / 1024:.0f} kB" if count >= 1024 else f"{count} B"


def _reads(stage: Stage, digest: str, settings: Settings) -> tuple[Hashable, ...]:
    """What the stage and those before it read (docs/architecture.md, section 3)."""
    method = settings.method
    canvas = (digest, method.canvas_px, method.fit)
    network = (settings.model, settings.vocabulary, settings.device, settings.precision)
    passes = (*canvas, *network, method.scales)
    match stage:
        case "preprocess":
            return canvas
        case "classify":
            return passes
        case "candidates":
            return (*passes, method.threshold, method.min_candidates, settings.choice)
        case "saliency":
            return (*passes, method.attribution, method.channel_reduction)
        case "subtraction":
            return (*passes, method, settings.choice)
        case "segmentation":
            return (*passes, method, settings.choice, settings.crf)
