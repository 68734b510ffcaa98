"""Ledger, matrix and threshold desk in the real window, on the engine that really computes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dcsm_viewer.gui.tools.matrix.matrix_tool import MatrixTool
from dcsm_viewer.gui.tools.pixel.pixel_rows import AGREES, check_of, q_residual
from dcsm_viewer.gui.tools.pixel.pixel_tool import PixelTool
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import seed_labels
from dcsm_viewer.gui.tools.thresholds.thresholds_tool import ThresholdsTool
from tests.e2e.test_the_real_window import RealDesk, desk, engines, photos
from tests.gui.hands import the

__all__ = ["desk", "engines", "photos"]

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def is_whole(contributions: PixelTool, pixel: tuple[int, int]) -> bool:
    """Whether the account of this pixel is on show to its last line."""
    shown = contributions.shown
    return shown is not None and shown.crf is not None and (shown.question.row, shown.question.col) == pixel


def test_that_a_user_reads_a_pixel_compares_the_classes_and_sets_thresholds(desk: RealDesk, photos: Path) -> None:
    desk.open(photos / "dog-bicycle.png")
    result = desk.settle("dog-bicycle.png")
    wait = desk._qtbot.waitUntil

    desk.do("tools.ledger")
    contributions = the(desk.parts.window, PixelTool)
    for pixel in ((120, 100), (31, 200)):
        desk.parts.window.stack.pixel_clicked.emit(*pixel)
        wait(partial(is_whole, contributions, pixel))
        assert contributions.shown is not None
        compared = [
            check_of(result, contributions.shown, entry) for entry in contributions.shown.classes if entry.detected
        ]
        assert len(compared) == len(result.detected_ids) >= 2
        assert max(check.residual or 0.0 for check in compared) <= AGREES
        assert (q_residual(result, contributions.shown) or 0.0) <= AGREES
    assert contributions.words.text().startswith("✓")

    desk.do("tools.matrix")
    matrix = the(desk.parts.window, MatrixTool)
    wait(lambda: matrix.matrix is not None and not matrix.matrix.is_preview)
    assert matrix.matrix is not None
    assert matrix.matrix.class_ids == result.candidate_ids
    before, after = matrix.matrix.before.mean, matrix.matrix.after.mean
    assert before is not None
    assert after is not None
    assert after < before - 0.2, "the subtraction no longer tells the classes apart"

    desk.do("tools.thresholds")
    thresholds = the(desk.parts.window, ThresholdsTool)
    wait(lambda: thresholds.measured is not None)
    assert thresholds.measured is not None
    np.testing.assert_array_equal(thresholds.measured.peaks.largest, result.class_maps.max(axis=0))
    layer = thresholds.view.seed.content.layer
    expected = seed_labels(thresholds.measured.peaks, thresholds.thresholds)
    np.testing.assert_array_equal(layer.labels, expected)  # type: ignore[union-attr]  # the seed is labels
