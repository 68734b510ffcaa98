"""The scores of a result as rows, best first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.types import Result

_MOST = 60
"""At most so many classes are listed."""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One class: its scores in [0, 1] by scale, that of the image, and what it is to the method, in a word."""

    class_id: int
    name: str
    scores: tuple[float, ...]
    score: float
    role: str


def score_rows(result: Result, *, only_compared: bool) -> tuple[ScoreRow, ...]:
    """Classes by falling score of the image; only_compared: the candidates alone, in the method's order."""
    best = image_scores(result.scores, result.request.settings.method)
    ids = result.candidate_ids if only_compared else [int(index) for index in np.argsort(-best, kind="stable")[:_MOST]]
    return tuple(
        ScoreRow(
            class_id,
            result.model.class_names[class_id],
            tuple(float(score) for score in result.scores[:, class_id]),
            float(best[class_id]),
            _role(result, class_id),
        )
        for class_id in ids
    )


def _role(result: Result, class_id: int) -> str:
    choice = result.request.settings.choice
    words = ["detected" if class_id in result.detected_ids else "rival" if class_id in result.candidate_ids else ""]
    words += [
        word
        for word, ids in (
            ("always compared", choice.always_compared),
            ("marked as present", choice.force_detected),
            ("excluded", choice.excluded),
        )
        if class_id in ids
    ]
    return ", ".join(word for word in words if word)
