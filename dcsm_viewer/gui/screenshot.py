"""A picture of the whole window for README and scripts: waits for the last word of the engine, then writes a PNG."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.io.atomic import atomic_write

_PAINTING_MS = 150


class Screenshot(QObject):
    """Ends the program when the picture is written; `exit_code` is 1 when it shows a failure or was not written.

    waits: an image is being opened, so its settled result is what the picture is of.
    """

    def __init__(self, store: Store, window: QWidget, path: Path, *, waits: bool) -> None:
        super().__init__(window)
        self._store = store
        self._window = window
        self._path = path
        self._waits = waits
        self.exit_code = 1
        self._is_taken = False
        # Layout and the views' own delays come to rest after the result is there.
        self._painting = QTimer(self, singleShot=True, interval=_PAINTING_MS)
        self._painting.timeout.connect(self._take)
        store.watch(self._on_state_changed, "engine", "failure", "pending_serial", "result")

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        if self._is_taken:
            return
        if is_final(after, waits=self._waits):
            self._painting.start()
        else:
            self._painting.stop()

    def _take(self) -> None:
        # Once, whatever happens: an error in here becomes a failure in the store, which must not start it again.
        self._is_taken = True
        try:
            self.exit_code = self._written()
        finally:
            QApplication.exit(self.exit_code)

    def _written(self) -> int:
        failure = self._store.state.failure
        try:
            with atomic_write(self._path) as stream:
                stream.write(png_of(self._window))
        except UserError as error:
            failure = str(error)
        if failure is not None:
            sys.stderr.write(f"{failure}\n")
        return 0 if failure is None else 1


def is_final(state: ViewState, *, waits: bool) -> bool:
    """Whether nothing more will change by itself: a failure, a settled result, or an engine with nothing to do."""
    if state.failure is not None:
        return True
    if not waits:
        return state.engine is not None
    result = state.result
    return state.pending_serial is None and result is not None and result.completeness == "settled"


def png_of(widget: QWidget) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    return bytes(buffer.data().data())
