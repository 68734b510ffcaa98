"""One thread that owns the engine, and the one-slot mailbox in front of it: the newest request wins.

Standard library only; the reports are called on the engine's thread, and the listener takes them to its own thread
(the window through one Qt signal, a script through a queue).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Failure, Request, Result, Stage, UserError
from dcsm_viewer.queries.query import Answer, Query, Question, Report

log = logging.getLogger(__name__)

StillWanted = Callable[[Stage], bool]
Listener = Callable[[Report], None]


class EngineLike(Protocol):
    """What the thread runs. A request ends in one settled Result, or in silence once `still_wanted` said no."""

    def run(self, request: Request, still_wanted: StillWanted, report: Listener) -> None: ...

    def answer(self, query: Query, still_wanted: Callable[[], bool], report: Listener) -> bool:
        """Whether it was answered to the end; False once `still_wanted` said no."""
        ...


class Mailbox:
    """One slot for requests, and one for each type of question; requests come first.

    Putting overwrites what waits in its slot; taking blocks until there is something, or gives None once closed.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Request | None = None
        self._queries: dict[type, Query] = {}
        self._closed = False

    def put(self, request: Request) -> None:
        with self._changed:
            self._waiting = request
            self._changed.notify()

    def put_query(self, query: Query) -> None:
        """An older one of its type never takes the place of a newer one."""
        with self._changed:
            waiting = self._queries.get(type(query.question))
            if waiting is None or waiting.serial < query.serial:
                self._queries[type(query.question)] = query
            self._changed.notify()

    def take(self) -> Request | Query | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting is not None or bool(self._queries))
            if self._closed:
                return None
            if self._waiting is None:
                newest = max(self._queries.values(), key=lambda query: query.serial)
                return self._queries.pop(type(newest.question))
            request, self._waiting = self._waiting, None
            return request

    def waiting(self) -> Request | None:
        """The request that would be taken next, left where it is."""
        with self._changed:
            return self._waiting

    def newest_query(self) -> int:
        """The serial of the newest query that waits, -1 where none does."""
        with self._changed:
            return max((query.serial for query in self._queries.values()), default=-1)

    def cancel_queries(self, question: type[Question]) -> None:
        """Drop the query of this type that waits."""
        with self._changed:
            self._queries.pop(question, None)

    def empty(self) -> None:
        with self._changed:
            self._waiting = None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()


def is_still_useful(newest: Request, running: Request, stage: Stage) -> bool:
    """Whether `newest` still needs what `running` is about to make in `stage` (docs/architecture.md, section 4).

    Maps of another N or alpha share every forward and backward pass; a CRF is wasted by any change of settings.
    The reduced-size preview is never abandoned, so a moving slider always sees something.
    """
    if newest.image.digest != running.image.digest:
        return False
    if stage == "segmentation":
        return newest.settings == running.settings
    if stage == "subtraction":
        return replace(newest.settings, crf=running.settings.crf) == running.settings
    return _passes(newest.settings) == _passes(running.settings)


def _passes(settings: Settings) -> tuple[object, ...]:
    """What the forward and backward passes of one scale read."""
    method = settings.method
    network = (settings.model, settings.vocabulary, settings.device, settings.precision)
    return (*network, method.canvas_px, method.fit, method.attribution, method.channel_reduction)


