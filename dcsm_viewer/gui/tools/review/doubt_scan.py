"""The doubts of a whole folder, measured on a thread of their own while somebody already looks through it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from dcsm_viewer.review.review_file import ReviewEntry, with_doubt

log = logging.getLogger(__name__)

_NEWS_S = 0.5
_STOP_S = 10.0


class DoubtScan(QObject):
    """`news(pairs, done)`: entries before and after they were looked at, and how many were; `ended` after the last."""

    news = Signal(object, int)
    ended = Signal()
    _found = Signal(object, int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._round = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._found.connect(self._bring, Qt.ConnectionType.QueuedConnection)

    def start(self, folder: Path, entries: Sequence[ReviewEntry]) -> None:
        """Begins anew with this folder; what is still found of an older one is not told."""
        self.stop()
        self._round += 1
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(folder, tuple(entries), self._round, self._stopping), name="triage", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)
            self._thread = None

    def _run(self, folder: Path, entries: tuple[ReviewEntry, ...], number: int, stopping: threading.Event) -> None:
        pairs: list[tuple[ReviewEntry, ReviewEntry]] = []
        told = time.monotonic()
        try:
            for done, entry in enumerate(entries, start=1):
                if stopping.is_set():
                    return
                after = with_doubt(folder, entry)
                if after is not entry:
                    pairs.append((entry, after))
                if time.monotonic() - told > _NEWS_S:
                    self._found.emit(pairs, done, number)
                    pairs, told = [], time.monotonic()
        except Exception:
            log.exception("the doubts could not be measured")
        self._found.emit(pairs, len(entries), number)
        self._found.emit(None, len(entries), number)

    def _bring(self, pairs: list[tuple[ReviewEntry, ReviewEntry]] | None, done: int, number: int) -> None:
        if number != self._round:
            return
        if pairs is None:
            self.ended.emit()
        else:
            self.news.emit(pairs, done)
