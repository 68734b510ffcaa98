"""How soon each tool is on the screen once the stages exist: made, laid out and painted the first time, and again.

Prints one JSON line, then a table. Target: 100 ms for the first paint.

    python -m benchmarks.tools --runs 3
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from benchmarks.screenshots import Shared
from benchmarks.screenshots_c import Condition, run_script, settled
from dcsm_viewer.gui.app import AppComponents
from dcsm_viewer.gui.tool_registry import TOOLS
from dcsm_viewer.gui.tools.tool_context import Tool

TARGET_MS = 100.0
QUIET_S = 0.5


class FirstPaint(QObject):
    """Milliseconds from its making to the end of the event in which the window was painted with a tool in it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._began = (time.perf_counter(), time.thread_time())
        self.elapsed_ms: tuple[float, float] | None = None
        """On the clock, and of the processor in this thread: what a machine busy with others cannot spoil."""
        window.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest and self.elapsed_ms is None and _is_there(self._window):
            # Fired when the update under way is done.
            QTimer.singleShot(0, self._note)
        return False

    def _note(self) -> None:
        if self.elapsed_ms is None:
            now = (time.perf_counter(), time.thread_time())
            self.elapsed_ms = (1e3 * (now[0] - self._began[0]), 1e3 * (now[1] - self._began[1]))
            self._window.removeEventFilter(self)


Times = dict[str, list[tuple[float, float]]]


def measured(found: Times, again: Times, parts: AppComponents) -> Iterator[Condition]:
    """Each tool opened from Compare, closed, and opened once more."""
    yield settled(parts)
    actions = parts.window.menus.actions
    actions["edit.keep"].trigger()
    yield _wait(1.0)
    for into in (found, again):
        for spec in TOOLS:
            paint = FirstPaint(parts.window)
            actions[f"tools.{spec.name}"].trigger()
            yield lambda paint=paint: paint.elapsed_ms is not None  # type: ignore[misc]  # bound at once
            assert paint.elapsed_ms is not None
            into.setdefault(spec.name, []).append(paint.elapsed_ms)
            yield _wait(QUIET_S)
            _leave(parts)
            yield _wait(QUIET_S)


def _leave(parts: AppComponents) -> None:
    parts.store.change(view="compare", failure=None)
    for dock in parts.window.tools.docks.values():
        dock.hide()


def _is_there(window: QWidget) -> bool:
    return any(tool.isVisible() for tool in window.findChildren(QWidget) if isinstance(tool, Tool))


def _wait(seconds: float) -> Condition:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


def table(found: Times, again: Times) -> Iterator[str]:
    yield f"{'ms to the screen':16} {'first':>8} {'of CPU':>8} {'again':>8} {'of CPU':>8}   target {TARGET_MS:g}"
    for name, values in found.items():
        first, cpu = (statistics.median(value[part] for value in values) for part in (0, 1))
        later, cpu_later = (statistics.median(value[part] for value in again[name]) for part in (0, 1))
        verdict = "within" if first <= TARGET_MS else "ABOVE"
        yield f"{name:16} {first:8.0f} {cpu:8.0f} {later:8.0f} {cpu_later:8.0f}   {verdict}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3)
    engine = Shared()
    first: Times = {}
    later: Times = {}
    for _ in range(parser.parse_args().runs):
        run_script(partial(measured, first, later), engine, lambda _parts: None)
    load = list(os.getloadavg()) if hasattr(os, "getloadavg") else None
    sys.stdout.write(json.dumps({"what": "tools", "first_ms": first, "again_ms": later, "load": load}) + "\n")
    sys.stdout.write("\n".join(table(first, later)) + "\n")
