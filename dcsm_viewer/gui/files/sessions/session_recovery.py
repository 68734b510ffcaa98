"""What a crash would lose, saved while the window is open; what a crash lost, offered when the next one starts."""

from __future__ import annotations

import logging
import os
import secrets
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.files.sessions.session_file import ENDING, Session, session_of, write_session
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import StateField, ViewState
from dcsm_viewer.io.atomic import ensure_folder

log = logging.getLogger(__name__)

SOON_MS = 2000
"""After a change the session is saved this much later, and at most this often while changes go on."""

_SAVED: tuple[StateField, ...] = (
    "image", "settings", "focus", "view", "paint", "snapshots", "comparison", "tabs", "tab",
)  # fmt: skip


class SessionRecovery(QObject):
    """Keeps one file in `folder`, locked while this process lives; files of dead processes are what can be recovered.

    Signals: `offered(sentence)` there is a session to recover.
    """

    offered = Signal(str)

    def __init__(self, store: Store, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._folder = folder
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: QLockFile | None = None
        self._tasks = BackgroundTasks("recovery", self)
        self._saved: Session | None = None
        self.orphan: Path | None = None
        """The session of a window that was never closed, None where there is none."""
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.save)
        store.watch(self._on_state_changed, *_SAVED)

    @property
    def path(self) -> Path:
        return self._folder / f"{self._name}{ENDING}"

    def find_orphan(self) -> None:
        """Offers the newest session that a crash left behind; locks the place of this one."""
        try:
            ensure_folder(self._folder)
        except UserError as error:
            # A home that cannot be written to is no error; only nothing can be recovered.
            log.warning(str(error))
            return
        self._lock = _lock(self.path)
        self._lock.tryLock(0)
        orphans = sorted(
            (path for path in self._folder.glob(f"*{ENDING}") if path != self.path and _is_orphan(path)),
            key=lambda path: path.stat().st_mtime,
        )
        if orphans:
            self.orphan = orphans[-1]
            when = datetime.fromtimestamp(self.orphan.stat().st_mtime).astimezone()
            self.offered.emit(f"The window was not closed properly; what was open at {when:%H:%M on %d %B} is saved.")

    def discard(self) -> None:
        """The session offered is not wanted, or it is open again."""
        if self.orphan is not None:
            with suppress(OSError):
                self.orphan.unlink()
            self.orphan = None

    def save(self) -> None:
        """Now, unless nothing is open or nothing is new."""
        state = self._store.state
        if self._lock is None or state.image is None:
            return
        session = session_of(state, self._store.history, self._folder)
        if session != self._saved:
            self._saved = session
            self._tasks.send(partial(write_session, session, self.path), _nothing, log.warning)

    def stop(self) -> None:
        """The window closes as it should: nothing will have to be recovered."""
        self._soon.stop()
        self._tasks.stop()
        if self._lock is not None:
            with suppress(OSError):
                self.path.unlink()
            self._lock.unlock()

    def _on_state_changed(self, _before: ViewState, _after: ViewState) -> None:
        if not self._soon.isActive():
            self._soon.start()


def _lock(path: Path) -> QLockFile:
    lock = QLockFile(f"{path}.lock")
    # Age says nothing: a window may be open for days. Whether its process lives does.
    lock.setStaleLockTime(0)
    return lock


def _is_orphan(path: Path) -> bool:
    """Whether no living process holds the file's lock."""
    lock = _lock(path)
    if not lock.tryLock(0):
        return False
    lock.unlock()
    return True


def _nothing(_path: Path) -> None:
    return
