"""Class maps as the programs that train on them scale them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.export.subject import segmentation_of
from dcsm_viewer.values import Result


def own_maximum_maps(result: Result) -> NDArray[np.float32]:
    """(T, H, W) in [0, 1]: each class map divided by its own maximum; a map without evidence stays 0.

    PSA, SEAM and CLIP-ES write their maps that way, and their published thresholds (0.26 for SEAM) mean it. To compare
    classes with each other use the npz, whose maps are not scaled.
    """
    segmentation_of(result)
    maps = np.nan_to_num(result.class_maps.astype(np.float32))
    most = maps.max(axis=(1, 2), keepdims=True, initial=0)
    scaled: NDArray[np.float32] = np.divide(maps, most, out=np.zeros_like(maps), where=most > 0)
    return scaled
