"""Which classes are compared, and which of them get a map, from the scores at every scale.

Ties in the summed scores: the smaller class id goes first, except where maps are wanted for all candidates
(the Caffe release sorts so that the larger id goes first).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.settings import ClassChoice, MethodSettings
from dcsm_viewer.core.types import UserError


@dataclass(frozen=True, slots=True)
class Detection:
    """Candidate and detected classes.

    candidate_ids: K class ids: detected ones ascending, those always compared, then others by falling summed score.

    detected_ids: the T classes that get a map, ascending; always the first of the candidates. detected_at: per scale,
    px, the detected classes whose evidence counts at that scale.
    """

    candidate_ids: tuple[int, ...]
    detected_ids: tuple[int, ...]
    detected_at: Mapping[int, frozenset[int]]


def detect(
    scores: NDArray[np.floating], scales: tuple[int, ...], method: MethodSettings, choice: ClassChoice
) -> Detection:
    """Select candidate and detected classes by their scores.

    docs/method.md 10.2 steps 3 and 4 with A1: detected are the classes above the threshold at any scale, or in the mean
    over the scales (method.score_reduction); candidates are these, filled up to N by falling sum over the scales. With
    maps for all candidates (10.3 step 2) the N best are detected, whatever they score.

    Parameters
    ----------
    scores
        (S, C) in [0, 1], one row a scale.
    scales
        The scale of each row, px.
    method
        Its threshold, min_candidates, score_reduction and maps_for are read.
    choice
        Overrules the scores; excluded classes are never candidates.

    Returns
    -------
    Detection
        Class ids of both.

    Raises
    ------
    UserError
        `choice` has class ids that the model does not have.
    """
    classes = scores.shape[1]
    _check_ids(choice, classes)
    allowed = [class_id for class_id in range(classes) if class_id not in choice.excluded]
    ranked = _best_first(scores, allowed, larger_id_first=method.maps_for == "candidates")

    detected_at = _detected_at(scores, scales, method, choice, ranked)
    detected = sorted(frozenset().union(*detected_at.values()))
    others = [class_id for class_id in ranked if class_id not in detected]
    always_compared = [class_id for class_id in others if class_id in choice.always_compared]
    fill_ups = [class_id for class_id in others if class_id not in choice.always_compared]
    free_slots = max(0, method.min_candidates - len(detected) - len(always_compared))
    return Detection(
        (*detected, *always_compared, *fill_ups[:free_slots]), tuple(detected), MappingProxyType(detected_at)
    )


def _detected_at(
    scores: NDArray[np.floating],
    scales: tuple[int, ...],
    method: MethodSettings,
    choice: ClassChoice,
    ranked: list[int],
) -> dict[int, frozenset[int]]:
    if choice.image_labels is not None:
        return dict.fromkeys(scales, frozenset(choice.image_labels).intersection(ranked))
    force_detected = frozenset(choice.force_detected).intersection(ranked)
    if method.maps_for == "candidates" and method.min_candidates > 0:
        always_compared = [class_id for class_id in ranked if class_id in choice.always_compared]
        wanted = force_detected.union(always_compared)
        free_slots = max(0, method.min_candidates - len(wanted))
        best = [class_id for class_id in ranked if class_id not in wanted][:free_slots]
        return dict.fromkeys(scales, wanted.union(best))
    threshold = scores.dtype.type(method.threshold)
    of_image = image_scores(scores, method)
    detected = [class_id for class_id in ranked if of_image[class_id] > threshold]
    found = {
        scale: force_detected.union(class_id for class_id in detected if row[class_id] > threshold)
        for scale, row in zip(scales, scores, strict=True)
    }
    if choice.top1_if_none and ranked and not any(found.values()):
        return dict.fromkeys(scales, frozenset(ranked[:1]))
    return found


def _best_first(scores: NDArray[np.floating], ids: Iterable[int], *, larger_id_first: bool) -> list[int]:
    total = np.nan_to_num(scores.astype(np.float64)).sum(axis=0)  # a NaN would leave the order to chance
    sign = -1 if larger_id_first else 1
    return sorted(ids, key=lambda class_id: (-total[class_id], sign * class_id))


def _check_ids(choice: ClassChoice, classes: int) -> None:
    named = {*choice.always_compared, *choice.excluded, *choice.force_detected, *(choice.image_labels or ())}
    unknown = sorted(class_id for class_id in named if not 0 <= class_id < classes)
    if unknown:
        raise UserError(f"The model has {classes} classes, numbered from 0, and no {unknown}; take them back.")
