"""The engine thread's manners (docs/architecture.md, section 4), with an engine that runs one permit at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from queue import Queue
from typing import Any

import numpy as np
import pytest

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import EngineReady, Failure, Progress, Request, Result, Stage, UserError
from dcsm_viewer.queries.canvas_query import CanvasImage, CanvasQuestion
from dcsm_viewer.queries.matrix_query import MatrixQuestion
from dcsm_viewer.queries.query import Answer, Query, Report
from dcsm_viewer.worker.engine_thread import EngineLike, EngineThread, Listener, Mailbox, StillWanted, is_still_useful
from tests.patience import PATIENCE_S
from tests.results import make_image, make_result

KNOWN = CanvasImage(np.zeros((1, 1, 3), np.uint8), 0, 0, 1, 1)


@dataclass
class GatedEngine:
    """Runs one request per permit, so the test decides when the engine is busy; then asks once whether to go on."""

    stage: Stage = "saliency"
    started: Queue[int] = field(default_factory=Queue)
    permits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    settled: list[int] = field(default_factory=list)
    error: Exception | None = None
    after: Callable[[], None] = lambda: None

    def run(self, request: Request, still_wanted: StillWanted, report: Listener) -> None:
        self.started.put(request.serial)
        assert self.permits.acquire(timeout=PATIENCE_S)
        if self.error is not None:
            raise self.error
        if not still_wanted(self.stage):
            return
        report(replace(make_result(), request=request))
        self.settled.append(request.serial)
        if still_wanted(self.stage):
            self.after()

    def answer(self, query: Query, still_wanted: Callable[[], bool], report: Listener) -> bool:
        self.started.put(-query.serial)
        assert self.permits.acquire(timeout=PATIENCE_S)
        if self.error is not None:
            raise self.error
        if not still_wanted():
            return False
        report(Answer(query, KNOWN))
        return True


@dataclass
class Running:
    engine: GatedEngine
    thread: EngineThread
    reports: Queue[Report]

    def next(self) -> Report:
        return self.reports.get(timeout=PATIENCE_S)


@pytest.fixture
def running() -> Iterator[Running]:
    engine, reports = GatedEngine(), Queue[Report]()
    thread = EngineThread(lambda _: engine, reports.put)
    thread.start()
    yield Running(engine, thread, reports)
    for _ in range(10):
        engine.permits.release()
    assert thread.stop(PATIENCE_S)


def request(serial: int, *, seed: int = 0, **method: object) -> Request:
    settings = Settings()
    changed = replace(settings, method=replace(settings.method, **method))  # type: ignore[arg-type]  # fields by name
    return Request(serial, make_image(8, 8, seed), changed)


def test_that_the_newest_of_many_requests_is_the_one_that_runs_next(running: Running) -> None:
    running.thread.ask(request(1))
    assert running.engine.started.get(timeout=PATIENCE_S) == 1
    for serial in range(2, 40):
        running.thread.ask(request(serial))
    running.engine.permits.release()
    assert running.engine.started.get(timeout=PATIENCE_S) == 39
    running.engine.permits.release()
    assert [serial_of(running.next()), serial_of(running.next())] == [1, 39]


def test_that_passes_go_on_while_only_the_subtraction_changed(running: Running) -> None:
    running.thread.ask(request(1))
    running.engine.started.get(timeout=PATIENCE_S)
    running.thread.ask(request(2, alpha=2.0))
    running.engine.permits.release()
    assert serial_of(running.next()) == 1


def test_that_a_running_request_is_abandoned_for_another_image(running: Running) -> None:
    running.thread.ask(request(1))
    running.engine.started.get(timeout=PATIENCE_S)
    running.thread.ask(request(2, seed=5))
    running.engine.permits.release(2)
    assert serial_of(running.next()) == 2
    assert running.engine.settled == [2]


def test_that_cancelling_drops_what_runs_and_what_waits(running: Running) -> None:
    running.thread.ask(request(1))
    running.engine.started.get(timeout=PATIENCE_S)
    running.thread.ask(request(2))
    running.thread.cancel()
    running.engine.permits.release()
    running.thread.ask(request(3))
    assert running.engine.started.get(timeout=PATIENCE_S) == 3
    running.engine.permits.release()
    assert serial_of(running.next()) == 3


def test_that_looking_ahead_ends_as_soon_as_anybody_waits(running: Running) -> None:
    looked_ahead: list[bool] = []
    running.engine.after = lambda: looked_ahead.append(True)
    running.thread.ask(request(1))
    running.engine.started.get(timeout=PATIENCE_S)
    # The same passes would serve it, but its user has no result yet and the other has.
    running.thread.ask(request(2, alpha=2.0))
    running.engine.permits.release(2)
    assert [serial_of(running.next()), serial_of(running.next())] == [1, 2]
    running.thread.stop(PATIENCE_S)
    assert looked_ahead == [True]


def test_that_a_users_mistake_becomes_its_sentence_and_the_thread_lives_on(running: Running) -> None:
    running.engine.error = UserError("The file is gone. Choose another.")
    running.engine.permits.release()
    running.thread.ask(request(1))
    assert running.next() == Failure(1, "The file is gone. Choose another.")
    running.engine.error = None
    running.engine.permits.release()
    running.thread.ask(request(2))
    assert serial_of(running.next()) == 2


def test_that_an_unexpected_error_is_named_and_the_thread_lives_on(running: Running) -> None:
    running.engine.error = ZeroDivisionError("by zero")
    running.engine.permits.release()
    running.thread.ask(request(1))
    failure = running.next()
    assert isinstance(failure, Failure)
    assert "ZeroDivisionError: by zero" in failure.message
    running.engine.error = None
    running.engine.permits.release()
    running.thread.ask(request(2))
    assert serial_of(running.next()) == 2


def test_that_an_engine_that_cannot_be_built_says_why() -> None:
    def broken(_: Listener) -> EngineLike:
        raise UserError("The weights are missing.")

    reports = Queue[Report]()
    thread = EngineThread(broken, reports.put)
    thread.start()
    failure = reports.get(timeout=PATIENCE_S)
    assert isinstance(failure, Failure)
    assert failure.message == "The weights are missing."
    assert thread.stop(PATIENCE_S)


def test_that_a_thread_never_started_stops_at_once() -> None:
    assert EngineThread(lambda _: GatedEngine(), lambda _: None).stop(0.0)


def test_that_a_closed_mailbox_gives_nothing_even_with_something_in_it() -> None:
    mailbox = Mailbox()
    mailbox.put(request(1))
    mailbox.close()
    assert mailbox.take() is None


@pytest.mark.parametrize(
    ("change", "stage", "used"),
    [
        ({"alpha": 2.0}, "saliency", True),
        ({"min_candidates": 7}, "saliency", True),
        ({"alpha": 2.0}, "subtraction", False),
        ({"alpha": 2.0}, "segmentation", False),
        ({"attribution": "gradient"}, "saliency", False),
        ({"canvas_px": 300}, "classify", False),
    ],
)
def test_that_work_goes_on_exactly_where_the_newest_request_uses_it(
    change: dict[str, Any], stage: Stage, used: bool
) -> None:
    assert is_still_useful(request(2, **change), request(1), stage) is used


def test_that_another_crf_weight_uses_the_subtraction_but_not_the_segmentation() -> None:
    running, newest = request(1), request(2)
    newest = replace(newest, settings=replace(newest.settings, crf=replace(newest.settings.crf, bilateral_compat=4.0)))
    assert is_still_useful(newest, running, "subtraction")
    assert not is_still_useful(newest, running, "segmentation")


def serial_of(report: Report) -> int:
    assert isinstance(report, Result)
    assert not isinstance(report, EngineReady)
    return report.request.serial


def test_that_of_queries_of_one_type_the_newest_is_answered_and_requests_come_first(running: Running) -> None:
    running.thread.ask(request(1))
    assert running.engine.started.get(timeout=PATIENCE_S) == 1
    for serial in range(1, 5):
        running.thread.submit_query(Query(serial, request(1), CanvasQuestion()))
    running.thread.submit_query(Query(5, request(1), MatrixQuestion()))
    running.thread.ask(request(2))
    for _ in range(4):
        running.engine.permits.release()
    assert [running.engine.started.get(timeout=PATIENCE_S) for _ in range(3)] == [2, -5, -4]
    assert [serial_of(running.next()), serial_of(running.next())] == [1, 2]
    assert [running.next(), running.next()] == [
        Answer(Query(5, request(1), MatrixQuestion())),
        Answer(Query(4, request(1), CanvasQuestion())),
    ]


def test_that_an_query_gives_way_to_a_request_and_comes_back(running: Running) -> None:
    running.thread.submit_query(Query(1, request(1), CanvasQuestion()))
    assert running.engine.started.get(timeout=PATIENCE_S) == -1
    running.thread.ask(request(2))
    for _ in range(3):
        running.engine.permits.release()
    assert [running.engine.started.get(timeout=PATIENCE_S) for _ in range(2)] == [2, -1]
    assert serial_of(running.next()) == 2
    assert running.next() == Answer(Query(1, request(1), CanvasQuestion()))


def test_that_a_forgotten_query_is_not_answered(running: Running) -> None:
    running.thread.submit_query(Query(1, request(1), CanvasQuestion()))
    assert running.engine.started.get(timeout=PATIENCE_S) == -1
    running.thread.cancel_queries(CanvasQuestion, 1)
    running.thread.submit_query(Query(2, request(1), MatrixQuestion()))
    for _ in range(2):
        running.engine.permits.release()
    assert running.next() == Answer(Query(2, request(1), MatrixQuestion()))


def test_that_an_query_that_fails_is_answered_with_a_sentence(running: Running) -> None:
    running.engine.error = UserError("There is no such layer; choose another.")
    running.thread.submit_query(Query(1, request(1), CanvasQuestion()))
    running.engine.permits.release()
    answer = running.next()
    assert isinstance(answer, Answer)
    assert answer.failure == "There is no such layer; choose another."


def test_that_looking_ahead_gives_way_though_progress_was_reported_after_the_result(running: Running) -> None:
    going_on: list[bool] = []

    def run(asked: Request, still_wanted: StillWanted, report: Listener) -> None:
        report(replace(make_result(), request=asked))
        report(Progress(asked.serial, "saliency", 1, 2, "looking ahead"))
        running.thread.submit_query(Query(1, asked, CanvasQuestion()))
        going_on.append(still_wanted("saliency"))

    running.engine.run = run  # type: ignore[method-assign, assignment]  # this one engine
    running.engine.permits.release()
    running.thread.ask(request(1))
    assert serial_of(running.next()) == 1
    assert isinstance(running.next(), Progress)
    assert isinstance(running.next(), Answer)
    assert going_on == [False]


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), UserError("No memory is left.")])
def test_that_an_error_after_the_result_leaves_the_result(running: Running, error: Exception) -> None:
    def fail() -> None:
        raise error

    running.engine.after = fail
    running.engine.permits.release(2)
    running.thread.ask(request(1))
    assert serial_of(running.next()) == 1
    running.engine.started.get(timeout=PATIENCE_S)
    running.engine.after = lambda: None
    running.thread.submit_query(Query(1, request(1), CanvasQuestion()))
    assert running.next() == Answer(Query(1, request(1), CanvasQuestion()), KNOWN)


def test_that_a_listener_that_raises_does_not_end_the_thread() -> None:
    engine, reports = GatedEngine(), Queue[Report]()
    failing = [True, True]

    def listen(what: Report) -> None:
        if failing:
            failing.pop()
            raise RuntimeError("the window is gone")
        reports.put(what)

    thread = EngineThread(lambda _: engine, listen)
    thread.start()
    engine.permits.release(2)
    engine.error = UserError("No.")  # a Failure is reported outside of what the engine runs
    thread.ask(request(1))
    engine.started.get(timeout=PATIENCE_S)
    thread.submit_query(Query(1, request(1), CanvasQuestion()))
    engine.started.get(timeout=PATIENCE_S)
    engine.permits.release()
    thread.ask(request(2))
    assert reports.get(timeout=PATIENCE_S) == Failure(2, "No.")
    assert thread.stop(PATIENCE_S)


def test_that_after_a_failed_start_every_request_and_query_is_answered() -> None:
    def broken(_: Listener) -> EngineLike:
        raise UserError("The weights are missing.")

    reports = Queue[Report]()
    thread = EngineThread(broken, reports.put)
    thread.start()
    assert isinstance(reports.get(timeout=PATIENCE_S), Failure)
    query = Query(1, request(1), CanvasQuestion())
    thread.submit_query(query)
    assert reports.get(timeout=PATIENCE_S) == Answer(query, failure="The weights are missing.")
    thread.ask(request(2))
    assert reports.get(timeout=PATIENCE_S) == Failure(2, "The weights are missing.")
    assert thread.stop(PATIENCE_S)
