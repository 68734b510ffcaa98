"""Models that come to the library: imported from a file or fetched, away from the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal

from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.state.settings_edits import with_model
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.worker.model_work import ImportJob, ImportResult, fetch_vgg16, import_model, preview_sentences


class ModelImporter(QObject):
    """Runs one task at a time; a model that arrived is listed at once and is the one in use.

    Signals: `said(sentence)` what is going on or what came of it; `arrived(name)` a model is there; `ended` the
    task is over, whatever came of it; `fetched(megabytes, in_all)` how far the download is.
    """

    message = Signal(str)
    arrived = Signal(str)
    ended = Signal()
    fetched = Signal(int, int)

    _there = Signal(object, object)

    def __init__(
        self,
        store: Store,
        parent: QObject | None = None,
        *,
        importer: Callable[[ImportJob], ImportResult] = import_model,
        fetcher: Callable[[Callable[[int, int], None], Callable[[], bool]], ImportResult | None] = fetch_vgg16,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._importer, self._fetcher = importer, fetcher
        self._tasks = BackgroundTasks("models", self)
        self._unwanted = Event()
        self.is_busy = False
        # Two windows listen: what one of them began is not said by the other.
        self.task: Literal["import", "fetch"] | None = None
        # Bytes go beyond what a signal's int holds, so they travel as objects.
        self._there.connect(self._tell_fetched, Qt.ConnectionType.QueuedConnection)

    def preview(self, order: ImportJob) -> None:
        """Say what the file holds and how the open image scores, without keeping it."""
        self._begin("import", f"Looking at {order.path.name}...")
        self._tasks.send(partial(preview_sentences, order, self._store.state.image), self._tell, self._on_failure)

    def import_file(self, order: ImportJob) -> None:
        self._begin("import", f"Reading and checking {order.path.name}...")
        self._tasks.send(partial(self._importer, order), self._take, self._on_failure)

    def fetch(self) -> None:
        self._begin("fetch", "Asking for VGG-16...")
        self._unwanted.clear()
        work = partial(self._fetcher, self._there.emit, self._is_wanted)
        self._tasks.send(work, self._take, self._on_failure)

    def cancel(self) -> None:
        """Give the download up between two pieces of it; nothing is left behind."""
        self._unwanted.set()
        self.message.emit("Cancelling...")

    def stop(self) -> None:
        """Wait for the running task, a download no longer than for its next piece."""
        self._unwanted.set()
        self._tasks.stop()

    def _is_wanted(self) -> bool:
        return not self._unwanted.is_set()

    def _begin(self, task: Literal["import", "fetch"], sentence: str) -> None:
        self.is_busy, self.task = True, task
        self.message.emit(sentence)

    def _take(self, imported: ImportResult | None) -> None:
        self._end()
        if imported is None:
            self.message.emit("Cancelled. Nothing was kept.")
            return
        state = self._store.state
        if state.engine is not None:
            self._store.change(engine=replace(state.engine, models=imported.models))
        self._store.edit(with_model(self._store.state.settings, imported.name))
        sentence = " ".join((f"The model '{imported.name}' is there and in use.", *imported.notes))
        self._store.change(message=sentence)
        self.message.emit(sentence)
        self.arrived.emit(imported.name)

    def _tell(self, sentences: tuple[str, ...]) -> None:
        self._end()
        self.message.emit("\n".join(sentence for sentence in sentences if sentence))

    def _on_failure(self, sentence: str) -> None:
        self._end()
        self.message.emit(sentence)

    def _end(self) -> None:
        self.is_busy = False
        self.ended.emit()

    def _tell_fetched(self, there: int, in_all: int) -> None:
        self.fetched.emit(there >> 20, in_all >> 20)
