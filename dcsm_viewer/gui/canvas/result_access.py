"""What of a ViewState is on show: which image, which class, how fresh, and what to say where something is missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result, SourceImage
from dcsm_viewer.gui.state.view_state import ViewState


def shown_image(state: ViewState) -> SourceImage | None:
    """The image the maps on show belong to; an image newer than they are waits for its first maps."""
    return state.image if state.result is None else state.result.request.image


def is_current(state: ViewState, result: Result) -> bool:
    """Whether the result was made from the image and the settings on show."""
    request = result.request
    return state.image is not None and request.image.digest == state.image.digest and request.settings == state.settings


def is_stale(state: ViewState) -> bool:
    """Whether the result answers another question than the one now asked."""
    if state.result is None:
        return False
    request = state.result.request
    return (
        state.image is None
        or request.image.digest != state.image.digest
        or request.settings != state.settings
        or (state.focus is not None and request.focus != state.focus)
    )


def completeness_mark(result: Result) -> str:
    """How far the result is, "" when it is settled."""
    match result.completeness:
        case "settled":
            return ""
        case "preview":
            return "preview"
        case "partial":
            return f"partial, {len(result.scales)} of {len(result.request.settings.method.scales)} scales"


def class_name(result: Result, class_id: int) -> str:
    return result.model.class_names[class_id]


def label_names(result: Result, labels: NDArray[np.uint16] | NDArray[np.uint8 | np.uint16]) -> dict[int, str]:
    """Name of every label that can occur: background, the detected classes, and whatever else is in `labels`."""
    found = {
        0,
        *(class_id + 1 for class_id in result.detected_ids),
        *np.flatnonzero(np.bincount(labels.ravel())).tolist(),
    }
    return {label: "background" if label == 0 else class_name(result, label - 1) for label in sorted(found)}


def raw_map(result: Result, class_id: int) -> NDArray[np.float32] | None:
    """Aggregated raw saliency (H, W) in [0, 1], None for a class that is neither candidate nor in focus."""
    if class_id in result.candidate_ids:
        values: NDArray[np.float32] = result.raw_class_maps[result.candidate_ids.index(class_id)]
        return values
    return result.focus.raw_class_map if _is_not_detected(result, class_id) and result.focus else None


def distinct_map(result: Result, class_id: int) -> NDArray[np.float32] | None:
    """Aggregated distinct map (H, W) in [0, 1], None for a class that is neither detected nor in focus."""
    if class_id in result.detected_ids:
        values: NDArray[np.float32] = result.class_maps[result.detected_ids.index(class_id)]
        return values
    return result.focus.class_map if _is_not_detected(result, class_id) and result.focus else None


def not_detected_mark(result: Result, class_id: int) -> str:
    """Words for a class that was not detected and whose maps are on show all the same, "" for any other."""
    has_map = distinct_map(result, class_id) is not None
    return "not detected: shown as if it were" if has_map and _is_not_detected(result, class_id) else ""


def _is_not_detected(result: Result, class_id: int) -> bool:
    """Whether the engine was asked for this class and made its maps although it was not detected."""
    focus = result.focus
    return focus is not None and focus.class_id == class_id and class_id not in result.detected_ids


def why_no_result(state: ViewState) -> str:
    """What the panes say while there is nothing to show."""
    if state.failure is not None:
        return "No maps for this image."
    if state.engine is None:
        return "The network is loading."
    if state.progress is not None:
        return f"Computing: {state.progress.text}"
    return "Waiting for the first maps."


def why_no_class(result: Result) -> str:
    """What the panes say when no class is on show."""
    return " ".join(result.notes) or "No class is displayed. Choose one on the right."


def why_no_distinct(result: Result, class_id: int) -> str:
    name = class_name(result, class_id)
    return f"{name} is not detected, so nothing was subtracted for it. Mark it as present, or lower the threshold."
