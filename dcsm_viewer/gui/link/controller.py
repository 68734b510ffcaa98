"""The store's changes become requests, the engine's reports become changes of the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from PySide6.QtCore import QObject, Qt, Signal

from dcsm_viewer.core.parameters import check
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import EngineReady, Failure, Progress, Request, Result, UserError
from dcsm_viewer.gui.link.bridge import Bridge
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.queries.query import Answer, Query, Question, Report
from dcsm_viewer.worker.engine_thread import EngineLike, EngineThread, Listener

_RequestKey = tuple[str, Settings, int | None]


class Controller(QObject):
    """Asks the engine whenever image, settings or focus differ from what was last asked; takes its reports.

    Results for older settings of the image on show are taken too, so that a hand that keeps moving a slider sees
    something; what belongs to another image, another model or a cancelled request is dropped.
    `loaded` says that the engine is there; `answered(answer)` brings the answer to a tool's query.
    """

    loaded = Signal()
    answered = Signal(object)

    def __init__(
        self, store: Store, make_engine: Callable[[Listener], EngineLike], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._requested: _RequestKey | None = None
        self._serial = 0
        self._query_serial = 0
        self._cancelled_up_to = 0
        self._dead: str | None = None
        self._bridge = Bridge(self)
        self._bridge.reported.connect(self.on_report, Qt.ConnectionType.QueuedConnection)
        self._thread = EngineThread(make_engine, self._bridge.report)
        store.react(self._on_state_changed)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Whether the engine's thread has ended within the time."""
        self._store.stop_reacting(self._on_state_changed)
        return self._thread.stop(timeout_s)

    def cancel(self) -> None:
        """Give up what is being computed; what is on the screen stays."""
        if self._store.state.pending_serial is None:
            return
        self._thread.cancel()
        self._cancelled_up_to = self._serial
        self._store.change(
            pending_serial=None, progress=None, message="Cancelled. The displayed maps are the last finished ones."
        )

    def ask_again(self) -> None:
        """The same request once more, after a cancel or a failure."""
        key = _request_key(self._store.state)
        if key is not None:
            self._ask(key)

    def submit_query(self, request: Request, question: Question) -> int:
        """Submit a query and return its serial; its answers come by `answered`, until a newer one of its type."""
        self._query_serial += 1
        self._thread.submit_query(Query(self._query_serial, request, question))
        return self._query_serial

    def cancel_queries(self, question: type[Question]) -> None:
        """No more answers to questions of this type: its tool was closed, or what it asked about is gone."""
        self._thread.cancel_queries(question, self._query_serial)

    def on_report(self, report: Report) -> None:
        match report:
            case EngineReady():
                self._store.change(engine=report)
                self.loaded.emit()
            case Progress():
                if self._store.state.pending_serial is not None and report.serial > self._cancelled_up_to:
                    self._store.change(progress=report)
            case Result():
                self._on_result(report)
            case Failure():
                self._on_failure(report)
            case Answer():
                self.answered.emit(report)
            case _:
                assert_never(report)

    def _on_state_changed(self, before: ViewState, after: ViewState) -> None:
        key = _request_key(after)
        maps_are_gone = before.result is not None and after.result is None
        if key is None or before.tab != after.tab or maps_are_gone:
            # What was asked last was asked for another tab or session, or for an image that is closed now.
            self._requested = None
        if key is None or key == self._requested:
            return
        if _is_answered(after.result, key):
            self._rest(key)
        else:
            self._ask(key)

    def _rest(self, key: _RequestKey) -> None:
        """What is on show is what is wanted, from before or from another tab: nothing need be computed."""
        self._requested = key
        if self._store.state.pending_serial is not None:
            self._thread.cancel()
        self._cancelled_up_to = self._serial
        self._store.change(pending_serial=None, progress=None, failure=None, message=None)

    def _ask(self, key: _RequestKey) -> None:
        self._requested = key
        image = self._store.state.image
        assert image is not None, "a request has an image"
        _, settings, focus = key
        try:
            check(settings)
        except UserError as error:
            self._store.change(failure=str(error))
            return
        if self._dead is not None:
            self._store.change(failure=self._dead)
            return
        self._serial += 1
        self._thread.ask(Request(self._serial, image, settings, focus))
        self._store.change(pending_serial=self._serial, failure=None, message=None)

    def _on_result(self, result: Result) -> None:
        if self._is_stale(result):
            return
        result = self._with_labels(result)
        if result.completeness == "settled" and result.request.serial == self._store.state.pending_serial:
            self._store.change(result=result, pending_serial=None, progress=None)
            return
        self._store.change(result=result)

    def _with_labels(self, result: Result) -> Result:
        """Maps that came ahead of their labels keep those on the screen until theirs come."""
        shown = self._store.state.result
        if (
            result.segmentation is not None
            or shown is None
            or shown.request.image.digest != result.request.image.digest
        ):
            return result
        return replace(result, segmentation=shown.segmentation)

    def _is_stale(self, result: Result) -> bool:
        state = self._store.state
        theirs, shown = result.request, state.result
        if state.image is None or theirs.image.digest != state.image.digest:
            return True
        if (theirs.settings.model, theirs.settings.vocabulary) != (state.settings.model, state.settings.vocabulary):
            return True
        if theirs.serial <= self._cancelled_up_to:
            return True
        return shown is not None and theirs.serial < shown.request.serial

    def _on_failure(self, failure: Failure) -> None:
        if self._store.state.engine is None:
            # The engine reports ready before it runs anything, so it could not even be built, and its thread is gone.
            self._dead = failure.message
        elif failure.serial != self._serial or failure.serial <= self._cancelled_up_to:
            return
        self._store.change(failure=failure.message, pending_serial=None, progress=None)


def _is_answered(result: Result | None, key: _RequestKey) -> bool:
    if result is None or result.completeness != "settled":
        return False
    request = result.request
    return key == (request.image.digest, request.settings, request.focus)


def _request_key(state: ViewState) -> _RequestKey | None:
    """What the engine would be asked for in this state, in a form that can be compared; None without an image."""
    return None if state.image is None else (state.image.digest, state.settings, state.focus)
