"""The gate of the clicked unit: a table of its strongest channels, and the quiz beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.tools.gradient.gate_quiz import Quiz
from dcsm_viewer.gui.tools.gradient.gradient_text import INVITATION, columns, gate_sentence, row_of
from dcsm_viewer.gui.widgets.wrapped_text import wrapped
from dcsm_viewer.queries.gradient_query import Gate

_SIDE_PX = 184


class GatePanel(QWidget):
    """`predicted(passes)`: the user says what guided back-propagation will do; `quiz_wanted(on)`: the quiz's tick."""

    predicted = Signal(bool)
    quiz_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = wrapped("Gate", self, INVITATION)
        self.table = QTableWidget(0, len(columns()), self)
        self.quiz = QCheckBox("Predict first", self)
        self.quiz.setToolTip("Hides what becomes of each derivative until you have said what guided does with it.")
        self.question = wrapped("Question", self)
        self.passes, self.blocked = QPushButton("Passes", self), QPushButton("Blocked", self)
        self.verdict = wrapped("Answer", self)
        self._lay_out()
        self.passes.clicked.connect(self._say_passes)
        self.blocked.clicked.connect(self._say_blocked)
        self.quiz.toggled.connect(self.quiz_wanted)
        self.show_gate(None, None, "")

    def show_gate(self, gate: Gate | None, quiz: Quiz | None, waiting: str) -> None:
        """quiz: None while the quiz is off. waiting: what is said in place of a gate that is not there."""
        self.words.setText(gate_sentence(gate) if gate is not None else waiting or INVITATION)
        channels = () if gate is None else gate.channels
        revealed = len(channels) if quiz is None or gate is None else quiz.at(gate).revealed
        self.table.setRowCount(len(channels))
        for index, channel in enumerate(channels):
            row = row_of(channel, is_hidden=index >= revealed)
            for column, text in enumerate(row.cells):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(as_tip(row.words))
                item.setData(Qt.ItemDataRole.AccessibleTextRole, row.words if column == 0 else text)
                self.table.setItem(index, column, item)
        self._show_quiz(gate, quiz)

    def _show_quiz(self, gate: Gate | None, quiz: Quiz | None) -> None:
        is_open = gate is not None and quiz is not None and quiz.open_question(gate) is not None
        self.side.setVisible(quiz is not None)
        if quiz is None:
            return
        self.passes.setEnabled(is_open)
        self.blocked.setEnabled(is_open)
        self.question.setText(quiz.question(gate) if gate is not None else INVITATION)
        verdict = "" if gate is None else quiz.at(gate).verdict
        self.verdict.setText(f"{verdict}\n{quiz.score}." if verdict else f"Predictions: {quiz.score}.")
        if is_open and gate is not None:
            self.table.selectRow(quiz.at(gate).revealed)

    def _say_passes(self) -> None:
        self._say(passes=True)

    def _say_blocked(self) -> None:
        self._say(passes=False)

    def _say(self, *, passes: bool) -> None:
        self.predicted.emit(passes)

    def _lay_out(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(columns())
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setAccessibleName("The strongest channels at the gate")
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        table.setMinimumHeight(4 * self.fontMetrics().height())
        answers = QHBoxLayout()
        answers.addWidget(self.passes)
        answers.addWidget(self.blocked)
        answers.addStretch(1)
        self.side = QWidget(self)
        self.side.setMaximumWidth(_SIDE_PX)
        side = QVBoxLayout(self.side)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self.question)
        side.addLayout(answers)
        side.addWidget(self.verdict)
        side.addStretch(1)
        self.body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.body.addWidget(table, 3)
        self.body.addWidget(self.side, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        column.addLayout(self.body, 1)
