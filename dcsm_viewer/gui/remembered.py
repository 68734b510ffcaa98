"""What the window remembers between two runs; whatever cannot be read is left out and said so."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QSettings

log = logging.getLogger(__name__)

_RECENT_KEPT = 10


class Remembered:
    """Typed reading and writing of the settings file. A home that cannot be written to is no error: nothing is kept."""

    def __init__(self) -> None:
        self._file = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "dcsm-viewer", "dcsm-viewer")
        self.complaint: str | None = None
        if self._file.status() == QSettings.Status.FormatError:
            name = self._file.fileName()
            self.complaint = f"The settings in {name} cannot be read; the window starts with its defaults."
            log.warning(self.complaint)

    def text(self, key: str, default: str = "") -> str:
        value = self._file.value(key, default)
        return value if isinstance(value, str) else default

    def flag(self, key: str, *, default: bool) -> bool:
        return {"true": True, "false": False}.get(self.text(key), default)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._file.value(key, [])
        if isinstance(value, str):
            return (value,)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def blob(self, key: str) -> QByteArray:
        value = self._file.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, key: str, value: str | bool | QByteArray | Sequence[str]) -> None:
        """From here on; written to the disk by Qt when there is time, or never where the home is read-only."""
        if isinstance(value, bool):
            self._file.setValue(key, "true" if value else "false")
        elif isinstance(value, str | QByteArray):
            self._file.setValue(key, value)
        else:
            self._file.setValue(key, list(value))

    def forget(self, key: str) -> None:
        self._file.remove(key)

    @property
    def recent(self) -> tuple[str, ...]:
        """Images opened last, newest first."""
        return self.texts("recent")

    def opened(self, path: str) -> None:
        self.keep("recent", [path, *(other for other in self.recent if other != path)][:_RECENT_KEPT])
