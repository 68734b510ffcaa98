"""The open window with an engine that computes nothing and knows the answers of the tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from dcsm_viewer.gui.tools.tool_context import Tool
from dcsm_viewer.queries.faithfulness_query import FaithfulnessQuestion
from dcsm_viewer.queries.gradient_query import GradientQuestion
from dcsm_viewer.queries.randomization_query import RandomizationQuestion
from tests.gui.engines import InstantEngine
from tests.gui.tools import answers
from tests.results import make_image


class ToolDesk:
    """The window, its engine and what a user does with a tool."""

    def __init__(self, parts: AppComponents, engine: InstantEngine, qtbot: QtBot) -> None:
        self.parts, self.engine, self._qtbot = parts, engine, qtbot

    @property
    def state(self) -> ViewState:
        return self.parts.store.state

    def show(self, image: SourceImage | None = None) -> None:
        """This image, until its maps are on show."""
        self.parts.store.change(image=image or make_image(), result=None)
        self.settle()

    def settle(self) -> None:
        self.wait(lambda: self.state.pending_serial is None and self.state.result is not None)

    def open_tool(self, name: str) -> Tool:
        self.parts.window.menus.actions[f"tools.{name}"].trigger()
        return self.parts.window.tools.page(name)

    def wait(self, until: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(until)


def tool_desk(qtbot: QtBot) -> Iterator[ToolDesk]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    engine = InstantEngine()
    engine.known = {
        RandomizationQuestion: answers.series,
        FaithfulnessQuestion: answers.faithfulness,
        GradientQuestion: answers.microscope,
    }
    themes = Themes(app)
    parts = build(ViewState(), engine.make, themes, UserSettings())
    qtbot.addWidget(parts.window)
    parts.window.resize(1280, 800)
    parts.window.restore_layout()
    parts.window.show()
    parts.controller.start()
    yield ToolDesk(parts, engine, qtbot)
    parts.window.close()
    assert parts.stop(), "a thread goes on after the window closed"
    themes.stop()
