"""The one mutable thing the window has: the ViewState on show, who is told when it changes, and the undo list."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Unpack

from PySide6.QtCore import QObject, Signal

from dcsm_viewer.core.settings import ClassChoice, Settings
from dcsm_viewer.gui.state.view_state import StateField, StateFields, ViewState

Listener = Callable[[ViewState, ViewState], None]
Reaction = Callable[[ViewState, ViewState], None]

_NAMES = tuple(each.name for each in fields(ViewState))
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
    """Holds the ViewState; listeners are called for every real change, one round at a time and in order.

    `watch` calls a listener for changes of some fields, `changed(before, after)` is emitted for all. What a reaction
    (`react`) changes belongs to the change that it reacts to: both are one round. A listener may change the store, too:
    the others are then first called for the change under way, then for the new one, so that none is left showing the
    older of two states.
    """

    changed = Signal(object, object)

    def __init__(self, state: ViewState | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state or ViewState()
        self._pending_changes: deque[tuple[ViewState, ViewState]] = deque()
        self._is_notifying = False
        self._watches: list[_Watch] = []
        self._reactions: list[Reaction] = []
        self._is_reacting = False
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

    def watch(self, listener: Listener, *names: StateField) -> None:
        """Call `listener(before, after)` once a round in which one of these fields changes, while its owner lives."""
        watch = _Watch(frozenset(names), self)
        watch.changed.connect(listener)
        self._watches.append(watch)

    def react(self, reaction: Reaction) -> None:
        """Call `reaction(before, after)` after each change and before any listener; it may change the store further."""
        self._reactions.append(reaction)

    def stop_reacting(self, reaction: Reaction) -> None:
        """Undo `react`."""
        self._reactions.remove(reaction)

    def change(self, **fields: Unpack[StateFields]) -> None:
        """Set fields of ViewState by name. Settings changed this way make no undo step; `edit` does."""
        before = self._state
        news: dict[str, Any] = {
            name: value for name, value in fields.items() if _differ(name, getattr(before, name), value)
        }
        if not news:
            return
        self._state = replace(before, **news)
        if "view" in news:
            self.view_before = before.view
        if self._is_reacting:
            return
        self._react(before)
        self._pending_changes.append((before, self._state))
        if not self._is_notifying:
            self._notify()

    def edit(self, settings: Settings, /, *, merge_key: str = "", **fields: Unpack[StateFields]) -> None:
        """Set the settings the user wants, one undo step; edits that share a `merge_key` (one drag) are one step.

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

    def _show(self, settings: Settings, /, **fields: Unpack[StateFields]) -> None:
        now = self._state.settings
        other_classes = (settings.model, settings.vocabulary) != (now.model, now.vocabulary)
        # Class ids mean something else in another vocabulary.
        news: StateFields = {"settings": settings, "focus": None if other_classes else self._state.focus, **fields}
        self.change(**news)

    def _react(self, before: ViewState) -> None:
        self._is_reacting = True
        try:
            for reaction in self._reactions:
                reaction(before, self._state)
        finally:
            self._is_reacting = False

    def _notify(self) -> None:
        self._is_notifying = True
        try:
            while self._pending_changes:
                before, after = self._pending_changes.popleft()
                names = {name for name in _NAMES if _differ(name, getattr(before, name), getattr(after, name))}
                for watch in self._watches:
                    if watch.names & names:
                        watch.changed.emit(before, after)
                self.changed.emit(before, after)
        finally:
            self._is_notifying = False


class _Watch(QObject):
    """One listener and what it watches; Qt ends the connection with the listener's owner."""

    changed = Signal(object, object)

    def __init__(self, names: frozenset[str], parent: QObject) -> None:
        super().__init__(parent)
        self.names = names


def _differ(name: str, before: object, after: object) -> bool:
    if before is after:
        return False
    # Results compare equal without looking at their arrays, so two of them are the same only by identity.
    return name == "result" or before != after
