"""Every candidate as if it had been detected, so that tools can show what each class of a comparison gets and loses."""

from __future__ import annotations

from dataclasses import replace

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.stages.class_selection import Detection


def treat_all_as_detected(detection: Detection) -> Detection:
    """Give each of the K candidates of a comparison a map.

    A class that was not detected counts as detected at every scale; the others keep the scales they were detected at.
    """
    missing = frozenset(detection.candidate_ids) - frozenset(detection.detected_ids)
    detected_at = {scale: found | missing for scale, found in detection.detected_at.items()}
    return Detection(detection.candidate_ids, detection.candidate_ids, detected_at)


def resolved_method(stage: MapPipeline) -> MethodSettings:
    """Return the method of the request, with the layers that it means by ()."""
    return replace(stage.method, layers=stage.passes.layers)
