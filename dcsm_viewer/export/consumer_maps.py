"""Class maps as the programs that train on them scale them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export.result_checks import segmentation_of


def maps_over_own_maximum(result: Result) -> NDArray[np.float32]:
    """Divide each class map by its own maximum: float32 (T, H, W) in [0, 1]; a map without evidence stays 0.

    PSA, SEAM, IRN and CLIP-ES write their maps that way, and their published thresholds (0.26 for SEAM) mean it. To
    compare classes with each other use the npz, whose maps are not scaled.
    """
    segmentation_of(result)
    return over_own_maximum(np.nan_to_num(result.class_maps.astype(np.float32)))


def over_own_maximum(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide maps (T, H, W) by the maximum of each (H, W) where that is above 0; else return 0."""
    most = maps.max(axis=(1, 2), keepdims=True, initial=0)
    scaled: NDArray[np.float32] = np.divide(maps, most, out=np.zeros_like(maps), where=most > 0)
    return scaled


def require_detected(result: Result, consumer: str) -> None:
    """Raise UserError where no class is detected, which `consumer` cannot read."""
    if not result.detected_ids:
        raise UserError(
            f"{result.request.image.name} has no detected class, which {consumer} cannot read; lower the threshold, "
            "or say which classes it shows."
        )
