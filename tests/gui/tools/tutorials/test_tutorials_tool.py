"""Every step of every lesson through the real window with the real engine: nothing pointed at is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.settings_edits import with_field, with_scales
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from dcsm_viewer.gui.tools.tutorials.tutorial_content import TUTORIALS
from dcsm_viewer.gui.tools.tutorials.tutorial_model import AnswerContext
from dcsm_viewer.gui.tools.tutorials.tutorials_tool import TutorialsTool
from dcsm_viewer.worker.engine_thread import create_engine
from tests.gui.hands import click
from tests.samples import SAMPLES

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SMALL = with_field(with_scales(replace(Settings(), device="cpu"), (192, 224)), "method.canvas_px", 224)
SMALL = with_field(SMALL, "crf.iterations", 3)


class Class:
    """The open window, the lessons in it, and what a pupil does."""

    def __init__(self, parts: AppComponents, qtbot: QtBot) -> None:
        self.parts, self._qtbot = parts, qtbot
        parts.window.menus.actions["tools.lessons"].trigger()
        tool = parts.window.tools.docks["lessons"].widget()
        assert isinstance(tool, TutorialsTool)
        self.tool = tool

    @property
    def state(self) -> ViewState:
        return self.parts.store.state

    def settle(self) -> None:
        def is_settled() -> bool:
            state = self.state
            assert state.failure is None, state.failure
            result = state.result
            return (
                state.reading is None
                and state.pending_serial is None
                and result is not None
                and result.completeness == "settled"
                and result.request.settings == state.settings
            )

        self._qtbot.waitUntil(is_settled)

    def wait_for_frame(self, wanted: QWidget) -> None:
        def is_framed() -> bool:
            frame = self.tool.frame
            return frame is not None and frame.target is wanted and frame.isVisible()

        self._qtbot.waitUntil(is_framed)

    def wait_for_class(self, name: str) -> None:
        """Another class of the same result takes the stage a moment after the step has begun."""

        def is_shown() -> bool:
            result = self.state.result
            return result is not None and self.state.shown_class == result.model.class_names.index(name)

        self._qtbot.waitUntil(is_shown)

    def wait_for_verdict(self) -> None:
        self._qtbot.waitUntil(lambda: self.tool.run is None or self.tool.run.verdict is not None)


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Class]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    themes = Themes(app)
    parts = build(ViewState(settings=SMALL), create_engine, themes, UserSettings())
    qtbot.addWidget(parts.window)
    parts.window.resize(1280, 800)
    parts.window.restore_layout()
    parts.window.show()
    parts.controller.start()
    yield Class(parts, qtbot)
    parts.window.close()
    assert parts.stop(), "a thread goes on after the window closed"
    themes.stop()


def test_that_every_lesson_can_be_walked_to_its_end_and_gives_back_what_was_on_show(session: Class) -> None:
    session.parts.image_loader.open_paths([str(SAMPLES / "cat.jpg")])
    session.settle()
    users = replace(session.state.settings, method=replace(session.state.settings.method, alpha=2.0))
    session.parts.store.edit(users)
    session.parts.store.change(view="grid")
    session.settle()
    for lesson in TUTORIALS:
        click(session.tool.list.buttons[lesson.name])
        for index, step in enumerate(lesson.steps):
            session._qtbot.waitUntil(lambda: session.state.image is not None and "dog" in session.state.image.name)
            session.settle()
            run = session.tool.run
            assert run is not None
            assert (run.lesson, run.index) == (lesson, index)
            assert session.state.view == step.view
            assert session.state.result is not None
            session.wait_for_class(step.class_name)
            session.wait_for_frame(session.parts.window.tools.context.targets[step.target]())
            assert "{" not in session.tool.card.words.text()
            assert "…" not in session.tool.card.words.text(), "a number is missing though the result is there"
            if step.question is not None:
                before = session.state.result
                click(session.tool.card.answers[0])
                session.wait_for_verdict()
                run = session.tool.run
                assert run is not None
                truth = step.question.truth(AnswerContext(before, session.state.result))
                assert run.verdict == truth, "the truth is the result's"
                assert truth.right in range(len(step.question.answers))
                assert truth.numbers in session.tool.card.verdict.text()
                assert any(letter.isdigit() for letter in truth.numbers) or "label there" in truth.numbers
            click(session.tool.card.next)
        assert session.tool.run is None
        assert session.tool.frame is not None
        assert not session.tool.frame.isVisible()
        assert session.state.image is not None
        assert session.state.image.name == "cat.jpg"
        assert (session.state.settings, session.state.view) == (users, "grid")
    # Every change of settings on the way was a step of undo.
    session.parts.store.undo()
    assert session.state.settings != users
