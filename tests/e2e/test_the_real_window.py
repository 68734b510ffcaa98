"""What a user does in the window with the engine that really computes, on small pictures at small scales."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QSlider
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.settings_edits import with_field, with_scales
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from dcsm_viewer.gui.widgets.slider_row import SliderRow
from dcsm_viewer.worker.engine_thread import EngineLike, Listener, create_engine
from tests.gui.hands import click, the
from tests.patience import PATIENCE_S
from tests.samples import ROOT, SAMPLE, SAMPLES

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SMALL = replace(with_field(with_scales(Settings(), (192, 224)), "method.canvas_px", 224), device="cpu")
SMALL = with_field(SMALL, "crf.iterations", 3)


class RealDesk:
    """The open window on the real engine."""

    def __init__(self, parts: AppComponents, qtbot: QtBot) -> None:
        self.parts, self._qtbot = parts, qtbot

    @property
    def state(self) -> ViewState:
        return self.parts.store.state

    @property
    def result(self) -> Result:
        assert self.state.result is not None
        return self.state.result

    @property
    def words(self) -> str:
        return self.parts.window.headline.words

    def open(self, *paths: Path) -> None:
        self.parts.image_loader.open_paths([str(path) for path in paths])

    def do(self, name: str) -> None:
        self.parts.window.menus.actions[name].trigger()

    def settle(self, name: str | None = None) -> Result:
        """The settled result of what is wanted now, of the image called `name` if one is given."""
        self._qtbot.waitUntil(lambda: self._is_settled(name))
        return self.result

    def wait_for_failure(self) -> str:
        self._qtbot.waitUntil(lambda: self.state.failure is not None)
        return str(self.state.failure)

    def wait_for_news(self) -> str:
        """What came of an export."""

        def is_over() -> bool:
            return self.state.failure is not None or "written" in str(self.state.message)

        self._qtbot.waitUntil(is_over)
        return str(self.state.failure or self.state.message)

    def id_of(self, name: str) -> int:
        return self.result.model.class_names.index(name)

    def slider(self, field: str) -> QSlider:
        return the(the(self.parts.window, SliderRow, field), QSlider)

    def _is_settled(self, name: str | None) -> bool:
        state = self.state
        result = state.result
        assert state.reading is not None or state.failure is None, state.failure
        return (
            state.reading is None
            and state.pending_serial is None
            and result is not None
            and result.completeness == "settled"
            and result.request.settings == state.settings
            and (name is None or result.request.image.name == name)
        )


@pytest.fixture(scope="module")
def engines() -> dict[str, EngineLike]:
    """The engine, loaded once; each window's thread ends before the next one gets it."""
    return {}


