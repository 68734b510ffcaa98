"""ViewStates for the tests of the views."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from tests.results import make_result


def settled(result: Result | None = None, **paint: Any) -> ViewState:
    """A state whose result answers what is asked."""
    result = make_result() if result is None else result
    return ViewState(image=result.request.image, settings=result.request.settings, result=result, paint=Paint(**paint))


def position_in(pane: MapPane, row: float, col: float) -> QPointF:
    """Where a position of the image is in the widget, by the pane's own field."""
    view = pane.field()
    assert view is not None
    down, across = view.position_of(row, col)
    ratio = pane.devicePixelRatioF()
    corner = pane.picture().topLeft()
    return QPointF(corner.x() + across / ratio, corner.y() + down / ratio)


def wheel(widget: QWidget, position: QPointF, notches: int) -> None:
    event = QWheelEvent(
        position,
        widget.mapToGlobal(position),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def move(widget: QWidget, position: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    """The event itself: moving the real pointer leaves it to the platform when, and whether, it is told."""
    at = position.toPointF()
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        widget.mapToGlobal(at),
        Qt.MouseButton.NoButton,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def click(widget: QWidget, position: QPoint) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, position)


def double_click(widget: QWidget, position: QPoint) -> None:
    QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, position)


def drag(widget: QWidget, start: QPoint, *, way: QPoint) -> None:
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for part in range(1, 6):
        move(widget, start + way * part / 5, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start + way)


def press(widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key, modifier)


def pixels(widget: QWidget) -> NDArray[np.uint8]:
    """What the widget looks like, uint8 RGB (height, width, 3) in device pixels."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def colour_at(widget: QWidget, position: QPointF) -> tuple[int, int, int]:
    """RGB of the device pixel at a place in logical px."""
    ratio = widget.devicePixelRatioF()
    red, green, blue = pixels(widget)[int(position.y() * ratio), int(position.x() * ratio)].tolist()
    return red, green, blue
