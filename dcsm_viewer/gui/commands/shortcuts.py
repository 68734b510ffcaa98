"""Which key does what: the table's keys, and over them those the user chose."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from dcsm_viewer.gui.commands.action_specs import ACTIONS, ActionSpec
from dcsm_viewer.gui.commands.translations import translated
from dcsm_viewer.gui.files.user_settings import UserSettings

_RESERVED = {
    "Space": "moves the picture in the panes",
    "Tab": "goes from control to control",
    "Shift+Tab": "goes from control to control",
    "Return": "presses what has the keyboard",
    "Enter": "presses what has the keyboard",
    "Up": "moves the cursor",
    "Down": "moves the cursor",
    "Left": "moves the cursor",
    "Right": "moves the cursor",
}
_SPECS = {spec.name: spec for spec in ACTIONS}


class Shortcuts(QObject):
    """Keeps the actions' keys at what was chosen. `rebound`: some action has another key now."""

    rebound = Signal()

    def __init__(
        self, actions: Mapping[str, QAction], user_settings: UserSettings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._user_settings = user_settings
        self._keys = {name: spec.key for name, spec in _SPECS.items()}
        for name in self._keys:
            kept = user_settings.text(_settings_key(name))
            if kept:
                # "-" stands for no key at all, which an empty text could not tell from nothing chosen.
                self._keys[name] = "" if kept == "-" else normal(kept)
        self._apply()

    @property
    def keys(self) -> dict[str, str]:
        """Key of each action by its name, in Qt's portable form, "" for none."""
        return dict(self._keys)

    def holder(self, key: str) -> ActionSpec | None:
        """The action that has this key."""
        return next((_SPECS[name] for name, held in self._keys.items() if key and held == normal(key)), None)

    def why_not(self, name: str, key: str) -> str:
        """A sentence where the key is another's or reserved, "" where it is free."""
        key = normal(key)
        if key in _RESERVED:
            return f"{key} {_RESERVED[key]}; choose another key."
        holder = self.holder(key)
        if holder is None or holder.name == name:
            return ""
        return f"{key} belongs to '{holder.text}' now."

    def bind(self, name: str, key: str) -> None:
        """Gives this key to this action, "" for none; an action that had it goes without.

        A reserved key changes nothing.
        """
        key = normal(key)
        if key in _RESERVED:
            return
        holder = self.holder(key)
        if holder is not None and holder.name != name:
            self._set(holder.name, "")
        self._set(name, key)
        self._apply()
        self.rebound.emit()

    def reset(self, name: str | None = None) -> None:
        """The table's key again, for one action or for all; an action that has that key meanwhile loses it."""
        if name is not None:
            self.bind(name, _SPECS[name].key)
            return
        for each, spec in _SPECS.items():
            self._set(each, spec.key)
        self._apply()
        self.rebound.emit()

    def _set(self, name: str, key: str) -> None:
        self._keys[name] = key
        if key == _SPECS[name].key:
            self._user_settings.remove(_settings_key(name))
        else:
            self._user_settings.keep(_settings_key(name), key or "-")

    def _apply(self) -> None:
        for name, key in self._keys.items():
            action, words = self._actions[name], translated(_SPECS[name].help)
            action.setShortcut(QKeySequence.fromString(key))
            action.setToolTip(f"{words} ({key})" if key else words)


def normal(key: str) -> str:
    """The key as Qt writes it: "ctrl+a" is "Ctrl+A"."""
    return QKeySequence.fromString(key).toString()


def _settings_key(name: str) -> str:
    return f"keys/{name}"
