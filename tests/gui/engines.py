"""Engines that compute nothing: one answers at once, one waits for a permit, so that the test decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Semaphore

from dcsm_viewer.core.types import EngineReady, Progress, Request, Result, UserError
from dcsm_viewer.queries.query import Answer, AnswerValue, Query, Question, Report
from dcsm_viewer.worker.engine_thread import Listener, StillWanted
from tests.patience import PATIENCE_S
from tests.results import VOC_NAMES, make_model_card, make_result

READY = EngineReady("cpu", "float32", "Made for tests.", (make_model_card(),))


def answer(request: Request, **how: object) -> Result:
    """A settled result to this very request; `how` goes to make_result."""
    made = make_result(request.image, serial=request.serial, settings=request.settings, **how)  # type: ignore[arg-type]  # a test's own words
    return replace(made, request=request)


def focus_index(request: Request) -> int:
    """Where the class asked for stands among the classes of make_result: dog, bicycle, person, car ..."""
    order = ("dog", "bicycle", "person", "car")
    name = None if request.focus is None else VOC_NAMES[request.focus]
    return order.index(name) if name in order else 0


class InstantEngine:
    """Reports progress and a settled result, or fails where the image's name says so."""

    def __init__(self) -> None:
        self.ran: list[Request] = []
        self.queries: list[Query] = []
        self.known: dict[type[Question], Callable[[Query], AnswerValue]] = {}
        """What it answers to questions of each type."""

    def make(self, report: Listener) -> InstantEngine:
        report(READY)
        return self

    def run(self, request: Request, still_wanted: StillWanted, report: Callable[[Report], None]) -> None:
        self.ran.append(request)
        report(Progress(request.serial, "saliency", 3, 8, "saliency 500 px, class 2/4"))
        if "broken" in request.image.name:
            raise UserError("The network cannot see this one; open another image.")
        assert still_wanted("segmentation") in {True, False}
        report(answer(request, focus=focus_index(request)))

    def answer(self, query: Query, still_wanted: Callable[[], bool], report: Callable[[Report], None]) -> bool:
        self.queries.append(query)
        if not still_wanted():
            return False
        report(Answer(query, self.known[type(query.question)](query)))
        return True


class GatedEngine(InstantEngine):
    """Runs one request per permit."""

    def __init__(self) -> None:
        super().__init__()
        self.permits = Semaphore(0)

    def run(self, request: Request, still_wanted: StillWanted, report: Callable[[Report], None]) -> None:
        self.ran.append(request)
        report(Progress(request.serial, "saliency", 3, 8, "saliency 500 px, class 2/4"))
        assert self.permits.acquire(timeout=PATIENCE_S), "no permit came"
        if still_wanted("segmentation"):
            report(answer(request, focus=focus_index(request)))


class BlindEngine(InstantEngine):
    """Finds no class above the threshold, unless the best one shall do."""

    def run(self, request: Request, still_wanted: StillWanted, report: Callable[[Report], None]) -> None:
        self.ran.append(request)
        found = 1 if request.settings.choice.top1_if_none else 0
        report(answer(request, detected=found, focus=0 if found else None))