@pytest.fixture
def desk(engines: dict[str, EngineLike], qtbot: QtBot) -> Iterator[RealDesk]:
    def make_engine(report: Listener) -> EngineLike:
        if "engine" not in engines:
            engines["engine"] = create_engine(lambda ready: engines.update(ready=ready))  # type: ignore[call-overload]  # kept for the next window
        report(engines["ready"])  # type: ignore[arg-type]  # what the line above kept
        return engines["engine"]

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    themes = Themes(app)
    parts = build(ViewState(settings=SMALL), make_engine, themes, UserSettings())
    qtbot.addWidget(parts.window)
    parts.window.resize(1280, 800)
    parts.window.restore_layout()
    parts.window.show()
    parts.controller.start()
    yield RealDesk(parts, qtbot)
    parts.window.close()
    assert parts.stop(), "a thread goes on after the window closed"
    themes.stop()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of small copies: cat.png and dog-bicycle.png, and broken.png, which is cut off."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for path in (SAMPLE, SAMPLES / "cat.jpg"):
        with Image.open(path) as photograph:
            photograph.thumbnail((320, 320))
            photograph.save(folder / f"{path.stem}.png")
    whole = (folder / "cat.png").read_bytes()
    (folder / "broken.png").write_bytes(whole[: len(whole) // 3])
    return folder


def test_that_a_session_from_opening_over_every_change_to_undo_keeps_to_what_was_asked(
    desk: RealDesk, photos: Path
) -> None:
    desk.open(photos / "dog-bicycle.png")
    first = desk.settle("dog-bicycle.png")
    names = first.model.class_names
    assert {"dog", "bicycle"} <= {names[class_id] for class_id in first.detected_ids}
    assert first.class_maps.shape == (len(first.detected_ids), *first.request.image.shape)

    # Another class is shown, made of the same maps.
    bicycle, television = desk.id_of("bicycle"), desk.id_of("tvmonitor")
    desk.parts.store.change(focus=bicycle)
    shown = desk.settle()
    assert shown.focus is not None
    assert shown.focus.class_id == bicycle
    np.testing.assert_array_equal(shown.class_maps, first.class_maps)

    # A rival that is struck out takes nothing any more.
    assert television in shown.candidate_ids
    desk.parts.store.change(focus=television)
    desk.settle()
    desk.do("class.strike")
    without = desk.settle()
    assert television not in (*without.candidate_ids, *without.detected_ids)
    desk.parts.store.change(focus=bicycle)
    without = desk.settle()

    # N = 0 is the raw map; back at 4 it is the distinct one again, bit by bit.
    index = without.detected_ids.index(bicycle)
    home = desk.slider("method.min_candidates").value()
    desk.slider("method.min_candidates").setValue(0)
    unsubtracted = desk.settle()
    assert not np.array_equal(unsubtracted.class_maps[index], without.class_maps[index])
    desk.slider("method.min_candidates").setValue(home)
    np.testing.assert_array_equal(desk.settle().class_maps, without.class_maps)

    # One drag was one step; the step before it was the strike.
    desk.do("edit.undo")
    again = desk.settle()
    assert television in again.candidate_ids
    np.testing.assert_array_equal(again.class_maps, first.class_maps)


def test_that_a_dropped_folder_is_read_in_order_and_what_is_broken_leaves_the_last_picture(
    desk: RealDesk, photos: Path
) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(photos))])
    middle, copy = QPointF(5, 5), Qt.DropAction.CopyAction
    no_button, no_key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    desk.parts.window.dropEvent(QDropEvent(middle, copy, mime, no_button, no_key))
    # broken.png comes first in the folder.
    assert "broken.png" in desk.wait_for_failure()
    assert desk.state.image is None
    desk.do("file.next")
    cat = desk.settle("cat.png")
    assert [cat.model.class_names[class_id] for class_id in cat.detected_ids] == ["cat"]
    desk.do("file.previous")
    assert "damaged" in desk.wait_for_failure()
    assert desk.state.image is not None
    assert desk.state.image.name == "cat.png"
    assert desk.result is cat


def test_that_top1_gives_maps_where_no_class_is_above_the_threshold(desk: RealDesk, photos: Path) -> None:
    desk.parts.store.edit(with_field(desk.state.settings, "method.threshold", 1.0))
    desk.open(photos / "cat.png")
    nothing = desk.settle("cat.png")
    assert nothing.detected_ids == ()
    assert nothing.segmentation is not None
    assert not nothing.segmentation.labels.any()
    assert "No class scores above the threshold 1" in desk.words
    click(desk.parts.window.headline._top1)
    best = desk.settle()
    assert [best.model.class_names[class_id] for class_id in best.detected_ids] == ["cat"]


def test_that_an_export_holds_the_result_on_the_screen(desk: RealDesk, photos: Path, tmp_path: Path) -> None:
    desk.open(photos / "dog-bicycle.png")
    result = desk.settle("dog-bicycle.png")
    out = tmp_path / "out"
    desk.parts.export_controller.export(str(out), ("voc", "npz", "png"), stages=True)
    assert "4 files written" in desk.wait_for_news()
    assert result.segmentation is not None
    with Image.open(out / "dog-bicycle.png") as mask:
        assert mask.mode == "P"
        np.testing.assert_array_equal(np.asarray(mask), result.segmentation.labels)
    with np.load(out / "dog-bicycle.npz", allow_pickle=False) as kept:
        np.testing.assert_array_equal(kept["class_maps"], result.class_maps)
        assert tuple(kept["detected_ids"]) == result.detected_ids
    recipe = json.loads((out / "dog-bicycle.json").read_text(encoding="utf-8"))
    assert "cpu" in json.dumps(recipe)


