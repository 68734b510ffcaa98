"""The CRFs that PSA, SEAM and IRN run on class maps before they train on them, as rules for who can compute them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result, SeedRule, UserError
from dcsm_viewer.export.result_checks import segmentation_of

# The background is (1 - largest map) ** alpha: a low alpha leaves much background, a high one little.
PSA_LOW, PSA_HIGH = SeedRule("psa", 4), SeedRule("psa", 32)  # infer_cls.py: --low_alpha 4, --high_alpha 32
SEAM_LOW, SEAM_HIGH = SeedRule("psa", 4), SeedRule("psa", 24)  # infer_SEAM.py: crf_alpha [4, 24]
# Hard labels: a class where its map is above the threshold.
IRN_SURE_CLASS, IRN_SURE_BACKGROUND = SeedRule("irn", 0.30), SeedRule("irn", 0.05)  # conf_fg_thres, conf_bg_thres


def seeds_of(result: Result, rule: SeedRule) -> NDArray[np.float32]:
    """Probabilities (T+1, H, W) that the CRF of `rule` gave, background first.

    Raises UserError where they were not computed (dcsm_viewer.worker.pseudo_labels does).
    """
    segmentation_of(result)
    if rule not in result.seeds:
        raise UserError(
            f"{result.request.image.name} has no labels of its consumer's CRF yet; export it with `dcsm-viewer export`."
        )
    return result.seeds[rule]
