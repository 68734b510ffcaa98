"""Sessions: what goes into the file comes out of it, and what is missing, changed or damaged is said."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.app import build
from dcsm_viewer.gui.files.sessions.session_file import ENDING, Session, read_session, session_of, write_session
from dcsm_viewer.gui.files.sessions.session_load import changed_weights
from dcsm_viewer.gui.files.sessions.session_recovery import SessionRecovery
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.settings_edits import always_compare, with_field
from dcsm_viewer.gui.state.snapshots import Comparison
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.theme import Themes
from tests.e2e.conftest import Desk, photograph
from tests.gui.engines import READY, InstantEngine
from tests.gui.hands import click
from tests.gui.views.states import settled
from tests.patience import PATIENCE_S
from tests.samples import ROOT

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def session() -> Session:
    store = Store(replace(settled(), engine=READY))
    store.edit(with_field(store.state.settings, "method.alpha", 4.5))
    store.edit(with_field(store.state.settings, "crf.unary_floor", 1e-7))
    store.undo()
    return session_of(store.state, store.history, Path("/somewhere"))


def test_that_a_session_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    path = write_session(session(), tmp_path / f"s{ENDING}")
    assert read_session(path) == session()
    assert [step.settings.method.alpha for step in session().history] == [3.0, 4.5, 4.5]
    assert session().here == 1


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: "{", "holds no JSON"),
        (lambda text: "[]", "not a session"),
        (lambda text: text.replace('"schema": 2', '"schema": 99'), "schema 99"),
        (lambda text: text.replace('"alpha": 3.0', '"alpha": "three"'), "alpha"),
        (lambda text: text.replace('"alpha"', '"beta"', 1), "beta"),
        (lambda text: text.replace('"tab": 0', '"tab": 7'), "names a tab"),
    ],
)
def test_that_a_damaged_session_says_what_is_wrong(tmp_path: Path, damage: object, words: str) -> None:
    path = write_session(session(), tmp_path / f"s{ENDING}")
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]  # a lambda
    with pytest.raises(UserError, match=words):
        read_session(path)


def test_that_a_missing_session_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not there"):
        read_session(tmp_path / "none.dcsm.json")


def test_that_other_weights_of_the_same_network_are_said() -> None:
    card = replace(READY.models[0], weights_digest="f" * 64)
    assert changed_weights(session(), READY) == ""
    assert "weights of lite0-voc are others" in changed_weights(session(), replace(READY, models=(card,)))


def fill(desk: Desk, photos: Path) -> None:
    """Two tabs, a kept result, a pinned class, a moved slider, the labels on show."""
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("edit.keep")
    desk.open(photos / "b.png")
    desk.wait(lambda: len(desk.state.tabs) == 2)
    desk.settle()
    store = desk.parts.store
    store.edit(always_compare(store.state.settings, 3, on=True))
    store.edit(with_field(store.state.settings, "method.alpha", 4.5))
    desk.settle()
    store.change(view="labels", paint=Paint(opacity=0.3), focus=7, comparison=Comparison(a="A", mode="difference"))
    desk.settle()


def reopened(desk: Desk, path: Path) -> None:
    desk.window.sessions.open(path)
    desk.wait(lambda: desk.window.sessions.path == path and desk.state.reading is None)


def test_that_an_opened_session_is_the_window_that_was_saved(desk: Desk, photos: Path, tmp_path: Path) -> None:
    fill(desk, photos)
    before = desk.state
    path = tmp_path / f"mine{ENDING}"
    desk.window.sessions.save(tmp_path / "mine")
    desk.wait(lambda: "saved" in str(desk.state.message))
    for name in ("tab.close", "tab.close", "edit.reset_settings", "view.compare"):
        desk.do(name)
    desk.parts.store.change(snapshots=(), paint=Paint(), comparison=Comparison())
    reopened(desk, path)
    desk.settle()
    after = desk.state
    for name in ("settings", "focus", "view", "paint", "comparison", "tab", "folder", "folder_index"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.image is not None
    assert before.image is not None
    assert after.image.digest == before.image.digest
    assert [snapshot.name for snapshot in after.snapshots] == ["A"]
    assert after.snapshots[0].settings == before.snapshots[0].settings
    assert len(after.tabs) == 2
    desk.do("edit.undo")
    assert desk.state.settings.method.alpha == 3.0
    assert desk.state.settings.choice.always_compared == (3,)


def test_that_a_session_moved_with_its_images_finds_them(desk: Desk, photos: Path, tmp_path: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.window.sessions.save(photos / f"s{ENDING}")
    desk.wait(lambda: "saved" in str(desk.state.message))
    there = photos.rename(tmp_path / "elsewhere")
    reopened(desk, there / f"s{ENDING}")
    desk.settle()
    assert desk.state.image is not None
    assert desk.state.image.path == str(there / "a.png")


def test_that_a_missing_and_a_changed_image_are_said_and_the_rest_opens(
    desk: Desk, photos: Path, tmp_path: Path
) -> None:
    for letter in "abc":
        desk.open(photos / f"{letter}.png")
        desk.wait(lambda letter=letter: desk.state.image is not None and desk.state.image.name == f"{letter}.png")  # type: ignore[misc]  # bound at once
        desk.settle()
    desk.window.sessions.save(tmp_path / f"s{ENDING}")
    desk.wait(lambda: "saved" in str(desk.state.message))
    (photos / "a.png").unlink()
    photograph(photos / "b.png", 77)
    reopened(desk, tmp_path / f"s{ENDING}")
    assert "a.png is not at" in str(desk.state.message)
    assert "b.png has other pixels" in str(desk.state.message)
    assert desk.state.image is not None
    assert desk.state.image.name == "c.png"
    assert len(desk.state.tabs) == 2


def test_that_a_bad_session_leaves_everything_as_it_is(desk: Desk, photos: Path, tmp_path: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    result = desk.state.result
    (tmp_path / "bad.dcsm.json").write_text("{", encoding="utf-8")
    desk.window.sessions.open(tmp_path / "bad.dcsm.json")
    desk.wait(lambda: desk.state.failure is not None)
    assert desk.state.result is result


def test_that_opening_the_session_that_is_open_computes_its_maps_again(
    desk: Desk, photos: Path, tmp_path: Path
) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.window.sessions.save(tmp_path / f"s{ENDING}")
    desk.wait(lambda: "saved" in str(desk.state.message))
    reopened(desk, tmp_path / f"s{ENDING}")
    desk.settle()
    assert desk.state.failure is None


def test_that_a_window_closed_properly_leaves_nothing_to_recover(qtbot: QtBot, tmp_path: Path) -> None:
    store = Store()
    recovery = SessionRecovery(store, tmp_path)
    recovery.find_orphan()
    store.change(image=settled().image)
    recovery.save()
    qtbot.waitUntil(recovery.path.exists)
    # A living window's file is not offered to another one.
    other = SessionRecovery(Store(), tmp_path)
    with qtbot.assertNotEmitted(other.offered):
        other.find_orphan()
    other.stop()
    recovery.stop()
    assert list(tmp_path.iterdir()) == []


CRASH = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from PySide6.QtWidgets import QApplication
from PySide6.QtCore import QTimer
from dcsm_viewer.gui.files.sessions import session_recovery
from dcsm_viewer.gui.app import build
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from tests.gui.engines import InstantEngine
session_recovery.SOON_MS = 50
app = QApplication([])
parts = build(ViewState(), InstantEngine().make, Themes(app), UserSettings(), Path({folder!r}))
parts.window.show(); parts.controller.start(); parts.recovery.find_orphan()
parts.image_loader.open_paths([{image!r}])
def watch():
    state = parts.store.state
    if state.image is not None and state.settings.method.alpha != 6.5:
        parts.store.edit(with_field(state.settings, "method.alpha", 6.5))
    path = parts.recovery.path
    if path.exists() and '"alpha": 6.5' in path.read_text(encoding="utf-8"):
        {death}
timer = QTimer(interval=20); timer.timeout.connect(watch); timer.start()
app.exec()
"""


