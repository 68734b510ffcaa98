"""Reading and writing files away from the window's thread, one after the other, the answer brought home."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.os_errors import sentence_on

log = logging.getLogger(__name__)

T = TypeVar("T")


class BackgroundTasks(QObject):
    """One thread for file work. What it was sent for arrives on the window's thread, as `done` or as `failed`."""

    _came_back = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._is_stopped = False
        self._came_back.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def send(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> Future[None]:
        """Do `work` on the thread, then one of the other two here: `done(value)` or `failed(sentence)`."""
        return self._executor.submit(self._go, work, done, failed)

    def stop(self) -> None:
        """Wait for the running task, so that no file is left half written; the waiting ones are dropped.

        An answer that is on its way home is dropped too: it might send for more.
        """
        self._is_stopped = True
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _go(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        try:
            answer = partial(done, work())
        except UserError as error:
            answer = partial(failed, str(error))
        except Exception as error:
            log.exception("file work failed")
            unexpected = f"Unexpected {type(error).__name__}: {error}. The log has the details."
            answer = partial(failed, sentence_on(error) or unexpected)
        self._came_back.emit(answer)

    def _deliver(self, answer: Callable[[], None]) -> None:
        if not self._is_stopped:
            answer()