class EngineThread:
    """The thread that builds the engine and runs one request after the other, always the newest.

    `make_engine` is called on the thread (importing torch takes seconds); it reports EngineReady itself.
    An error of the user's making becomes a Failure with its sentence; any other becomes a Failure that names it,
    with the traceback in the log, and the thread lives on. After the settled Result an error is only logged: the
    Result stays. Errors of the listener are logged too. Where the engine cannot be built, each request and query is
    answered with the reason.
    """

    def __init__(self, make_engine: Callable[[Listener], EngineLike], report: Listener) -> None:
        self._make_engine = make_engine
        self._listener = report
        self._mailbox = Mailbox()
        self._cancelled_up_to = -1
        self._newest_serial = -1
        self._cancelled_queries: dict[type, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run_loop, name="engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, request: Request) -> None:
        """Run this next; a request that still waits is dropped, one that runs ends as `is_still_useful` says."""
        self._newest_serial = request.serial
        self._mailbox.put(request)

    def submit_query(self, query: Query) -> None:
        """Answer this as soon as no request waits; it gives way to any request or newer query, and comes back."""
        self._mailbox.put_query(query)

    def cancel_queries(self, question: type[Question], up_to: int) -> None:
        """Cancel queries of this type with serials up to this."""
        self._cancelled_queries[question] = up_to
        self._mailbox.cancel_queries(question)

    def cancel(self) -> None:
        """Drop what waits and abandon what runs at its next checkpoint."""
        self._cancelled_up_to = self._newest_serial
        self._mailbox.empty()

    def stop(self, timeout_s: float) -> bool:
        """Whether the thread has ended within the time. It is asked, never killed."""
        self._stopping.set()
        self._mailbox.close()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run_loop(self) -> None:
        try:
            engine = self._make_engine(self._report)
        except Exception as error:
            log.exception("the engine could not be built")
            self._report(Failure(self._newest_serial, _sentence(error)))
            self._refuse_all(_sentence(error))
            return
        while (message := self._mailbox.take()) is not None:
            if isinstance(message, Request):
                self._run(engine, message)
            else:
                self._answer(engine, message)

    def _refuse_all(self, sentence: str) -> None:
        """Answer every request and query with the reason why there is no engine, so that none waits for ever."""
        while (message := self._mailbox.take()) is not None:
            if isinstance(message, Request):
                self._report(Failure(message.serial, sentence))
            else:
                self._report(Answer(message, failure=sentence))

    def _report(self, what: Report) -> None:
        """Tell the listener. An error of the listener's is logged: it must not end the thread."""
        try:
            self._listener(what)
        except Exception:
            log.exception("the listener failed on a %s", type(what).__name__)

    def _run(self, engine: EngineLike, request: Request) -> None:
        settled = False

        def report(what: Report) -> None:
            nonlocal settled
            self._report(what)
            settled = settled or (isinstance(what, Result) and what.completeness == "settled")

        def still_wanted(stage: Stage) -> bool:
            if self._stopping.is_set() or request.serial <= self._cancelled_up_to:
                return False
            newest = self._mailbox.waiting()
            # Once the user has the result, anything more is done only while no request waits.
            if settled:
                return newest is None and self._mailbox.newest_query() < 0
            return newest is None or is_still_useful(newest, request, stage)

        try:
            engine.run(request, still_wanted, report)
        except Exception as error:
            if settled:
                # The user has the result; what broke off was made for a later request.
                log.warning("after the result of request %d", request.serial, exc_info=True)
                return
            if not isinstance(error, UserError):
                log.exception("request %d failed", request.serial)
            self._report(Failure(request.serial, _sentence(error)))

    def _answer(self, engine: EngineLike, query: Query) -> None:
        def is_cancelled() -> bool:
            return query.serial <= self._cancelled_queries.get(type(query.question), -1)

        def still_wanted() -> bool:
            others = self._mailbox.waiting() is not None or self._mailbox.newest_query() > query.serial
            return not (self._stopping.is_set() or others or is_cancelled())

        try:
            if not engine.answer(query, still_wanted, self._report) and not is_cancelled():
                self._mailbox.put_query(query)
        except UserError as error:
            self._report(Answer(query, failure=str(error)))
        except Exception as error:
            log.exception("inquiry %d failed", query.serial)
            self._report(Answer(query, failure=_sentence(error)))


def _sentence(error: Exception) -> str:
    if isinstance(error, UserError):
        return str(error)
    return f"The engine met an unexpected {type(error).__name__}: {error}. The log has the details."


def create_engine(report: Listener) -> EngineLike:
    """The engine of this program, built here so that only the caller's thread pays for importing torch."""
    from dcsm_viewer.engine.engine import Engine

    engine = Engine()
    report(engine.ready())
    return engine