def test_that_a_killed_window_s_session_is_offered_by_the_next_and_comes_back(
    qtbot: QtBot, photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "recovery"
    death = "os.kill(os.getpid(), signal.SIGKILL)" if os.name == "posix" else "os._exit(9)"
    script = CRASH.format(root=str(ROOT), folder=str(folder), image=str(photos / "b.png"), death=death)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=PATIENCE_S, check=False)
    assert done.returncode != 0
    assert len(list(folder.glob(f"*{ENDING}"))) == 1

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    themes = Themes(app)
    parts = build(ViewState(), InstantEngine().make, themes, UserSettings(), folder)
    qtbot.addWidget(parts.window)
    parts.window.show()
    parts.controller.start()
    assert parts.recovery is not None
    bar = parts.window.session_bar
    with qtbot.waitSignal(parts.recovery.offered):
        parts.recovery.find_orphan()
    assert bar.isVisible()
    assert "not closed properly" in bar.words.text()
    click(bar.restore)
    qtbot.waitUntil(lambda: parts.store.state.result is not None)
    assert not bar.isVisible()
    assert parts.store.state.image is not None
    assert parts.store.state.image.name == "b.png"
    assert parts.store.state.settings.method.alpha == 6.5
    assert parts.recovery.orphan is None
    parts.window.close()
    assert parts.stop()
    themes.stop()
    assert list(folder.glob(f"*{ENDING}")) == []


def test_that_a_discarded_session_is_not_offered_again(qtbot: QtBot, tmp_path: Path) -> None:
    write_session(session(), tmp_path / f"1-dead{ENDING}")
    recovery = SessionRecovery(Store(), tmp_path)
    with qtbot.waitSignal(recovery.offered):
        recovery.find_orphan()
    recovery.discard()
    recovery.stop()
    assert list(tmp_path.glob(f"*{ENDING}")) == []


def test_that_an_image_whose_name_is_not_utf_8_does_not_end_the_session(tmp_path: Path) -> None:
    state = settled()
    assert state.image is not None
    odd = replace(state.image, name="a\udc85.jpg", path=str(tmp_path / "a\udc85.jpg"))
    path = write_session(session_of(replace(state, image=odd), Store().history, tmp_path), tmp_path / f"s{ENDING}")
    (tab,) = read_session(path).tabs
    assert (tab.image.name, tab.image.path) == ("a\\udc85.jpg", None)
    assert tab.image.pixels_sha256 == odd.digest
