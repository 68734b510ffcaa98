"""The paper's first comparison and the other baselines, through the real main: the same CRF, exports and window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from dcsm_viewer.cli import main
from tests.samples import SAMPLE

# The platform without a screen says so of every window whose size is limited; real platforms do not.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SMALL = ("--scales", "160", "--canvas", "200", "--crf-iterations", "2", "--device", "cpu", "--classes", "dog,bicycle")


def export(out: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["export", str(SAMPLE), "--out", str(out), *SMALL, *words])
    return int(ended.value.code or 0)


def test_that_simonyans_saliency_is_exported_with_the_same_crf(tmp_path: Path) -> None:
    assert export(tmp_path, "--preset", "simonyan", "--stages", "--format", "npz") == 0
    with np.load(tmp_path / f"{SAMPLE.stem}.npz", allow_pickle=False) as kept:
        assert [name for name in kept if name.startswith("raw/")] == ["raw/160/input"]
        assert kept["raw/160/input"].shape == (2, 160, 160)
        assert kept["class_maps"].shape[0] == 2
        assert 0.9 < kept["class_maps"].max() <= 1
        assert kept["q"].shape == kept["unary"].shape
        assert not np.array_equal(kept["q"].argmax(0), kept["unary"].argmax(0))


@pytest.mark.parametrize("preset", ["gradcam", "finercam"])
def test_that_a_baseline_is_exported(preset: str, tmp_path: Path) -> None:
    assert export(tmp_path, "--preset", preset, "--format", "npz", "--stages") == 0
    with np.load(tmp_path / f"{SAMPLE.stem}.npz", allow_pickle=False) as kept:
        assert kept["raw/160/head"].shape == (2, 160, 160)
        assert 0.9 < kept["class_maps"].max() <= 1


def test_that_the_window_shows_simonyans_saliency(tmp_path: Path, qtbot: QtBot) -> None:
    assert qtbot is not None
    picture = tmp_path / "window.png"
    words = ("--preset", "simonyan", "--scales", "160", "--no-crf", "--device", "cpu", "--view", "grid")
    with pytest.raises(SystemExit) as ended:
        main(["gui", str(SAMPLE), *words, "--screenshot", str(picture), "--size", "1100x720"])
    assert ended.value.code == 0
    assert (QImage(str(picture)).width(), QImage(str(picture)).height()) == (1100, 720)
