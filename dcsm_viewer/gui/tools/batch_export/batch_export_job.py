"""A run over a folder: the batch on a thread of its own, its engine the window's, its outcomes brought home."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from dcsm_viewer.batch.inputs import Inputs, inputs_of
from dcsm_viewer.batch.labels import given_classes
from dcsm_viewer.batch.run_batch import ExportJob, Outcome, check_formats, export_images, servable
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import write_folder_files
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.gui.tools.batch_export.run_progress import ACTIVE, Phase, RunProgress
from dcsm_viewer.gui.tools.batch_export.shared_engine import RunCancelledError, SharedEngineClient
from dcsm_viewer.io.os_errors import sentence_on

log = logging.getLogger(__name__)

_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class BatchExportPlan:
    """What to run: paths of images and folders, and the order.

    labels: where each image's classes are told (datasets.labels_of_images), None for nowhere. recursive: the folders'
    folders, too.
    """

    inputs: tuple[str, ...]
    order: ExportJob
    labels: Path | None = None
    recursive: bool = False


class BatchExportJob(QObject):
    """At most one run at a time. `changed(pace)` follows every step of it, on the window's thread."""

    changed = Signal(object)
    _began = Signal(int)
    _came = Signal(object)
    _ended = Signal(str, str)

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.progress = RunProgress()
        self._engine = SharedEngineClient(controller, self)
        self._thread: threading.Thread | None = None
        self._since = 0.0
        self._worked_s = 0.0
        queued = Qt.ConnectionType.QueuedConnection
        self._began.connect(self._note_total, queued)
        self._came.connect(self._note, queued)
        self._ended.connect(self._note_end, queued)

    @property
    def is_active(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and self.progress.phase in ACTIVE

    def start(self, plan: BatchExportPlan) -> None:
        assert not self.is_active, "one run at a time"
        self._engine.begin()
        self._since, self._worked_s = time.monotonic(), 0.0
        self._show(RunProgress(phase="running", out=str(plan.order.out)))
        self._thread = threading.Thread(target=self._run, args=(plan,), name="folder-run", daemon=True)
        self._thread.start()

    def pause(self) -> None:
        if self.progress.phase == "running":
            self._engine.pause()
            self._worked_s = self._worked()
            self._show(replace(self.progress, phase="paused"))

    def go_on(self) -> None:
        if self.progress.phase == "paused":
            self._since = time.monotonic()
            self._show(replace(self.progress, phase="running"))
            self._engine.go_on()

    def cancel(self) -> None:
        if self.progress.phase in {"running", "paused"}:
            self._worked_s = self._worked()
            self._show(replace(self.progress, phase="ending"))
            self._engine.end()

    def stop(self) -> None:
        """The window closes: the image under way is given up, files under way are finished."""
        self._engine.end()
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def _run(self, plan: BatchExportPlan) -> None:
        try:
            self._ended.emit("finished", self._ran(plan))
        except RunCancelledError:
            self._ended.emit("cancelled", "")
        except UserError as error:
            self._ended.emit("refused", str(error))
        except Exception as error:
            log.exception("the batch export failed")
            unexpected = f"Unexpected {type(error).__name__}: {error}. The log has the details."
            self._ended.emit("refused", sentence_on(error) or unexpected)

    def _ran(self, plan: BatchExportPlan) -> str:
        """What to say of the files of the whole folder, once all images are done."""
        order = plan.order
        check_formats(order.formats)
        order, refused = servable(self._engine, order)
        images = inputs_of(plan.inputs, recursive=plan.recursive, out=order.out)
        if plan.labels is not None:
            card = self._engine.card(order.settings)
            told = given_classes(card, plan.labels, images.paths)
            order = replace(order, given=told.ids, unlabelled=told.errors)
        self._began.emit(len(images.paths))
        done = []
        for outcome in export_images(self._engine, images.paths, order, stems=images.stems):
            if outcome.error is None:
                done.append(outcome.image)
            self._came.emit(outcome)
        return " ".join((*refused, _combined_files(images, done, order))).strip()

    def _note_total(self, total: int) -> None:
        self._show(replace(self.progress, total=total))

    def _note(self, outcome: Outcome) -> None:
        self._show(self.progress.after(outcome, self._worked()))

    def _note_end(self, phase: Phase, reason: str) -> None:
        self._show(replace(self.progress, phase=phase, reason=reason))

    def _worked(self) -> float:
        """Seconds of work since the beginning, pauses left out."""
        running = self.progress.phase == "running"
        return self._worked_s + (time.monotonic() - self._since if running else 0.0)

    def _show(self, progress: RunProgress) -> None:
        self.progress = progress
        self.changed.emit(progress)


def _combined_files(images: Inputs, done: Sequence[str], order: ExportJob) -> str:
    """The files that some formats have of the whole folder, in a sentence; also one that could not be made."""
    if len(images.paths) < 2:
        return ""
    made, errors = [], []
    for name in order.formats:
        try:
            made += [path.name for _, path, _ in write_folder_files(images.folder_images(done), order.out, (name,))]
        except UserError as error:
            errors.append(str(error))
    return " ".join((*errors, f"Of all images: {', '.join(made)}." if made else "")).strip()
