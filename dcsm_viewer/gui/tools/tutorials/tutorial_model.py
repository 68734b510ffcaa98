"""What a lesson is made of: steps that set the window, say something, and may ask what the numbers will be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import ClassChoice, CrfSettings, Settings
from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.tools.tutorials.tutorial_targets import TargetName

MODEL = "lite0-voc"
"""The network that comes along, so that every lesson runs without a download."""


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """The settled result the question was asked at, and the one it is answered with; often the same."""

    before: Result
    now: Result


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is true: the place of the right answer, None where this result cannot say, and a sentence with numbers."""

    right: int | None
    numbers: str


@dataclass(frozen=True, slots=True)
class TutorialQuestion:
    """answers: two or three, short. then: what is changed once somebody has answered, before the truth is read."""

    words: str
    answers: tuple[str, ...]
    truth: Callable[[AnswerContext], Verdict]
    then: Callable[[Settings], Settings] | None = None


@dataclass(frozen=True, slots=True)
class TutorialStep:
    """text: with {names} that `facts` fills in from the result on show.

    view: what takes the centre. class_name: whose maps are shown. settings: from the lesson's own settings to those
    of the step. paint: fields of Paint. target: what is framed.
    """

    title: str
    text: str
    target: TargetName
    view: str = "compare"
    class_name: str = "dog"
    settings: Callable[[Settings], Settings] | None = None
    paint: Mapping[str, Any] | None = None
    facts: Callable[[Result], Mapping[str, str]] | None = None
    question: TutorialQuestion | None = None

    def words(self, result: Result | None) -> str:
        """The text with the numbers of this result; dots where there is none yet."""
        if self.facts is None:
            return self.text
        if result is None:
            return self.text.format_map(_Dots())
        return self.text.format_map(self.facts(result))


@dataclass(frozen=True, slots=True)
class Tutorial:
    """`about` is one sentence for the list of lessons."""

    name: str
    title: str
    about: str
    steps: tuple[TutorialStep, ...]


@dataclass(frozen=True, slots=True)
class TutorialRun:
    """Where somebody is in a lesson, and what was answered at this step."""

    lesson: Tutorial
    index: int = 0
    chosen: int | None = None
    asked_at: Result | None = None
    verdict: Verdict | None = None
    right: int = 0
    answered: int = 0

    @property
    def step(self) -> TutorialStep:
        return self.lesson.steps[self.index]

    @property
    def is_last(self) -> bool:
        return self.index == len(self.lesson.steps) - 1

    def at(self, index: int) -> TutorialRun:
        inside = min(max(index, 0), len(self.lesson.steps) - 1)
        return replace(self, index=inside, chosen=None, asked_at=None, verdict=None)

    def choosing(self, answer: int, result: Result) -> TutorialRun:
        """An answer is given once; what is true is not known yet."""
        return self if self.chosen is not None else replace(self, chosen=answer, asked_at=result)

    def revealing(self, result: Result) -> TutorialRun:
        """What is true by this result, and the score."""
        question = self.step.question
        if question is None or self.asked_at is None or self.verdict is not None:
            return self
        verdict = question.truth(AnswerContext(self.asked_at, result))
        counts = verdict.right is not None
        return replace(
            self,
            verdict=verdict,
            right=self.right + (counts and verdict.right == self.chosen),
            answered=self.answered + counts,
        )


def lesson_settings(users: Settings) -> Settings:
    """The paper's method on the network that comes along; what costs time stays as the user has it."""
    method = replace(PRESETS["paper"], scales=users.method.scales, canvas_px=users.method.canvas_px)
    crf = replace(CrfSettings(), backend=users.crf.backend, iterations=max(1, users.crf.iterations))
    return replace(users, model=MODEL, vocabulary="voc", method=method, choice=ClassChoice(), crf=crf)


class _Dots(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
