"""The backprop microscope: the class's derivative, stepped back layer by layer under three rules."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.analysis_target import AnalysisTarget, analysis_target_of, why_nothing
from dcsm_viewer.gui.tools.gradient.gate_quiz import Quiz
from dcsm_viewer.gui.tools.gradient.gate_table import GatePanel
from dcsm_viewer.gui.tools.gradient.gradient_text import RULE_HELP, RULES, layer_sentence
from dcsm_viewer.gui.tools.gradient.gradient_view import GradientView
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.widgets.step_row import StepRow
from dcsm_viewer.gui.widgets.wheel_focus import ignore_wheel_unless_focused
from dcsm_viewer.gui.widgets.wrapped_text import wrapped
from dcsm_viewer.queries.gradient_query import Gate, GradientAnswer, GradientQuestion, Unit
from dcsm_viewer.queries.query import Answer

_WIDE_PX = 480


class GradientTool(Tool):
    """Alt+Left and Alt+Right step from layer to layer; a clicked pixel keeps its place on the way."""

    question = GradientQuestion

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._requested: Hashable = None
        self._target: AnalysisTarget | None = None
        self._known: GradientAnswer | None = None
        self._gate: Gate | None = None
        self._pixel: tuple[int, int] | None = None
        self._quiz: Quiz | None = None
        self._score = Quiz()
        self._failure = ""
        self.layers = StepRow(
            "Layers back",
            "From the last layer, where the derivative starts, to the picture (Alt+Left, Alt+Right).",
            self,
            back="One layer up, towards the score",
            forward="One layer further back, towards the picture",
        )
        self.scale = QComboBox(self)
        self.scale.setAccessibleName("Scale")
        self.scale.setToolTip("Side of the network input at which the derivatives are taken")
        ignore_wheel_unless_focused(self.scale)
        self.view = GradientView(context.viewport, self)
        for mode, pane in self.view.of_rule.items():
            pane.setToolTip(f"{RULES[mode]}: {RULE_HELP[mode]}")
        self.words = wrapped("Layer", self)
        self.gate = GatePanel(self)
        self._lay_out()
        self.layers.moved.connect(self._on_layer)
        self.scale.activated.connect(self._on_scale)
        self.view.pixel_clicked.connect(self._on_pixel)
        self.gate.predicted.connect(self._on_prediction)
        self.gate.quiz_wanted.connect(self._on_quiz)
        for key, step in (("Alt+Left", -1), ("Alt+Right", 1)):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._step_back if step < 0 else self._step_forward)

    @property
    def known(self) -> GradientAnswer | None:
        """What is known so far."""
        return self._known

    @property
    def shown_gate(self) -> Gate | None:
        """The gate of the clicked unit, None until it is there."""
        return self._gate

    @override
    def show_state(self, state: ViewState) -> None:
        target = analysis_target_of(state)
        if target is not None:
            if self._target is None or self._target.key != target.key:
                self._on_target(target)
            if self._requested is None:
                self._ask()
        elif self._target is None or not self._target.is_still_on(state):
            self._target, self._known, self._gate, self._pixel, self._requested = None, None, None, None, None
        self.view.show_state(state)
        self._show(state)

    @override
    def show_answer(self, answer: Answer) -> None:
        self._failure = answer.failure or ""
        if isinstance(answer.value, GradientAnswer):
            is_first = self._known is None
            before = self._known
            # Of a question about a unit the maps come again; they are the same as those on show.
            is_more = before is None or len(answer.value.gradients) > len(before.gradients)
            self._known = answer.value if is_more or before is None else before
            self._gate = answer.value.gate or self._gate
            if is_first:
                last = len(answer.value.layers) - 1
                self.layers.show_range(last, min(self.layers.value, last))
                self._ask_about_unit()
        self._show(self.context.store.state)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._requested = None

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() > _WIDE_PX
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self.gate.body.setDirection(across if is_wide else down)

    def _on_target(self, target: AnalysisTarget) -> None:
        self._target, self._known, self._gate, self._failure, self._requested = target, None, None, "", None
        method = target.result.request.settings.method
        wanted = self.scale.currentData()
        with QSignalBlocker(self.scale):
            self.scale.clear()
            for scale in target.result.scales:
                self.scale.addItem(f"{scale} px", scale)
            nearest = min(target.result.scales, key=lambda px: (abs(px - method.canvas_px), px))
            self.scale.setCurrentIndex(self.scale.findData(wanted if wanted in target.result.scales else nearest))

    def _ask(self, unit: Unit | None = None) -> None:
        if self._target is None or not self.isVisible():
            return
        self._requested = self._target.key
        question = GradientQuestion(self._target.class_id, self.scale.currentData(), unit)
        self.submit_query(self._target.result.request, question)

    def _ask_about_unit(self) -> None:
        """The gate below the clicked pixel, at the layer on show."""
        self._gate = None
        unit = self._unit()
        if unit is not None:
            self._ask(unit)

    def _unit(self) -> Unit | None:
        if self._known is None or self._pixel is None or self._target is None:
            return None
        layer = self._known.layers[self.layers.value]
        height, width = self._target.result.request.image.shape
        found = self._known.unit_at(layer, (self._pixel[0] + 0.5) / height, (self._pixel[1] + 0.5) / width)
        return None if found is None else Unit(layer, *found)

    def _on_layer(self, _index: int) -> None:
        self._ask_about_unit()
        self._show(self.context.store.state)

    def _on_scale(self, _index: int) -> None:
        self._known, self._gate = None, None
        self._ask()
        self._show(self.context.store.state)

    def _on_pixel(self, row: int, col: int) -> None:
        self._pixel = (row, col)
        self._ask_about_unit()
        self._show(self.context.store.state)

    def _on_prediction(self, passes: bool) -> None:
        if self._quiz is not None and self._gate is not None:
            self._quiz = self._score = self._quiz.predict(self._gate, passes=passes)
            self._show(self.context.store.state)

    def _on_quiz(self, is_on: bool) -> None:
        self._quiz = self._score if is_on else None
        self._show(self.context.store.state)

    def _step_back(self) -> None:
        self.layers.back.click()

    def _step_forward(self) -> None:
        self.layers.forward.click()

    def _show(self, state: ViewState) -> None:
        known, index = self._known, self.layers.value
        self.layers.setEnabled(known is not None)
        self.scale.setEnabled(self.scale.count() > 1)
        waiting = self._failure or why_nothing(state) or "The derivative is being taken."
        self.view.show_layer(known, min(index, len(known.layers) - 1) if known else 0, self._pixel, waiting)
        self.words.setText(waiting if known is None else layer_sentence(known, index))
        about_gate = self._failure or ("The gate is being looked up." if self._unit() is not None else "")
        self.gate.show_gate(self._gate, self._quiz, about_gate)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.layers, 1)
        head.addSpacing(8)
        name = QLabel("Scale", self)
        name.setBuddy(self.scale)
        head.addWidget(name)
        head.addWidget(self.scale)
        head.addSpacing(8)
        head.addWidget(self.gate.quiz)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 6, 4)
        column.addLayout(head)
        column.addWidget(self.words)
        column.addWidget(self.view, 3)
        column.addWidget(self.gate, 2)
