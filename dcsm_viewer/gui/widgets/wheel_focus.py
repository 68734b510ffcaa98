"""The mouse wheel over a panel scrolls the panel; it changes a slider or box only where that has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget
from typing_extensions import override


class WheelFocusFilter(QObject):
    """An event filter that hands the wheel on to the scroll area behind."""

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def ignore_wheel_unless_focused(widget: QWidget) -> None:
    """From here on the wheel leaves this widget alone until it was clicked or tabbed into."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(WheelFocusFilter(widget))
