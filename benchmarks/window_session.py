"""One session of the real program, watched from inside: when things were on the screen, and how long the window froze.

Started by `benchmarks.window` in a process of its own; the last line of stdout is the JSON of what was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QSlider
from typing_extensions import override

from dcsm_viewer.cli import main
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Result
from dcsm_viewer.gui import app as program
from dcsm_viewer.gui.app import AppComponents
from dcsm_viewer.gui.files.image_loader import sample_paths
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.widgets.slider_row import SliderRow

TICK_MS = 16
DRAG_S = 2.0
QUIET_S = 1.5
"""After a settled result the maps for a larger N are made; a hand that waits this long finds them there."""

DRAGGED = ("method.min_candidates", "method.alpha", "crf.iterations", "crf.bilateral_sxy")

Condition = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """A result on the screen: s since the process was started, and of which settings and image."""

    at_s: float
    completeness: str
    settings: Settings
    digest: str


class Session(QObject):
    """Walks through a script, one step when the condition of the step before holds, and notes times on the way."""

    def __init__(self, parts: AppComponents, began: float) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._began = began
        self.marks: dict[str, float] = {}
        self.gaps_ms: dict[str, list[float]] = {}
        self.changes_ms: dict[str, dict[str, float | None]] = {}
        self.paints_ms: dict[str, list[float]] = {}
        self.seen: list[FrameTimes] = []
        self._unpainted: list[Callable[[], None]] = []
        self._phase = "nothing"
        self._last_tick: float | None = None
        self._script = self._steps()
        self._until: Condition = lambda: "painted" in self.marks
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.timeout.connect(self._on_tick)
        parts.window.installEventFilter(self)
        parts.store.changed.connect(self._follow)

    def now(self) -> float:
        return time.time() - self._began

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and "painted" not in self.marks:
            self.marks["painted"] = float("nan")
            QTimer.singleShot(0, self._on_painted)
        if event.type() == QEvent.Type.UpdateRequest:
            # It is handled when this returns: every pane that asked for it is painted before the shot is fired.
            QTimer.singleShot(0, self._tell_painted)
        return False

    def _when_painted(self, note: Callable[[], None]) -> None:
        self._unpainted.append(note)

    def _tell_painted(self) -> None:
        waiting, self._unpainted = self._unpainted, []
        for note in waiting:
            note()

    def _on_painted(self) -> None:
        self.marks["painted"] = self.now()
        self._phase = "torch is imported"
        self._tick.start()

    def _on_tick(self) -> None:
        now = time.perf_counter()
        if self._last_tick is not None:
            self.gaps_ms.setdefault(self._phase, []).append(1e3 * (now - self._last_tick))
        self._last_tick = now
        if self._until():
            try:
                self._until = next(self._script)
            except StopIteration:
                self._tick.stop()
                QApplication.exit(0)

    def _follow(self, before: ViewState, after: ViewState) -> None:
        if before.engine is None and after.engine is not None:
            self.marks["engine ready"] = self.now()
            self._phase = "the engine works"
        if after.result is not None and before.result is not after.result:
            self._when_painted(partial(self._note, after.result))

    def _note(self, result: Result) -> None:
        request = result.request
        self.seen.append(FrameTimes(self.now(), result.completeness, request.settings, request.image.digest))

    def _steps(self) -> Iterator[Condition]:
        store = self._parts.store
        yield self._settled
        self._note_image("first image")
        self._phase = "idle"
        yield self._wait(QUIET_S)
        began = self.now()
        self._phase = "the engine works on a second image"
        self._parts.image_loader.open_at(1)
        yield lambda: store.state.folder_index == 1 and store.state.reading is None
        yield self._settled
        self._note_image("second image", since=began)
        self._phase = "idle"
        self._parts.image_loader.open_at(0)
        yield lambda: store.state.folder_index == 0 and store.state.reading is None
        yield self._settled
        yield self._wait(QUIET_S)
        for name, settings in changes(store.state.settings, self._layers()).items():
            yield from self._change(name, settings)
        for field in DRAGGED:
            yield from self._drag(field)
        for view in ("compare", "grid", "overlay", "labels"):
            store.change(view=view)
            yield self._wait(0.5)
            yield from self._repaint(view)

    def _change(self, name: str, settings: Settings) -> Iterator[Condition]:
        count, began = len(self.seen), self.now()
        self._parts.store.edit(settings)
        yield self._settled
        yield self._wait(0.3)
        news = [seen for seen in self.seen[count:] if seen.settings == settings]
        times = [1e3 * (seen.at_s - began) for seen in news]
        # A preview that is followed by another preview had reduced maps; the one before the end has exact maps.
        self.changes_ms[name] = {
            "first": times[0] if times else None,
            "exact_maps": times[-2] if len(times) > 1 else times[0] if times else None,
            "settled": times[-1] if times else None,
        }
        yield self._wait(QUIET_S)

    def _drag(self, field: str) -> Iterator[Condition]:
        before = self._parts.store.state.settings
        row = self._parts.window.findChild(SliderRow, field)
        slider = None if row is None else row.findChild(QSlider)
        assert slider is not None, f"{field} has no slider"
        home, end = slider.value(), time.perf_counter() + DRAG_S
        count = len(self.seen)
        self._phase = f"{field} is dragged"
        hand = QTimer(self, interval=TICK_MS)
        hand.setTimerType(Qt.TimerType.PreciseTimer)
        positions = _to_and_fro(slider.minimum(), slider.maximum(), home)
        hand.timeout.connect(lambda: slider.setValue(next(positions)))
        slider.setSliderDown(True)
        hand.start()
        yield lambda: time.perf_counter() > end
        hand.stop()
        slider.setSliderDown(False)
        self.marks[f"results a second while {field} is dragged"] = (len(self.seen) - count) / DRAG_S
        yield self._settled
        self._phase = "idle"
        self._parts.store.edit(before)
        yield self._settled
        yield self._wait(QUIET_S)

    def _repaint(self, view: str) -> Iterator[Condition]:
        paint = self._parts.store.state.paint
        for name, values in {
            "opacity": [replace(paint, opacity=step / 10) for step in range(1, 10)],
            "colormap": [replace(paint, colormap=name) for name in ("viridis", "magma", "cividis", "viridis", "magma")],
        }.items():
            if (name, view) == ("colormap", "labels"):
                continue  # labels have the colours of their classes
            for value in values:
                yield from self._repaint_once(f"{name} in {view}", value)
        self._parts.store.change(paint=paint)
        yield self._wait(0.1)

    def _repaint_once(self, name: str, paint: Paint) -> Iterator[Condition]:
        done: list[float] = []
        began = time.perf_counter()
        self._when_painted(lambda: done.append(1e3 * (time.perf_counter() - began)))
        self._parts.store.change(paint=paint)
        yield lambda: bool(done)
        self.paints_ms.setdefault(name, []).append(done[0])

    def _note_image(self, name: str, since: float = 0.0) -> None:
        image = self._parts.store.state.image
        assert image is not None
        own = [seen for seen in self.seen if seen.digest == image.digest]
        self.marks[f"{name}: first maps"] = own[0].at_s - since
        self.marks[f"{name}: settled"] = own[-1].at_s - since

    def _settled(self) -> bool:
        state = self._parts.store.state
        shown = state.result
        return (
            state.pending_serial is None
            and shown is not None
            and shown.completeness == "settled"
            and shown.request.settings == state.settings
            and state.image is not None
            and shown.request.image.digest == state.image.digest
            and bool(self.seen)
            and self.seen[-1].completeness == "settled"
        )

    def _wait(self, seconds: float) -> Condition:
        end = time.perf_counter() + seconds
        return lambda: time.perf_counter() > end

    def _layers(self) -> tuple[str, ...]:
        result = self._parts.store.state.result
        assert result is not None
        return result.layers

    def report(self) -> dict[str, Any]:
        return {
            "marks_s": self.marks,
            "gaps_ms": {phase: gaps for phase, gaps in self.gaps_ms.items() if phase != "nothing"},
            "changes_ms": self.changes_ms,
            "paints_ms": self.paints_ms,
            "failure": self._parts.store.state.failure,
        }


def changes(settings: Settings, layers: tuple[str, ...]) -> Mapping[str, Settings]:
    """One after the other: each is a change of the one before, the last goes back."""
    fewer = with_field(settings, "method.layers", layers[1:])
    return {
        "N 4 to 5": with_field(settings, "method.min_candidates", 5),
        "N 5 to 6": with_field(settings, "method.min_candidates", 6),
        "N 6 to 0": with_field(settings, "method.min_candidates", 0),
        "N 0 to 4": settings,
        "alpha 3 to 4": with_field(settings, "method.alpha", 4.0),
        "alpha 4 to 5": with_field(settings, "method.alpha", 5.0),
        "one layer less": fewer,
        "one layer more": settings,
        "CRF weight": with_field(settings, "crf.bilateral_compat", 5.0),
        "CRF width": with_field(settings, "crf.bilateral_sxy", 60.0),
    }


def _to_and_fro(low: int, high: int, start: int) -> Iterator[int]:
    index, step = start, max(1, (high - low) // 60)
    while True:
        if not low <= index + step <= high:
            step = -step
        index = min(max(index + step, low), high)
        yield index


def run(began: float, images: list[str]) -> dict[str, Any]:
    sessions: list[Session] = []
    build = program.build

    def watched(*arguments: Any) -> AppComponents:
        parts = build(*arguments)
        sessions.append(Session(parts, began))
        return parts

    program.build = watched  # type: ignore[assignment]  # the same parts, with somebody who watches
    try:
        main(["gui", *images, "--size", "1280x800", "--theme", "light"])
    except SystemExit as ended:
        code = ended.code
    return {"exit_code": code, **sessions[0].report()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--began", type=float, required=True, help="time.time() just before this process was started")
    measured = run(parser.parse_args().began, [str(Path(path)) for path in sample_paths()])
    sys.stdout.write(json.dumps(measured) + "\n")
