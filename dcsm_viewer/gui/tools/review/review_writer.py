"""The files of a triage, written away from the window's thread and in the order they were wanted."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.review.exported_result import Labels
from dcsm_viewer.review.label_edits import write_edit
from dcsm_viewer.review.review_file import Edit, ReviewFile, ReviewFileWriter


class ReviewWriter(QObject):
    """`written()` after each file, `failed(sentence)` for one that could not be written."""

    written = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = BackgroundTasks("triage-writer", self)
        self._todo: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._newest: dict[Path, ReviewFile] = {}
        self._writer = ReviewFileWriter()

    @property
    def is_idle(self) -> bool:
        """Whether everything is on the disk."""
        return not self._todo

    def keep(self, review_file: ReviewFile) -> None:
        """Of the books of one folder that wait only the newest is written: it holds all that the others do."""
        with self._lock:
            has_one_waiting = review_file.folder in self._newest
            self._newest[review_file.folder] = review_file
        if not has_one_waiting:
            self._send(partial(self._write_newest, review_file.folder))

    def keep_edit(self, review_file: ReviewFile, edit: Edit, labels: Labels) -> None:
        """`labels` are not to change any more. The review file that names the edit is written after it."""
        self._send(partial(write_edit, review_file.folder, edit, labels))

    def drop_edit(self, review_file: ReviewFile, edit: Edit) -> None:
        """Delete the file of an edit that the review file no longer names."""
        self._send(partial((review_file.folder / edit.file).unlink, missing_ok=True))

    def stop(self) -> None:
        """Everything that waits is written before the window is gone."""
        self._tasks.stop()
        while self._todo:
            self._do_first()

    def _send(self, work: Callable[[], None]) -> None:
        self._todo.append(work)
        self._tasks.send(self._do_first, lambda _: self.written.emit(), self.failed.emit)

    def _do_first(self) -> None:
        # Taken off the list only when it is done, so that `is_idle` is never true too early.
        try:
            self._todo[0]()
        finally:
            self._todo.popleft()

    def _write_newest(self, folder: Path) -> None:
        with self._lock:
            review_file = self._newest.pop(folder)
        self._writer.write(review_file)
