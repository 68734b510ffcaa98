from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.settings import MethodSettings

ANY, MEAN = (replace(MethodSettings(), score_reduction="max"), replace(MethodSettings(), score_reduction="mean"))
SCORES = np.array([[0.1, 0.6], [0.4, 0.0], [0.1, 0.3]], np.float32)


def test_that_an_image_scores_the_best_or_the_mean_of_its_scales() -> None:
    assert image_scores(SCORES, ANY) == pytest.approx([0.4, 0.6])
    assert image_scores(SCORES, MEAN) == pytest.approx([0.2, 0.3])


@pytest.mark.parametrize("method", [ANY, MEAN], ids=["any", "mean"])
def test_that_one_scale_is_its_own_score_and_none_is_nothing(method: MethodSettings) -> None:
    assert image_scores(SCORES[:1], method).tolist() == SCORES[0].tolist()
    assert image_scores(SCORES[:0], method).tolist() == [0.0, 0.0]
    for dtype in (np.float32, np.float64):
        assert image_scores(SCORES.astype(dtype), method).dtype == dtype
