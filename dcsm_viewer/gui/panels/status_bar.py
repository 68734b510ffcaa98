"""The bottom of the window: milliseconds by stage, what the engine is doing, and the values under the cursor."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState


class StatusPanel(QWidget):
    """Two lines that keep their places: stages and progress above, readings below."""

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._times = _line("Time of each stage", self)
        self._doing = _line("What the engine is doing", self)
        self._doing.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = QProgressBar(self)
        self._bar.setFixedSize(140, 10)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        keep = self._bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(keep)
        self._readings = _line("Values under the cursor", self)
        first = QHBoxLayout()
        first.addWidget(self._times, 5)
        first.addWidget(self._bar)
        first.addWidget(self._doing, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 2, 8, 2)
        column.setSpacing(1)
        column.addLayout(first)
        column.addWidget(self._readings)
        store.watch(self._on_state_changed, "result", "progress", "pending_serial", "engine", "reading")
        self.show_state(store.state)

    def show_state(self, state: ViewState) -> None:
        times = "" if state.result is None else times_in_words(state.result)
        self._times.setText(times)
        self._times.setToolTip(as_tip(times))
        doing = doing_in_words(state)
        self._doing.setText(doing)
        self._doing.setToolTip(as_tip(doing))
        self._bar.setVisible(state.pending_serial is not None and state.engine is not None)
        if state.progress is not None:
            self._bar.setRange(0, max(1, state.progress.total))
            self._bar.setValue(state.progress.done)

    def show_readings(self, text: str) -> None:
        self._readings.setText(text)

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self.show_state(after)


def times_in_words(result: Result) -> str:
    """As "preprocess 3 · classify 210 ms"; a stage that made nothing anew says "kept"."""
    parts = [
        f"{time.stage} {time.elapsed_ms:.0f}" if time.made or not time.reused else f"{time.stage} kept"
        for time in result.times
    ]
    total = sum(time.elapsed_ms for time in result.times)
    return f"{' · '.join(parts)} · all {total:.0f} ms" if parts else ""


def doing_in_words(state: ViewState) -> str:
    if state.engine is None:
        return "Loading the engine..."
    if state.pending_serial is None:
        return "Ready"
    if state.progress is None:
        return "Starting...  Esc cancels"
    return f"{state.progress.text}  Esc cancels"


def _line(name: str, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAccessibleName(name)
    # A long line is cut at its end instead of widening the window.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return label
