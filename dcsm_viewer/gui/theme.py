"""Light and dark: two quiet palettes with one accent colour, following the system unless told otherwise."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

Theme = Literal["system", "light", "dark"]

_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}

_ROLES = QPalette.ColorRole

_LIGHT = {
    _ROLES.Window: "#f3f3f4",
    _ROLES.WindowText: "#1c1d1f",
    _ROLES.Base: "#ffffff",
    _ROLES.AlternateBase: "#ebebed",
    _ROLES.Text: "#1c1d1f",
    _ROLES.PlaceholderText: "#6a6c72",
    _ROLES.Button: "#f3f3f4",
    _ROLES.ButtonText: "#1c1d1f",
    _ROLES.BrightText: "#b3261e",
    _ROLES.ToolTipBase: "#ffffff",
    _ROLES.ToolTipText: "#1c1d1f",
    _ROLES.Light: "#ffffff",
    _ROLES.Midlight: "#e4e4e7",
    _ROLES.Mid: "#c4c5ca",
    _ROLES.Dark: "#a0a1a7",
    _ROLES.Shadow: "#6f7076",
    _ROLES.Link: "#2460b8",
    _ROLES.Highlight: "#2b6cc4",
    _ROLES.HighlightedText: "#ffffff",
    _ROLES.Accent: "#2b6cc4",
}

_DARK = {
    _ROLES.Window: "#202124",
    _ROLES.WindowText: "#e4e5e8",
    _ROLES.Base: "#2a2b2f",
    _ROLES.AlternateBase: "#313237",
    _ROLES.Text: "#e4e5e8",
    _ROLES.PlaceholderText: "#92949b",
    _ROLES.Button: "#37383e",
    _ROLES.ButtonText: "#e4e5e8",
    _ROLES.BrightText: "#ff8a80",
    _ROLES.ToolTipBase: "#2b2c30",
    _ROLES.ToolTipText: "#e4e5e8",
    _ROLES.Light: "#4a4b51",
    _ROLES.Midlight: "#404147",
    _ROLES.Mid: "#505158",
    _ROLES.Dark: "#131416",
    _ROLES.Shadow: "#0b0c0d",
    _ROLES.Link: "#7fb0f5",
    _ROLES.Highlight: "#3f7dd6",
    _ROLES.HighlightedText: "#ffffff",
    _ROLES.Accent: "#5c98ee",
}


class Themes(QObject):
    """Keeps the application's palette at what was chosen; "system" goes along when the desktop changes."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self.theme: Theme = "system"
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._repaint)

    def choose(self, theme: Theme) -> None:
        self.theme = theme
        # The desktop draws the title bar and the file dialogs; it has to know too.
        self._app.styleHints().setColorScheme(_SCHEMES[theme])
        self._repaint()

    def stop(self) -> None:
        """The desktop's changes are no longer followed."""
        self._app.styleHints().colorSchemeChanged.disconnect(self._repaint)

    def _repaint(self) -> None:
        self._app.setPalette(palette(dark=self._is_dark()))

    def _is_dark(self) -> bool:
        if self.theme == "system":
            return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self.theme == "dark"


def palette(*, dark: bool) -> QPalette:
    colours = _DARK if dark else _LIGHT
    made = QPalette()
    for role, colour in colours.items():
        made.setColor(role, QColor(colour))
    faint = QColor("#76787f" if dark else "#8f9197")
    for role in (_ROLES.WindowText, _ROLES.Text, _ROLES.ButtonText, _ROLES.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, role, faint)
    made.setColor(QPalette.ColorGroup.Disabled, _ROLES.Highlight, colours_mid(dark=dark))
    made.setColor(QPalette.ColorGroup.Disabled, _ROLES.Accent, colours_mid(dark=dark))
    return made


def colours_mid(*, dark: bool) -> QColor:
    """The grey of what cannot be used just now."""
    return QColor((_DARK if dark else _LIGHT)[_ROLES.Mid])
