"""How soon a queue of thousands is listed, and how long the window ever stands still in a triage; offscreen.

One made export of 480 x 360 px is linked as many times as wanted. Prints one JSON line and a table.

    python -m benchmarks.triage --masks 10000
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dcsm_viewer.export import export_result
from dcsm_viewer.gui.app import build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from dcsm_viewer.gui.tools.review.review_tool import ReviewTool
from dcsm_viewer.review.brush import brush_stroke
from tests.gui.engines import InstantEngine
from tests.results import make_image, make_result

TICK_MS = 16


class Gaps:
    """How long the window's thread was away, ms beyond the tick, by what went on."""

    def __init__(self) -> None:
        self.worst_ms: dict[str, float] = {}
        self.phase = "begin"
        self._last = time.perf_counter()
        self._timer = QTimer(interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def enter(self, phase: str) -> None:
        self._tick()
        self.phase = phase

    def _tick(self) -> None:
        now = time.perf_counter()
        gap = 1000 * (now - self._last) - TICK_MS
        self._last = now
        self.worst_ms[self.phase] = max(self.worst_ms.get(self.phase, 0.0), gap)


def ensure_folder(folder: Path, count: int) -> None:
    """`count` exports that share their bytes."""
    result = make_result(make_image(360, 480), detected=2)
    export_result(result, folder, "first", ("voc", "npz"))
    for number in range(count - 1):
        for suffix in (".npz", ".json"):
            os.link(folder / f"first{suffix}", folder / f"img{number:05d}{suffix}")


def measured(count: int, app: QApplication, folder: Path, survey_s: float) -> dict[str, float]:
    """Seconds and milliseconds of one session, by what they are of."""
    themes = Themes(app)
    parts = build(ViewState(view="triage"), InstantEngine().make, themes, UserSettings())
    parts.window.resize(1280, 800)
    parts.window.show()
    parts.controller.start()
    tool = parts.window.stack.currentWidget()
    assert isinstance(tool, ReviewTool)
    session = tool.session
    _until(lambda: parts.store.state.engine is not None)
    gaps = Gaps()
    found: dict[str, float] = {}

    begin = time.perf_counter()
    gaps.enter("listing")
    tool.open_folder(str(folder))
    _until(lambda: tool.model.rowCount() == count)
    found["listed_s"] = time.perf_counter() - begin
    _until(lambda: session.loaded_mask is not None)
    found["first_mask_s"] = time.perf_counter() - begin
    gaps.enter("survey")
    _until(lambda: tool.progress.isVisible() and tool.progress.value() > 0)
    end = time.perf_counter() + survey_s
    _until(lambda: not tool.progress.isVisible() or time.perf_counter() > end, patience_s=2 * survey_s)
    found["doubts_per_s"] = tool.progress.value() / (time.perf_counter() - begin)

    gaps.enter("verdicts")
    begin = time.perf_counter()
    for _ in range(20):
        tool.bar.accept.click()
        _until(lambda: session.loaded_mask is not None)
    found["verdict_and_next_ms"] = 1000 * (time.perf_counter() - begin) / 20
    _until(lambda: session.review_writer.is_idle)
    found["all_kept_after_s"] = time.perf_counter() - begin

    gaps.enter("strokes")
    canvas = tool.panes.canvas
    assert canvas is not None
    begin = time.perf_counter()
    tool.panes.painted.stroke_began.emit()
    for col in range(40, 440, 4):
        tool.panes.painted.stroked.emit(100, col, 101, col + 4)
        app.processEvents()
    found["stroke_step_ms"] = 1000 * (time.perf_counter() - begin) / 100
    tool.panes.painted.stroke_ended.emit()
    assert brush_stroke((360, 480), (100, 40), (101, 44), 15).covered.any()
    _until(lambda: session.review_writer.is_idle)

    gaps.enter("opening again")
    begin = time.perf_counter()
    tool.open_folder(str(folder))
    _until(lambda: session.loaded_mask is None)
    _until(lambda: session.loaded_mask is not None)
    found["opened_again_s"] = time.perf_counter() - begin
    found |= {f"worst gap, {phase}, ms": worst for phase, worst in gaps.worst_ms.items() if phase != "begin"}
    parts.window.close()
    parts.stop()
    themes.stop()
    return found


def _until(condition: Callable[[], bool], patience_s: float = 120.0) -> None:
    end = time.perf_counter() + patience_s
    while not condition():
        if time.perf_counter() > end:
            raise SystemExit("it did not come")
        # No busy loop: it would take the interpreter's lock from the threads that are measured.
        QTest.qWait(2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--masks", type=int, default=10_000)
    parser.add_argument("--survey-s", type=float, default=30.0, help="how long to watch the doubts being measured")
    wanted = parser.parse_args()
    masks = wanted.masks
    application = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as home:
        ensure_folder(Path(home), masks)
        figures = {
            name: round(value, 3) for name, value in measured(masks, application, Path(home), wanted.survey_s).items()
        }
    sys.stdout.write(json.dumps({"masks": masks, **figures}) + "\n")
    for name, value in figures.items():
        sys.stdout.write(f"{name:28} {value:10.3f}\n")
