"""What threshold tuning computes away from the window's thread: the newest measurement, and a sweep at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.tools.thresholds.thresholds_curves import Curves, counts_of, curves_from
from dcsm_viewer.gui.tools.thresholds.thresholds_files import FolderSweep, StoppedError, sweep
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import Peaks, peaks_of


@dataclass(frozen=True, slots=True)
class ThresholdMeasurement:
    """What is known of the maps of one result, with the mask it was compared with."""

    result: Result
    peaks: Peaks
    curves: Curves
    mask: NDArray[np.uint16] | None = field(default=None, repr=False, compare=False)


class ThresholdsWorker(QObject):
    """Signals:
    measured: a Measured; of results asked for while one is measured only the newest follows.
    progressed: images of the sweep done, and all.
    swept: a FolderSweep, None where it was stopped.
    failed: a sentence.
    """

    measured = Signal(object)
    progressed = Signal(int, int)
    swept = Signal(object)
    failed = Signal(str)
    _told = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = BackgroundTasks("thresholds", self)
        self._sweeper = BackgroundTasks("threshold sweep", self)
        self._waiting: tuple[Result, NDArray[np.uint16] | None] | None = None
        self._busy = False
        self._stopped: threading.Event | None = None
        self._told.connect(self.progressed, Qt.ConnectionType.QueuedConnection)

    @property
    def sweeping(self) -> bool:
        return self._stopped is not None

    def measure(self, result: Result, mask: NDArray[np.uint16] | None) -> None:
        self._waiting = (result, mask)
        if not self._busy:
            self._next()

    def sweep(self, folder: Path, masks: Path | None) -> None:
        """Nothing while another one goes on."""
        if self._stopped is not None:
            return
        stopped = self._stopped = threading.Event()
        work = partial(_sweep, folder, masks, stopped, self._told.emit)
        self._sweeper.send(work, self._end_sweep, self._fail_sweep)

    def stop_sweep(self) -> None:
        """Ends it after the file it reads."""
        if self._stopped is not None:
            self._stopped.set()

    def stop(self) -> None:
        """Waits for what is under way."""
        self.stop_sweep()
        self._tasks.stop()
        self._sweeper.stop()

    def _next(self) -> None:
        if self._waiting is None:
            return
        result, mask = self._waiting
        self._waiting, self._busy = None, True
        self._tasks.send(partial(_measure, result, mask), self._end_measure, self._fail_measure)

    def _end_measure(self, measured: ThresholdMeasurement) -> None:
        self._busy = False
        self.measured.emit(measured)
        self._next()

    def _fail_measure(self, sentence: str) -> None:
        self._busy = False
        self.failed.emit(sentence)
        self._next()

    def _end_sweep(self, found: FolderSweep | None) -> None:
        self._stopped = None
        self.swept.emit(found)

    def _fail_sweep(self, sentence: str) -> None:
        self._stopped = None
        self.failed.emit(sentence)
        self.swept.emit(None)


def _measure(result: Result, mask: NDArray[np.uint16] | None) -> ThresholdMeasurement:
    peaks = peaks_of(result)
    return ThresholdMeasurement(result, peaks, curves_from(counts_of(peaks, mask)), mask)


def _sweep(
    folder: Path, masks: Path | None, stopped: threading.Event, told: Callable[[int, int], None]
) -> FolderSweep | None:
    try:
        return sweep(folder, masks, lambda: not stopped.is_set(), told)
    except StoppedError:
        return None
