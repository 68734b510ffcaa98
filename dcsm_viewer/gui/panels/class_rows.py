"""The class list as rows, best score first: a pure function of the state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.state.view_state import ViewState


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class. `rank` counts from 1, over all classes. `score` is the image's (image_scores), in [0, 1]."""

    class_id: int
    name: str
    rank: int
    score: float
    scores: tuple[tuple[int, float], ...]
    is_detected: bool = False
    is_candidate: bool = False
    is_always_compared: bool = False
    is_excluded: bool = False
    is_force_detected: bool = False

    @property
    def marks(self) -> str:
        """The row's standing in words, for tooltip and screen reader."""
        words = (
            ("detected", self.is_detected), ("rival", self.is_candidate and not self.is_detected),
            ("always compared", self.is_always_compared), ("marked as present", self.is_force_detected),
            ("excluded", self.is_excluded),
        )  # fmt: skip
        return ", ".join(word for word, holds in words if holds) or "not compared"


def class_rows(state: ViewState) -> tuple[ClassRow, ...]:
    """Every class of the result's vocabulary by falling score, the lower id first among equals; () without a result."""
    result = state.result
    if result is None or not names_fit(state, result):
        return ()
    best = image_scores(result.scores, result.request.settings.method)
    order = np.argsort(-best, kind="stable")
    choice = state.settings.choice
    detected, candidates = set(result.detected_ids), set(result.candidate_ids)
    by_class = result.scores.T.tolist()
    return tuple(
        ClassRow(
            class_id=class_id,
            name=result.model.class_names[class_id],
            rank=rank,
            score=float(best[class_id]),
            scores=tuple(zip(result.scales, by_class[class_id], strict=False)),
            is_detected=class_id in detected,
            is_candidate=class_id in candidates,
            is_always_compared=class_id in choice.always_compared,
            is_excluded=class_id in choice.excluded,
            is_force_detected=class_id in choice.force_detected,
        )
        for rank, class_id in enumerate(order.tolist(), start=1)
    )


def names_fit(state: ViewState, result: Result) -> bool:
    """Whether class ids of the result mean the same as those of the settings on show."""
    theirs = result.request.settings
    return (theirs.model, theirs.vocabulary) == (state.settings.model, state.settings.vocabulary)


def found_by(rows: tuple[ClassRow, ...], search: str) -> tuple[ClassRow, ...]:
    """The rows whose name contains every word of `search`, in whatever case."""
    words = search.casefold().split()
    return tuple(row for row in rows if all(word in row.name.casefold() for word in words))


def wanted_class(state: ViewState) -> int | None:
    """The requested class, else the displayed one."""
    return state.focus if state.focus is not None else state.shown_class
