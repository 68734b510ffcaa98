"""What the window remembers between two runs; whatever cannot be read is left out and said so."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QSettings

log = logging.getLogger(__name__)

_RECENT_KEPT = 10


class UserSettings:
    """Typed reading and writing of the settings file. A home that cannot be written to is no error: nothing is kept.

    `complaint` is a sentence for the user where the file is damaged or cannot be written, else None.
    """

    def __init__(self, file: QSettings | None = None) -> None:
        """Without a file everything is forgotten at the end, as for a picture made by a script."""
        self._file = file
        self._here: dict[str, object] = {}
        self.complaint: str | None = None
        if file is None:
            return
        # Qt reads a section when it is first asked for one of its keys; before that no damage shows.
        file.allKeys()
        if file.status() != QSettings.Status.NoError:
            self.complaint = f"The settings in {file.fileName()} cannot be read; the window starts with its defaults."
        elif not file.isWritable():
            self.complaint = f"{file.fileName()} cannot be written; layout and recent files are forgotten at the end."
        if self.complaint is not None:
            log.warning(self.complaint)

    @classmethod
    def for_current_user(cls) -> UserSettings:
        return cls(QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "dcsm-viewer", "dcsm-viewer"))

    def text(self, key: str) -> str:
        """Empty where there is none."""
        value = self._value(key)
        return value if isinstance(value, str) else ""

    def flag(self, key: str, *, default: bool) -> bool:
        return {"true": True, "false": False}.get(self.text(key), default)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._value(key)
        if isinstance(value, str):
            # A list of one comes back from the file as its only item.
            return (value,)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def blob(self, key: str) -> QByteArray:
        value = self._value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, key: str, value: str | bool | QByteArray | Sequence[str]) -> None:
        """From here on; written to the disk by Qt when there is time, or never where the home is read-only."""
        plain: object = value
        if isinstance(value, bool):
            plain = "true" if value else "false"
        elif not isinstance(value, str | QByteArray):
            plain = list(value)
        self._here[key] = plain
        if self._file is not None:
            self._file.setValue(key, plain)

    def remove(self, key: str) -> None:
        self._here.pop(key, None)
        if self._file is not None:
            self._file.remove(key)

    @property
    def recent(self) -> tuple[str, ...]:
        """Images opened last, newest first."""
        return self.texts("recent")

    def opened(self, path: str) -> None:
        self.keep("recent", [path, *(other for other in self.recent if other != path)][:_RECENT_KEPT])

    def _value(self, key: str) -> object:
        if key in self._here or self._file is None:
            return self._here.get(key)
        return self._file.value(key)
