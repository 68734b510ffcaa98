"""What the setting under the hand does, written out where it can be read without waiting for a tool tip."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.core.parameter_rows import Limit
from dcsm_viewer.core.parameters import LIMITS

_LINES = 4


class SettingWords(QLabel):
    """Explains the row (by its path in Settings) that the pointer is on, else the one with the keyboard.

    Says `plain` while it is on none. Its height is fixed, so that no slider moves away under the hand.
    """

    def __init__(self, rows: Mapping[str, QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plain = ""
        self._pointed: str | None = None
        self._focused: str | None = None
        self._rows = dict(rows)
        self._field_of: dict[QObject, str] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setForegroundRole(QPalette.ColorRole.WindowText)
        # Whatever it says, the dock stays as narrow as it is.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_LINES * self.fontMetrics().lineSpacing() + 2)
        for field, row in self._rows.items():
            for widget in (row, *row.findChildren(QWidget)):
                self._field_of[widget] = field
                widget.installEventFilter(self)

    def show_plain(self, words: str) -> None:
        """What stands here while no setting is pointed at."""
        self._plain = words
        self._show()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        field, kind = self._field_of.get(watched), event.type()
        if field is None:
            return False
        if kind == QEvent.Type.Enter:
            self._pointed = field
        elif kind == QEvent.Type.Leave and watched is self._rows[field]:
            self._pointed = None
        elif kind == QEvent.Type.FocusIn:
            self._focused = field
        elif kind == QEvent.Type.FocusOut:
            self._focused = None
        else:
            return False
        self._show()
        return False

    def _show(self) -> None:
        field = self._pointed or self._focused
        self.setText(self._plain if field is None else explained(LIMITS[field]))


def explained(limit: Limit) -> str:
    """The setting in plain words, its range and unit."""
    reach = f"{limit.low:g} to {limit.high:g} {limit.unit}".rstrip()
    return f"{limit.label}: {limit.explanation} {reach}."
