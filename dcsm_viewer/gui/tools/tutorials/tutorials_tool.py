"""Tutorials: a card under the panes that walks through the real window, asks, and shows what is true."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QMainWindow, QScrollArea, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.files.image_loader import sample_paths
from dcsm_viewer.gui.state.view_state import SHOWN_MAPS, ViewState
from dcsm_viewer.gui.tools.analysis_target import analysis_target_of
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.tools.tutorials.tutorial_card import TutorialCard
from dcsm_viewer.gui.tools.tutorials.tutorial_content import TUTORIALS
from dcsm_viewer.gui.tools.tutorials.tutorial_frame import TargetFrame
from dcsm_viewer.gui.tools.tutorials.tutorial_list import TutorialList
from dcsm_viewer.gui.tools.tutorials.tutorial_model import MODEL, Tutorial, TutorialRun, lesson_settings

_TALLEST_PX = 215


class TutorialsTool(Tool):
    """The list of lessons, or the card of the one that runs.

    A lesson opens the sample, sets view, class and settings as it goes, each change of settings a step of undo, and
    gives everything back when it ends.
    """

    watched = (*SHOWN_MAPS, "view", "folder", "folder_index", "reading", "unreadable", "pending_serial", "comparison")

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.run: TutorialRun | None = None
        self._users: ViewState | None = None
        self._frame: TargetFrame | None = None
        self._is_set = False
        self.list = TutorialList(TUTORIALS, self)
        self.card = TutorialCard(self)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(_scrolled(self.list))
        self._pages.addWidget(self.card)
        self.setMaximumHeight(_TALLEST_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 4)
        column.addWidget(self._pages)
        # The layout comes to rest after a change of view; only then is there something to frame.
        self._pointing = QTimer(self, singleShot=True, interval=0)
        self._pointing.timeout.connect(self._point)
        self.list.lesson_wanted.connect(self.start)
        self.card.answered.connect(self.answer)
        self.card.next_wanted.connect(self.forward)
        self.card.back_wanted.connect(self.back)
        self.card.end_wanted.connect(self.end)

    @property
    def frame(self) -> TargetFrame | None:
        """The frame around what the step is about, None before the first lesson."""
        return self._frame

    def start(self, name: str) -> None:
        """Begins this lesson; what the user had on show is kept aside."""
        if self._users is None:
            self._users = self.context.store.state
        self._begin(next(lesson for lesson in TUTORIALS if lesson.name == name))

    def end(self) -> None:
        """Back to the list, and to everything as it was before the lesson."""
        self.run = None
        self._is_set = False
        self._point()
        self._pages.setCurrentIndex(0)
        users, self._users = self._users, None
        if users is not None:
            self._give_back(users)

    def forward(self) -> None:
        if self.run is None:
            return
        if self.run.is_last:
            self.end()
        else:
            self._go(self.run.at(self.run.index + 1))

    def back(self) -> None:
        if self.run is not None:
            self._go(self.run.at(self.run.index - 1))

    def answer(self, choice: int) -> None:
        """What the user predicts; the truth follows when the result it is read from is there."""
        result = self._settled(self.context.store.state)
        if self.run is None or self.run.step.question is None or result is None:
            return
        self.run = self.run.choosing(choice, result)
        question = self.run.step.question
        if question is not None and question.then is not None:
            self.context.store.edit(question.then(self._settings()))
        self.show_state(self.context.store.state)

    @override
    def show_state(self, state: ViewState) -> None:
        if self.run is None:
            return
        if not self._is_set and _shows_sample(state):
            self._set_up()
            state = self.context.store.state
        result = self._settled(state) if self._is_set else None
        if result is not None and self.run.chosen is not None:
            self.run = self.run.revealing(result)
        self.card.show_run(self.run, result, state)
        self._pointing.start()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._pointing.start()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        window = self._main_window()
        # With the window everything is hidden, and comes back with it.
        if self._frame is not None and (window is None or not self.isVisibleTo(window)):
            self._frame.show_around(None)

    def _begin(self, lesson: Tutorial) -> None:
        self._pages.setCurrentWidget(self.card)
        self._go(TutorialRun(lesson))
        if not _shows_sample(self.context.store.state):
            self.context.image_loader.open_sample()

    def _go(self, run: TutorialRun) -> None:
        self.run = run
        self._is_set = False
        self.card.take_focus()
        self.show_state(self.context.store.state)

    def _set_up(self) -> None:
        """View, class, paint and settings of the step, one step of undo."""
        assert self.run is not None, "only a step is set up"
        assert self._users is not None, "start() keeps them"
        self._is_set = True
        step, store = self.run.step, self.context.store
        settings = self._settings()
        store.end_merge()
        store.edit(step.settings(settings) if step.settings is not None else settings)
        paint = replace(self._users.paint, range_mode="own", kind="both")
        store.change(
            view=step.view,
            paint=replace(paint, **step.paint) if step.paint is not None else paint,
            focus=self._class_id(step.class_name),
        )

    def _settings(self) -> Settings:
        assert self._users is not None, "start() keeps them"
        return lesson_settings(self._users.settings)

    def _class_id(self, name: str) -> int | None:
        engine = self.context.store.state.engine
        cards = () if engine is None else engine.models
        result = self.context.store.state.result
        known = (card.class_names for card in cards if card.name == MODEL)
        names = result.model.class_names if result is not None else next(known, ())
        return names.index(name) if name in names else None

    def _settled(self, state: ViewState) -> Result | None:
        """The result of the step as it is set now; none while another is on its way."""
        target = analysis_target_of(state)
        return None if target is None or not _shows_sample(state) else target.result

    def _give_back(self, users: ViewState) -> None:
        store = self.context.store
        now = store.state
        if users.image is not None and (now.image is None or now.image.digest != users.image.digest):
            store.change(
                image=users.image,
                folder=users.folder,
                folder_index=users.folder_index,
                unreadable=users.unreadable,
                result=None,
                progress=None,
                failure=None,
                message=None,
            )
        store.end_merge()
        store.edit(users.settings)
        store.change(view=users.view, paint=users.paint, focus=users.focus)

    def _point(self) -> None:
        window = self._main_window()
        if window is None or not self.isVisible():
            return
        if self._frame is None:
            self._frame = TargetFrame(window)
        wanted = None if self.run is None or not self._is_set else self.context.targets[self.run.step.target]()
        if wanted is not self._frame.target or wanted is None:
            self._frame.show_around(wanted)

    def _main_window(self) -> QMainWindow | None:
        widget: QWidget | None = self
        while widget is not None and not isinstance(widget, QMainWindow):
            widget = widget.parentWidget()
        return widget


def _scrolled(content: QWidget) -> QScrollArea:
    """The list needs not all of its height: the panes above may have more use for it."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setWidget(content)
    return area


def _shows_sample(state: ViewState) -> bool:
    samples = sample_paths()
    return bool(samples) and state.image is not None and state.image.path == samples[0] and state.reading is None
