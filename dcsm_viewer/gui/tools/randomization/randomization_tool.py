"""The sanity bench: draw the network's weights anew from the top down, and see whether the maps notice."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.analysis_target import AnalysisTarget, analysis_target_of, why_nothing
from dcsm_viewer.gui.tools.randomization.randomization_text import HONEST, chart, progress, sentence
from dcsm_viewer.gui.tools.randomization.randomization_view import RandomizationView
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.widgets.plot import Plot
from dcsm_viewer.gui.widgets.step_row import StepRow
from dcsm_viewer.gui.widgets.wheel_focus import ignore_wheel_unless_focused
from dcsm_viewer.gui.widgets.wrapped_text import wrapped
from dcsm_viewer.queries.query import Answer
from dcsm_viewer.queries.randomization_query import RandomizationQuestion, RandomizationSeries

_REST_MS = 120
"""A hand that moves the slider asks when it rests: each question would send the last one's network away half done."""
_SEEDS = 9999
_SIDE_PX = 270


class RandomizationTool(Tool):
    """A slider over the random layers, four maps, and the rank correlation of all steps."""

    question = RandomizationQuestion

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._requested: Hashable = None
        self._target: AnalysisTarget | None = None
        self._series: RandomizationSeries | None = None
        self._failure = ""
        self.layers = StepRow(
            "Random layers",
            "How many of the network's layers, from the top, get random weights of the same mean and spread.",
            self,
            back="One fewer random layer",
            forward="One more random layer",
        )
        self.seed = QSpinBox(self)
        self.seed.setRange(0, _SEEDS)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("Another seed draws other weights; the same seed always the same ones.")
        self.seed.setKeyboardTracking(False)
        ignore_wheel_unless_focused(self.seed)
        self.view = RandomizationView(context.viewport, self)
        self.plot = Plot("Rank correlation with the trained map", self)
        self.plot.setToolTip("Click, or drag the line, to choose how many layers are random.")
        self.words = wrapped("Result of the test", self)
        self.progress = wrapped("Progress", self)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._lay_out()
        self.layers.moved.connect(self._on_layers)
        self.plot.moved.connect(self._on_x)
        self.hear_plot(self.plot)
        self.seed.valueChanged.connect(self._on_seed)
        self._rest.timeout.connect(self._ask)

    @property
    def series(self) -> RandomizationSeries | None:
        """What is known so far."""
        return self._series

    @override
    def show_state(self, state: ViewState) -> None:
        target = analysis_target_of(state)
        if target is not None:
            is_other = self._target is None or self._target.key != target.key
            self._target = target
            if is_other:
                self._forget_ladder()
            if self._requested is None:
                self._ask()
        elif self._is_other_picture(state):
            self._target = None
            self._forget_ladder()
        self._show(state)
        self.view.show_state(state)

    @override
    def show_answer(self, answer: Answer) -> None:
        self._failure = answer.failure or ""
        if isinstance(answer.value, RandomizationSeries):
            is_first = self._series is None
            self._series = answer.value
            if is_first:
                last = len(self._series.layers)
                self.layers.show_range(last, min(self.layers.value, last), suffix=f" of {last}")
        self._show(self.context.store.state)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # What was not answered is not coming any more; it is asked again when the bench is seen again.
        self._rest.stop()
        self._requested = None

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() > 1.1 * self.height()
        self._body.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._side.setMaximumWidth(_SIDE_PX if is_wide else 16_777_215)
        self._side.setMinimumWidth(_SIDE_PX if is_wide else 0)
        self._account.setDirection(QBoxLayout.Direction.TopToBottom if is_wide else QBoxLayout.Direction.LeftToRight)

    def _on_layers(self, _count: int) -> None:
        self._show(self.context.store.state)
        if self._series is None or self.layers.value not in self._series.steps:
            self._rest.start()

    def _on_x(self, _line: str, x: float) -> None:
        self.layers.slider.setValue(round(x))

    def _on_seed(self, _seed: int) -> None:
        self._forget_ladder()
        self._show(self.context.store.state)
        self._rest.start()

    def _forget_ladder(self) -> None:
        self._requested, self._series, self._failure = None, None, ""

    def _is_other_picture(self, state: ViewState) -> bool:
        """Whether what is known is of another class or photograph: a change of settings only lets it sink back."""
        if self._target is None or state.result is None:
            return True
        request = self._target.result.request
        return request.image.digest != state.result.request.image.digest or self._target.class_id != state.shown_class

    def _ask(self) -> None:
        if self._target is None or not self.isVisible():
            return
        question = RandomizationQuestion(self._target.class_id, self.layers.value, self.seed.value())
        self._requested = (self._target.key, question)
        self.submit_query(self._target.result.request, question)

    def _show(self, state: ViewState) -> None:
        series, count = self._series, self.layers.value
        step = None if series is None else series.steps.get(count)
        self.layers.setEnabled(series is not None)
        self.seed.setEnabled(self._target is not None)
        waiting = self._failure or why_nothing(state) or "This network is being made."
        total = 0 if series is None else len(series.layers)
        self.view.show_step(step, count, total, "" if step is not None else waiting)
        if series is None:
            self.words.setText(waiting)
            self.progress.setText("")
            self.plot.show_chart(None)
            return
        self.words.setText(self._failure or (sentence(series, step) if step is not None else waiting))
        self.progress.setText(progress(series))
        self.plot.show_chart(chart(series, count))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.layers, 1)
        head.addSpacing(8)
        name = QLabel("Seed", self)
        name.setBuddy(self.seed)
        head.addWidget(name)
        head.addWidget(self.seed)
        text_column = QVBoxLayout()
        text_column.addWidget(self.words)
        text_column.addWidget(self.progress)
        self.honest = wrapped("How to read it", self, HONEST)
        text_column.addWidget(self.honest)
        text_column.addStretch(1)
        self._side = QWidget(self)
        self._account = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._side)
        self._account.setContentsMargins(0, 0, 0, 0)
        self._account.addWidget(self.plot, 3)
        self._account.addLayout(text_column, 2)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.addWidget(self.view, 3)
        self._body.addWidget(self._side, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 6, 4)
        column.addLayout(head)
        column.addLayout(self._body, 1)
