"""run_window from start to exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QSettings, QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dcsm_viewer.cli import main
from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui import app as program
from dcsm_viewer.gui.app import run_window
from dcsm_viewer.gui.files.clipboard_images import pasted_image, source_of
from dcsm_viewer.gui.screen_probe import Screen
from dcsm_viewer.gui.state.view_state import ViewName
from dcsm_viewer.worker.engine_thread import Listener
from tests.e2e.conftest import Desk, photograph
from tests.gui.engines import InstantEngine
from tests.patience import PATIENCE_S
from tests.samples import ROOT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.mark.parametrize("view", ["compare", "grid", "overlay", "labels"])
def test_that_a_screenshot_shows_the_settled_window_in_the_size_asked_for(
    photos: Path, tmp_path: Path, view: ViewName, qtbot: QtBot
) -> None:
    assert qtbot is not None
    picture = tmp_path / "shot.png"
    engine = InstantEngine()
    code = run_window(
        [str(photos / "a.png")],
        screenshot=picture,
        make_engine=engine.make,
        size=(1100, 720),
        view=view,
        theme="dark",
    )
    assert code == 0
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1100, 720)
    assert image.pixelColor(5, 400).lightness() < 80
    assert len(engine.ran) == 1


def test_that_a_screenshot_of_a_failure_exits_with_one_and_its_sentence(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], qtbot: QtBot
) -> None:
    assert qtbot is not None
    bad = (photos / "a.png").rename(photos / "broken.png")
    code = run_window([str(bad)], screenshot=tmp_path / "shot.png", make_engine=InstantEngine().make)
    assert code == 1
    assert "The network cannot see this one" in capsys.readouterr().err
    assert (tmp_path / "shot.png").exists()


def test_that_a_screenshot_nowhere_exits_with_one_and_its_sentence(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], qtbot: QtBot
) -> None:
    assert qtbot is not None
    code = run_window(
        [str(photos / "a.png")], screenshot=tmp_path / "no" / "shot.png", make_engine=InstantEngine().make
    )
    assert code == 1
    assert "is not there" in capsys.readouterr().err


def test_that_an_engine_that_cannot_be_built_ends_a_screenshot_with_its_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], qtbot: QtBot
) -> None:
    assert qtbot is not None

    def no_engine(_report: Listener) -> InstantEngine:
        raise UserError("torch is not installed; run make.")

    path = photograph(tmp_path / "a.png")
    assert run_window([str(path)], screenshot=tmp_path / "shot.png", make_engine=no_engine) == 1
    assert "torch is not installed; run make." in capsys.readouterr().err


def test_that_a_window_that_is_closed_ends_with_zero_and_its_layout_is_kept(own_home: Path, qtbot: QtBot) -> None:
    assert qtbot is not None
    QTimer.singleShot(200, _close_the_window)
    assert run_window(make_engine=InstantEngine().make, size=(1100, 720)) == 0
    kept = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "dcsm-viewer", "dcsm-viewer")
    assert kept.fileName().startswith(str(own_home))
    assert kept.contains("window/docks")


def test_that_a_damaged_settings_file_is_said_and_the_window_still_opens(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    assert qtbot is not None
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(own_home / "damaged"))
    file = own_home / "damaged" / "dcsm-viewer" / "dcsm-viewer.ini"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\x00\xff[[[ no such = \n]=\nwindow/theme")
    output: list[str | None] = []
    build = program.build

    def spy(*arguments: object) -> program.AppComponents:
        parts = build(*arguments)  # type: ignore[arg-type]  # handed on as they came
        output.append(parts.store.state.failure)
        return parts

    monkeypatch.setattr(program, "build", spy)
    QTimer.singleShot(200, _close_the_window)
    assert run_window(make_engine=InstantEngine().make) == 0
    assert "cannot be read; the window starts with its defaults" in str(output[0])


def test_that_a_home_that_cannot_be_written_is_said_and_the_window_still_opens(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    assert qtbot is not None
    # Nothing can be made below a file, not even by root, whom no permission stops.
    (own_home / "file").write_text("", encoding="utf-8")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(own_home / "file" / "config"))
    output: list[str] = []
    build = program.build

    def spy(*arguments: object) -> program.AppComponents:
        parts = build(*arguments)  # type: ignore[arg-type]  # handed on as they came
        output.append(parts.window.headline.words)
        return parts

    monkeypatch.setattr(program, "build", spy)
    QTimer.singleShot(200, _close_the_window)
    assert run_window(make_engine=InstantEngine().make, size=(1100, 720)) == 0
    assert "cannot be written; layout and recent files are forgotten at the end." in output[0]


def test_that_without_a_screen_there_is_a_sentence_and_not_an_abort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match="There is no display"):
        run_window(make_engine=InstantEngine().make)


def test_that_an_unexpected_error_becomes_a_sentence_and_the_window_lives_on(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    hook = program._sentence_hook(desk.parts.store)
    hook(ZeroDivisionError, ZeroDivisionError("division by zero"), None)
    assert "unexpected ZeroDivisionError: division by zero" in desk.window.headline.words
    assert "unexpected error in the window" in caplog.text


def test_that_pasted_pixels_keep_their_colours_and_places(desk: Desk) -> None:
    image = QImage(5, 3, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 20, 30))
    image.setPixelColor(4, 0, QColor(255, 0, 0))
    rgb = source_of(image).rgb
    assert rgb.shape == (3, 5, 3)
    assert rgb[0, 4].tolist() == [255, 0, 0]
    assert rgb[2, 0].tolist() == [10, 20, 30]
    QApplication.clipboard().setImage(image)
    desk.do("edit.paste")
    assert desk.state.image is not None
    assert desk.state.image.name == "pasted"
    desk.settle()


def test_that_a_clipboard_without_a_picture_pastes_none() -> None:
    words = QMimeData()
    words.setText("no picture")
    assert pasted_image(words) is None


def _close_the_window() -> None:
    for widget in QApplication.topLevelWidgets():
        widget.close()


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there is always a screen")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "There is no display"),
        ({"DISPLAY": "127.0.0.1:7777"}, ""),  # no server, or no libraries to speak to one: as this machine has it
        ({"QT_QPA_PLATFORM": "nonexistent"}, "a platform plugin that Qt does not have"),
    ],
)
def test_that_on_a_machine_without_a_screen_images_are_exported_and_pictured_instead(
    given: dict[str, str], sentence: str, photos: Path, tmp_path: Path
) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    } | given
    command = [sys.executable, str(ROOT / "main.py")]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    done = run(str(photos / "a.png"), "--scales", "96", "--no-crf", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    output = [line for line in done.stderr.splitlines() if "Doing the same job without a window" in line]
    assert len(output) == 1
    assert sentence in output[0]
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"a.png", "a.json", "window.png"}
    recipe = json.loads((tmp_path / "out" / "a.json").read_text("utf-8"))
    assert recipe["settings"]["method"]["scales"] == [96], "the same job"
    nothing = run()
    assert nothing.returncode == 1
    assert "Name an image, or use" in nothing.stderr


def test_that_where_qt_cannot_even_draw_the_results_are_written_all_the_same(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = "Qt needs shared libraries that are not installed: libEGL.so.1."

    class NoQt:
        def found(self) -> Screen:
            return Screen(error, ("libegl1",), offscreen=False)

    monkeypatch.setattr("dcsm_viewer.gui.screen_probe.ScreenProbe", NoQt)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([str(photos / "a.png"), "--scales", "96", "--no-crf", "--device", "cpu"])
    assert ended.value.code == 0
    assert f"{error} Doing the same job without a window, results in out/." in capsys.readouterr().err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {"a.png", "a.json"}
    assert "window.png" not in names
    with pytest.raises(SystemExit) as ended:
        main(["--screenshot", "window.png"])
    assert ended.value.code == 1
    assert f"No picture of the window can be made. {error}" in capsys.readouterr().err
