"""Thousands of things nobody would do in this order: nothing breaks, nothing is warned of, memory stays.

MONKEY_ACTIONS=10000 python -m pytest tests/e2e/test_monkey.py does more of them, MONKEY_SEED=7 others.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from dcsm_viewer.worker.engine_thread import create_engine
from tests.e2e.conftest import photograph
from tests.e2e.test_the_real_window import SMALL
from tests.gui.monkey import Monkey, MonkeyEngine, used_bytes
from tests.samples import ROOT

pytestmark = [
    # The platform without a screen does neither; said once for each.
    pytest.mark.qt_log_ignore("This plugin does not support"),
    pytest.mark.timeout(1800),
]

ACTIONS = int(os.environ.get("MONKEY_ACTIONS", "2000"))
SEED = int(os.environ.get("MONKEY_SEED", "1"))
REAL_ACTIONS = 60
WARM = 8000
"""By so many actions the views' caches of pictures are full; before that they still fill, to some 500 MB."""
FLAT_BYTES, FILLING_BYTES = 64 << 20, 400 << 20


@pytest.fixture(autouse=True)
def no_dialogs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """File dialogs are closed the moment they open; a folder the monkey types is one of its own."""
    monkeypatch.chdir(tmp_path)
    for name, nothing in (
        ("getOpenFileName", ("", "")),
        ("getOpenFileNames", ([], "")),
        ("getSaveFileName", ("", "")),
        ("getExistingDirectory", ""),
    ):
        monkeypatch.setattr(QFileDialog, name, staticmethod(lambda *_, nothing=nothing, **__: nothing))


def window(make_engine: object, state: ViewState, qtbot: QtBot) -> Iterator[AppComponents]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    themes = Themes(app)
    parts = build(state, make_engine, themes, UserSettings())  # type: ignore[arg-type]  # makes an engine
    qtbot.addWidget(parts.window)
    parts.window.resize(1280, 800)
    parts.window.restore_layout()
    parts.window.show()
    parts.controller.start()
    yield parts
    parts.window.close()
    assert parts.stop(), "a thread goes on after the window closed"
    themes.stop()


@pytest.fixture
def fake(qtbot: QtBot) -> Iterator[AppComponents]:
    yield from window(MonkeyEngine().make, ViewState(), qtbot)


@pytest.fixture
def real(qtbot: QtBot) -> Iterator[AppComponents]:
    yield from window(create_engine, ViewState(settings=SMALL), qtbot)


def told(parts: AppComponents, monkey: Monkey) -> None:
    failure = parts.store.state.failure or ""
    assert "unexpected" not in failure, f"{failure} after {monkey.last}"


def test_that_thousands_of_random_actions_break_nothing_and_take_no_memory(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        # In a process of its own: what other tests of a worker left and still give back is none of the window's.
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", request.node.nodeid]
        alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        told = subprocess.run(words, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout[-4000:]
        return
    act_at_random(*(request.getfixturevalue(name) for name in ("fake", "photos", "qtbot")))


def act_at_random(fake: AppComponents, photos: Path, qtbot: QtBot) -> None:
    photograph(photos / "broken.png", 5)
    (photos / "no picture.png").write_bytes(b"no picture")
    monkey = Monkey(fake, sorted(photos.iterdir()), SEED)
    used: list[int] = []
    for number in range(ACTIONS):
        try:
            monkey.act()
        except Exception as error:
            raise AssertionError(f"action {number}: {error!r} after {monkey.last}") from error
        told(fake, monkey)
        if number % max(1, ACTIONS // 40) == 0:
            used += [bytes_now for bytes_now in [used_bytes()] if bytes_now is not None]
    sys.stdout.write(f"{ACTIONS} actions, {dict(monkey.did)}, MB: {[count >> 20 for count in used]}\n")
    assert sum(monkey.did.values()) == ACTIONS
    if used:
        # The least of each: a figure on its way to the clipboard is a peak, not a leak.
        limit = FLAT_BYTES if ACTIONS >= WARM else FILLING_BYTES
        assert min(used[-10:]) - min(used[15:25]) < limit
    # The window can still do what it is for.
    fake.image_loader.open_paths([str(photos / "a.png")])
    fake.controller.ask_again()
    qtbot.waitUntil(lambda: fake.store.state.image is not None and fake.store.state.reading is None)
    assert fake.store.state.image is not None


def test_that_random_actions_on_the_real_engine_break_nothing(real: AppComponents, photos: Path, qtbot: QtBot) -> None:
    real.image_loader.open_paths([str(photos / "a.png")])
    qtbot.waitUntil(lambda: real.store.state.result is not None)
    monkey = Monkey(real, sorted(photos.iterdir()), SEED)
    for _ in range(REAL_ACTIONS):
        monkey.act()
        told(real, monkey)
    real.controller.cancel()
