"""The window as a user has it, with an engine that computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.main_window import Window
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from tests.gui.engines import BlindEngine, GatedEngine, InstantEngine


class Desk:
    """The open window and the hands of the user."""

    def __init__(self, parts: AppComponents, engine: InstantEngine, qtbot: QtBot) -> None:
        self.parts, self.engine, self._qtbot = parts, engine, qtbot

    @property
    def window(self) -> Window:
        return self.parts.window

    @property
    def state(self) -> ViewState:
        return self.parts.store.state

    def action(self, name: str) -> QAction:
        return self.window.menus.actions[name]

    def do(self, name: str) -> None:
        action = self.action(name)
        assert action.isEnabled(), f"{name} cannot be chosen now"
        action.trigger()

    def wait(self, until: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(until)

    def open(self, *paths: Path) -> None:
        self.parts.image_loader.open_paths([str(path) for path in paths])

    def settle(self) -> None:
        """Until the maps of what is wanted now are on show."""
        self.wait(
            lambda: self.state.pending_serial is None and self.state.result is not None and self.state.reading is None
        )


def photograph(path: Path, seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    Image.fromarray(random.integers(0, 256, (60, 80, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three photographs, a.png, b.png and c.png."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate("abc"):
        photograph(folder / f"{name}.png", seed)
    return folder


def _desk(engine: InstantEngine, qtbot: QtBot) -> Iterator[Desk]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    themes = Themes(app)
    parts = build(ViewState(), engine.make, themes, UserSettings())
    qtbot.addWidget(parts.window)
    themes.choose("light")
    parts.window.resize(1280, 800)
    parts.window.restore_layout()
    parts.window.show()
    parts.controller.start()
    yield Desk(parts, engine, qtbot)
    parts.window.close()
    assert parts.stop(), "a thread goes on after the window closed"
    themes.stop()


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    """The engine answers at once."""
    yield from _desk(InstantEngine(), qtbot)


@pytest.fixture
def slow_desk(qtbot: QtBot) -> Iterator[Desk]:
    """The engine answers when it gets a permit."""
    engine = GatedEngine()
    for desk in _desk(engine, qtbot):
        yield desk
        for _ in range(20):
            engine.permits.release()


@pytest.fixture
def blind_desk(qtbot: QtBot) -> Iterator[Desk]:
    """The engine finds nothing unless told to take the best class."""
    yield from _desk(BlindEngine(), qtbot)