KINDS = {
    "sixteen.png": lambda: Image.fromarray(np.linspace(0, 65535, 48 * 64, dtype=np.uint16).reshape(48, 64)),
    "palette.gif": lambda: Image.new("P", (64, 48), 3),
    "ink.jpg": lambda: Image.new("CMYK", (64, 48), (0, 90, 90, 0)),
    "glass.png": lambda: Image.new("RGBA", (64, 48), (10, 200, 30, 90)),
    "dot.png": lambda: Image.new("RGB", (1, 1), (9, 9, 9)),
}


@pytest.mark.parametrize("name", KINDS)
def test_that_unusual_pictures_open_and_settle(desk: RealDesk, tmp_path: Path, name: str) -> None:
    picture = KINDS[name]()
    picture.save(tmp_path / name)
    desk.open(tmp_path / name)
    result = desk.settle(name)
    assert desk.state.failure is None
    assert result.request.image.shape == (picture.height, picture.width)
    assert result.segmentation is not None
    assert result.segmentation.labels.shape == (picture.height, picture.width)


def test_that_a_turned_photograph_is_upright_and_says_so(desk: RealDesk, photos: Path) -> None:
    with Image.open(photos / "cat.png") as cat:
        exif = Image.Exif()
        exif[0x0112] = 6
        cat.convert("RGB").save(photos / "turned.jpg", exif=exif)
        width, height = cat.size
    desk.open(photos / "turned.jpg")
    assert desk.settle("turned.jpg").request.image.shape == (width, height)
    assert "EXIF" in desk.words


def _not_an_image(path: Path) -> None:
    path.write_text("A shopping list: milk, bread.", encoding="utf-8")


def _bomb(path: Path) -> None:
    # One bit a pixel, all the same: 20,000 x 20,000 of them in a few kilobytes.
    Image.new("1", (20_000, 20_000)).save(path)


@pytest.mark.parametrize("write", [_not_an_image, Path.touch, _bomb], ids=["no image", "no bytes", "bomb"])
def test_that_what_cannot_be_read_is_refused_in_one_sentence_beside_the_last_picture(
    desk: RealDesk, photos: Path, write: object
) -> None:
    desk.open(photos / "cat.png")
    cat = desk.settle("cat.png")
    bad = photos / "a.png"
    write(bad)  # type: ignore[operator]  # one of the three above
    desk.open(bad)
    sentence = desk.wait_for_failure()
    assert "a.png" in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert desk.result is cat
    assert desk.words == sentence


def test_that_weights_that_do_not_fit_are_refused_and_the_maps_stay(
    desk: RealDesk, photos: Path, tmp_path: Path
) -> None:
    import torch

    desk.open(photos / "cat.png")
    cat = desk.settle("cat.png")
    path = tmp_path / "other.pth"
    torch.save({"conv1.weight": torch.zeros(8, 3, 3, 3)}, path)
    desk.parts.window.choose_model(str(path))
    sentence = desk.wait_for_failure()
    assert "other.pth" in sentence
    assert desk.result is cat
    desk.do("edit.undo")
    assert desk.settle().detected_ids == cat.detected_ids
    assert desk.state.failure is None


def test_that_a_process_of_its_own_makes_a_screenshot_also_where_the_home_cannot_be_written(
    photos: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    # A file where the settings' folder should be: nothing below it can be made, not even by root.
    home.write_text("", encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}},
        "QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"), "XDG_DATA_HOME": str(home / "data"),
    }  # fmt: skip
    words = [str(photos / "dog-bicycle.png"), "--screenshot", str(tmp_path / "shot.png"), "--size", "1100x720"]
    command = [sys.executable, str(ROOT / "main.py"), *words, "--scales", "192,224", "--device", "cpu"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    output = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]
    assert (done.returncode, output) == (0, [])
    picture = QImage(str(tmp_path / "shot.png"))
    assert (picture.width(), picture.height()) == (1100, 720)
