"""Sessions to and from files; what is on the way in or out is done away from the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from dcsm_viewer.gui.files.sessions.session_file import ENDING, Session, session_of, write_session
from dcsm_viewer.gui.files.sessions.session_load import (
    LoadedSession,
    changed_weights,
    fields_of,
    history_of,
    load_session,
)
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tool_registry import TOOLS

_VIEWS = frozenset({"compare", "grid", "overlay", "labels", *(spec.name for spec in TOOLS if spec.area == "centre")})


class SessionController(QObject):
    """Saves and opens; what came of it is the store's message or failure. `opened` says that one is on show."""

    opened = Signal()

    def __init__(self, store: Store, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._controller = controller
        self._tasks = BackgroundTasks("sessions", self)
        self._expected: Session | None = None
        self.path: Path | None = None
        """The file saved to or opened last."""
        store.watch(self._check_weights, "engine")

    def save(self, path: Path) -> None:
        """To this file, its name ended as sessions are."""
        if not path.name.endswith(".json"):
            path = path.with_name(path.name + ENDING)
        session = session_of(self._store.state, self._store.history, path.absolute().parent)
        self._tasks.send(partial(write_session, session, path), self._say_saved, self._say_failed)

    def open(self, path: Path, then: Callable[[], None] = lambda: None) -> None:
        """Puts the session in place of everything open; a file that cannot be used changes nothing."""
        self._store.change(reading=str(path))
        self._tasks.send(partial(load_session, path), partial(self._restore, path, then), self._say_failed)

    def stop(self) -> None:
        """Files under way are finished."""
        self._tasks.stop()

    def _restore(self, path: Path, then: Callable[[], None], loaded: LoadedSession) -> None:
        self._controller.cancel()
        self._expected = loaded.session
        self._store.resume(history_of(loaded.session))
        self._store.change(**fields_of(loaded, _VIEWS))
        sentences = loaded.sentences or (f"{path.name} is open, {_images(len(loaded.found))}.",)
        # Asking for its maps, just now, wiped the message.
        self._store.change(message=" ".join(sentences))
        self.path = path
        self._check_weights(self._store.state, self._store.state)
        then()
        self.opened.emit()

    def _check_weights(self, _before: ViewState, after: ViewState) -> None:
        """Once, as soon as there is an engine that knows its models."""
        if self._expected is None or after.engine is None:
            return
        session, self._expected = self._expected, None
        sentence = changed_weights(session, after.engine)
        if sentence:
            self._store.change(message=" ".join(part for part in (after.message, sentence) if part))

    def _say_saved(self, path: Path) -> None:
        self.path = path
        self._store.change(message=f"The session is saved in {path}.", failure=None)

    def _say_failed(self, sentence: str) -> None:
        self._store.change(failure=sentence, reading=None, message=None)


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"
