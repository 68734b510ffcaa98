"""How far polygons are from the labels they were made of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.report import Finding, finding
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.io.codecs.polygons import LARGEST_DIFFERENCE


def difference_findings(masks: dict[int, NDArray[np.bool_]], result: Result) -> Iterator[Finding]:
    """Compare filled masks (H, W) by label (class id + 1) with the labels of `result`, in px and % of each mask."""
    labels = segmentation_of(result).labels
    wanted = [class_id + 1 for class_id in result.detected_ids if (labels == class_id + 1).any()]
    yield finding(sorted(masks) == wanted, good="Every class is there.", bad="Classes are missing, or others there.")
    for number in wanted:
        mask = labels == number
        differing = int((masks.get(number, np.zeros_like(mask)) != mask).sum())
        name = result.model.class_names[number - 1]
        share = differing / int(mask.sum())
        yield finding(
            share <= LARGEST_DIFFERENCE,
            good=f"The polygons of {name} differ from its mask in {differing} px ({100 * share:.2f} %).",
            bad=f"The polygons of {name} differ from its mask in {differing} px, {100 * share:.2f} % of it.",
        )
