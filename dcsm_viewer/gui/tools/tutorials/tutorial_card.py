"""The card of a step: its words, its question, and what turned out to be true."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.pane_drawing import bold
from dcsm_viewer.gui.plain_text import as_control
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.tutorials.tutorial_model import TutorialRun
from dcsm_viewer.gui.widgets.wrapped_text import wrapped

_MOST_ANSWERS = 3


class TutorialCard(QWidget):
    """Signals:
    answered: the place of the answer that was chosen.
    next_wanted, back_wanted, end_wanted: the buttons below.
    """

    answered = Signal(int)
    next_wanted = Signal()
    back_wanted = Signal()
    end_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel(self)
        self.title.setFont(bold(self.font()))
        self.index = QLabel(self)
        self.words = wrapped("Tutorial", self)
        self.question = wrapped("Question", self)
        self.verdict = wrapped("Answer", self)
        self.answers = tuple(QPushButton(self) for _ in range(_MOST_ANSWERS))
        self.back, self.next = QPushButton("Back", self), QPushButton("Next", self)
        self.end = QPushButton("End tutorial", self)
        self.end.setToolTip("Ends the tutorial and restores your image, view and settings")
        for button in self.answers:
            button.clicked.connect(self._tell)
        self.back.clicked.connect(self.back_wanted)
        self.next.clicked.connect(self.next_wanted)
        self.end.clicked.connect(self.end_wanted)
        self._scrolled = QScrollArea(self)
        # The layout first has to know how many lines the answer takes.
        self._showing = QTimer(self, singleShot=True, interval=0)
        self._showing.timeout.connect(self._show_answer)
        self._lay_out()

    def take_focus(self) -> None:
        self.next.setFocus()
        self._scrolled.verticalScrollBar().setValue(0)

    def show_run(self, run: TutorialRun, result: Result | None, state: ViewState) -> None:
        """`result`: the settled one of this step, None while it is on its way."""
        step, question = run.step, run.step.question
        self.title.setText(f"{run.lesson.title}: {step.title}")
        score = f" · {run.right} of {run.answered} right" if run.answered else ""
        self.index.setText(f"{run.index + 1} of {len(run.lesson.steps)}{score}")
        self.words.setText(step.words(result))
        self.question.setVisible(question is not None)
        self.verdict.setVisible(question is not None)
        answers = () if question is None else question.answers
        for index, button in enumerate(self.answers):
            button.setVisible(index < len(answers))
            if index >= len(answers):
                continue
            button.setText(as_control(_marked(answers[index], index, run)))
            button.setEnabled(run.chosen is None and result is not None)
        if question is not None:
            self.question.setText(question.words)
            show = _verdict(run, result, state)
            is_news = run.chosen is not None and show != self.verdict.text()
            self.verdict.setText(show)
            if is_news:
                self._showing.start()
        self.back.setEnabled(run.index > 0)
        self.next.setText("Finish" if run.is_last else "Next")

    def _show_answer(self) -> None:
        self._scrolled.ensureWidgetVisible(self.verdict)

    def _tell(self) -> None:
        self.answered.emit(self.answers.index(self.sender()))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.index)
        choices = QHBoxLayout()
        for button in self.answers:
            choices.addWidget(button)
        choices.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(self.end)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.next)
        inside = QWidget(self)
        show = QVBoxLayout(inside)
        show.setContentsMargins(0, 0, 0, 0)
        show.addWidget(self.words)
        show.addWidget(self.question)
        show.addLayout(choices)
        show.addWidget(self.verdict)
        show.addStretch(1)
        # Where the window is narrow the words need more lines than the card has.
        self._scrolled.setFrameShape(QFrame.Shape.NoFrame)
        self._scrolled.setWidgetResizable(True)
        self._scrolled.setWidget(inside)
        self._scrolled.setMinimumHeight(2 * self.fontMetrics().height())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self._scrolled, 1)
        column.addLayout(foot)


def _marked(answer: str, index: int, run: TutorialRun) -> str:
    """The answer, with a sign once the truth is known: colour alone would not be seen by everybody."""
    if run.verdict is None:
        return f"● {answer}" if index == run.chosen else answer
    if index == run.verdict.right:
        return f"✓ {answer}"
    return f"✗ {answer}" if index == run.chosen else answer


def _verdict(run: TutorialRun, result: Result | None, state: ViewState) -> str:
    verdict = run.verdict
    if verdict is not None:
        if verdict.right is None:
            return verdict.numbers
        return f"{'Right.' if verdict.right == run.chosen else 'Not so.'} {verdict.numbers}"
    if state.failure is not None:
        return state.failure
    if result is None:
        return "The maps are being computed." if run.chosen is None else "Being computed."
    return "Predict first; the numbers come from the displayed maps."
