"""The window opened from Python: on a module in memory, its result, its picture, its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

import dcsm_viewer as dv
from tests.e2e.conftest import photograph
from tests.unit.api.test_explain import Tiny

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dv.Model:
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return dv.wrap(Tiny(), ["cat", "dog", "bicycle"], device="cpu")


def test_that_a_module_in_memory_is_shown_with_its_result_and_picture(
    model: dv.Model, tmp_path: Path, qtbot: QtBot
) -> None:
    handle = dv.show(model, photograph(tmp_path / "image.png", 0), block=False)
    try:
        qtbot.waitUntil(lambda: handle.result is not None)
        assert handle.result is not None
        assert handle.result.class_names == ("cat", "dog", "bicycle")
        assert handle.result.layers == model.default_layers
        with Image.open(handle.screenshot(tmp_path / "window.png")) as picture:
            assert np.asarray(picture).std() > 5
        with pytest.raises(dv.UserError, match="cannot be written"):
            handle.screenshot(tmp_path / "nowhere" / "window.png")
    finally:
        handle.close()
    assert not handle.is_open
    assert handle.result is not None
    with pytest.raises(dv.UserError, match="The window is closed"):
        handle.screenshot(tmp_path / "again.png")


def test_that_pixels_without_a_file_are_shown(model: dv.Model, qtbot: QtBot) -> None:
    pixels = np.random.default_rng(0).random((60, 80, 3))
    handle = dv.show(model, pixels, block=False)
    try:
        qtbot.waitUntil(lambda: handle.result is not None)
        assert handle.result is not None
        np.testing.assert_array_equal(handle.result.image, np.rint(pixels * 255).astype(np.uint8))
    finally:
        handle.close()


def test_that_what_cannot_be_shown_gets_one_sentence(model: dv.Model) -> None:
    with pytest.raises(dv.UserError, match="show takes one image, or a list of paths"):
        dv.show(model, [np.zeros((4, 4, 3), np.uint8)], block=False)
    with pytest.raises(dv.UserError, match="show takes a model"):
        dv.show("lite0-voc", block=False)  # type: ignore[arg-type]  # is what is tested
