"""The one mutable thing the window has: the ViewState on show, who is told when it changes, and the undo list."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from dcsm_viewer.core.settings import ClassChoice, Settings
from dcsm_viewer.gui.state.view_state import ViewState

_STEPS_KEPT = 200


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Settings that can be gone back to, and the image (its digest) they were chosen for."""

    settings: Settings
    digest: str | None


@dataclass(frozen=True, slots=True)
class History:
    """Every state of the settings that can be gone to, oldest first; `here` is the index of the current one."""

    steps: tuple[HistoryEntry, ...]
    here: int


class Store(QObject):
    """Holds the ViewState; `changed(before, after)` follows every real change, one at a time and in order.

    A listener may change the store: the others then first hear of the change under way, then of the new one, so
    that none is left showing the older of two states.
    """

    changed = Signal(object, object)

    def __init__(self, state: ViewState | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state or ViewState()
        self._pending_changes: deque[tuple[ViewState, ViewState]] = deque()
        self._is_notifying = False
        self._undo: list[HistoryEntry] = []
        self._redo: list[HistoryEntry] = []
        self._merge_key = ""
        self.view_before = self._state.view
        """The view that was on show before this one."""

    @property
    def state(self) -> ViewState:
        return self._state

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    def change(self, **fields: Any) -> None:
        """Fields of ViewState, by name. Settings changed this way make no undo step; `edit` does."""
        before = self._state
        news = {name: value for name, value in fields.items() if _differ(name, getattr(before, name), value)}
        if not news:
            return
        self._state = replace(before, **news)
        if "view" in news:
            self.view_before = before.view
        self._pending_changes.append((before, self._state))
        if not self._is_notifying:
            self._tell()

    def edit(self, settings: Settings, *, merge_key: str = "", **fields: Any) -> None:
        """Settings the user wants, one undo step. Edits that share a `merge_key` (one drag of a slider) are one step.

        fields: other fields of ViewState that change with them, in one change.
        """
        if settings == self._state.settings:
            return
        if not merge_key or merge_key != self._merge_key:
            self._undo = [*self._undo[1 - _STEPS_KEPT :], self._here()]
        self._merge_key = merge_key
        self._redo = []
        self._show(settings, **fields)

    def end_merge(self) -> None:
        """The hand let go: the next edit is a step of its own."""
        self._merge_key = ""

    def undo(self) -> None:
        self._travel(self._undo, self._redo)

    def redo(self) -> None:
        self._travel(self._redo, self._undo)

    @property
    def history(self) -> History:
        return History((*self._undo, self._here(), *reversed(self._redo)), len(self._undo))

    def go_to(self, index: int) -> None:
        """The settings of this step of the history; all steps stay where they are."""
        steps, here = self.history.steps, self.history.here
        if index == here or not 0 <= index < len(steps):
            return
        self._merge_key = ""
        self._undo, self._redo = [*steps[:index]], [*reversed(steps[index + 1 :])]
        self._show(self._restored(steps[index]))

    def resume(self, history: History) -> None:
        """The steps before and after the settings that hold, as a session remembers them."""
        self._merge_key = ""
        self._undo = [*history.steps[: history.here]][-_STEPS_KEPT:]
        self._redo = [*reversed(history.steps[history.here + 1 :])]

    def _travel(self, source: list[HistoryEntry], target: list[HistoryEntry]) -> None:
        self._merge_key = ""
        here = self._here()
        while source:
            settings = self._restored(source.pop())
            if settings != here.settings:
                target.append(here)
                self._show(settings)
                return

    def _restored(self, step: HistoryEntry) -> Settings:
        """The settings of a step; what was said about the classes of another image stays with that image."""
        now = self._state.settings
        if step.digest == self._here().digest:
            return step.settings
        same_classes = (step.settings.model, step.settings.vocabulary) == (now.model, now.vocabulary)
        return replace(step.settings, choice=now.choice if same_classes else ClassChoice())

    def _here(self) -> HistoryEntry:
        image = self._state.image
        return HistoryEntry(self._state.settings, None if image is None else image.digest)

    def _show(self, settings: Settings, **fields: Any) -> None:
        now = self._state.settings
        other_classes = (settings.model, settings.vocabulary) != (now.model, now.vocabulary)
        # Class ids mean something else in another vocabulary.
        self.change(**{"settings": settings, "focus": None if other_classes else self._state.focus, **fields})

    def _tell(self) -> None:
        self._is_notifying = True
        try:
            while self._pending_changes:
                self.changed.emit(*self._pending_changes.popleft())
        finally:
            self._is_notifying = False


def _differ(name: str, before: object, after: object) -> bool:
    if before is after:
        return False
    # Results compare equal without looking at their arrays, so two of them are the same only by identity.
    return name == "result" or before != after
