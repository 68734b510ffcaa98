"""The window's own engine as a batch sees it: one image at a time, whenever the window wants nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ModelCard, Request, Result, SourceImage, UserError
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.queries.batch_query import BatchQuestion
from dcsm_viewer.queries.query import Answer, AnswerValue, Report


class RunCancelledError(Exception):
    """The run was cancelled: no answer will come. No UserError, as it is no fault of any image."""


@dataclass(frozen=True, slots=True)
class _Message:
    request: Request
    question: BatchQuestion
    answer: Future[AnswerValue | None] = field(default_factory=Future, compare=False)


class SharedEngineClient(QObject):
    """`card` and `settle` are called on the run's thread and wait; everything else on the window's.

    Requests of the window always come first: the engine leaves this image at its next checkpoint, and finds what it
    had made of it when it comes back.
    """

    _message_sent = Signal(object)

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._lock = threading.Lock()
        self._message: _Message | None = None
        self._serial = -1
        self._is_over = False
        self._goes_on = threading.Event()
        self._goes_on.set()
        self._message_sent.connect(self._submit, Qt.ConnectionType.QueuedConnection)
        controller.answered.connect(self._take)

    def card(self, settings: Settings) -> ModelCard:
        """Raises UserError for a model that cannot be loaded, RunCancelledError once the run is cancelled."""
        blank = SourceImage.of(np.zeros((1, 1, 3), dtype=np.uint8), name="no image")
        card = self._ask(Request(0, blank, settings), BatchQuestion("card"))
        assert isinstance(card, ModelCard)
        return card

    def settle(self, request: Request, _report: Callable[[Report], None] = lambda _: None) -> Result:
        """The settled result. Waits while the run is paused; raises as `card` does."""
        result = self._ask(request, BatchQuestion("result"))
        assert isinstance(result, Result)
        return result

    def pause(self) -> None:
        """The image under way is finished, the next one waits."""
        self._goes_on.clear()

    def go_on(self) -> None:
        self._goes_on.set()

    def begin(self) -> None:
        """A new run: a cancel of the last one is forgotten."""
        self._is_over = False
        self._goes_on.set()

    def end(self) -> None:
        """The image under way is left at the engine's next checkpoint; who waits gets RunCancelledError at once."""
        with self._lock:
            self._is_over = True
            message, self._message = self._message, None
        self._goes_on.set()
        self._controller.cancel_queries(BatchQuestion)
        if message is not None:
            message.answer.set_exception(RunCancelledError())

    def _ask(self, request: Request, question: BatchQuestion) -> AnswerValue | None:
        self._goes_on.wait()
        message = _Message(request, question)
        with self._lock:
            # Under the lock, so that `end` either finds this request or is found here.
            if self._is_over:
                raise RunCancelledError
            self._message = message
        self._message_sent.emit(message)
        return message.answer.result()

    def _submit(self, message: _Message) -> None:
        if message is self._message:
            self._serial = self._controller.submit_query(message.request, message.question)

    def _take(self, answer: Answer) -> None:
        if self._message is None or answer.query.serial != self._serial:
            return
        message, self._message = self._message, None
        if answer.failure is not None:
            message.answer.set_exception(UserError(answer.failure))
        else:
            message.answer.set_result(answer.value)
