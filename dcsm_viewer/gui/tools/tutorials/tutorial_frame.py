"""A frame around one widget of the window that lets every click through."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QMainWindow, QScrollArea, QWidget
from typing_extensions import override

_WIDTH_PX = 3
_MOVES = {QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.LayoutRequest}


class TargetFrame(QWidget):
    """Follows its target when that moves, and is gone while that is not to be seen."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._target: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def target(self) -> QWidget | None:
        return self._target

    def show_around(self, target: QWidget | None) -> None:
        """Frames this widget from now on, scrolled into sight; None frames nothing."""
        for watched in self._watched():
            watched.removeEventFilter(self)
        self._target = target
        for watched in self._watched():
            watched.installEventFilter(self)
        if target is not None:
            _scroll_to(target)
        self._place()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES:
            self._place()
        return super().eventFilter(watched, event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), _WIDTH_PX))
        inset = _WIDTH_PX // 2 + 1
        painter.drawRoundedRect(self.rect().adjusted(inset, inset, -inset, -inset), 5, 5)
        painter.end()

    def _watched(self) -> list[QWidget]:
        """The target and everything it lies in: any of them may move it."""
        found: list[QWidget] = []
        widget = self._target
        while widget is not None and widget is not self._window:
            found.append(widget)
            widget = widget.parentWidget()
        return [*found, self._window] if found else []

    def _place(self) -> None:
        target = self._target
        if target is None or not target.isVisibleTo(self._window) or target.window() is not self._window:
            self.hide()
            return
        # Scrolled half out of sight, only the rest is framed.
        seen = target.visibleRegion().boundingRect()
        if seen.isEmpty():
            seen = target.rect()
        corner = target.mapTo(self._window, QPoint(0, 0)) + seen.topLeft()
        wanted = QRect(corner, seen.size()).adjusted(-_WIDTH_PX, -_WIDTH_PX, _WIDTH_PX, _WIDTH_PX)
        if wanted != self.geometry():
            self.setGeometry(wanted)
        self.show()
        self.raise_()


def _scroll_to(target: QWidget) -> None:
    widget = target.parentWidget()
    while widget is not None:
        if isinstance(widget, QScrollArea):
            widget.ensureWidgetVisible(target)
        widget = widget.parentWidget()
