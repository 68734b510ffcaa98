"""What a hand can do to a widget, and finding the widget it wants."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from dcsm_viewer.gui.widgets.plot import Plot

W = TypeVar("W", bound=QObject)


def the(parent: QObject, kind: type[W], name: str = "") -> W:
    """The (first) child of this kind, and of this object name if one is given."""
    found = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert isinstance(found, kind), f"no {kind.__name__} {name}"
    return found


def press(widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, key, modifier)


def type_into(widget: QWidget, text: str) -> None:
    QTest.keyClicks(widget, text)


def click(button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def click_at(plot: Plot, x: float) -> None:
    """A click on the plot at this place of its x axis, in the middle of its height."""
    QTest.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=_in_canvas(plot, x))


def drag_line(plot: Plot, start: float, end: float) -> None:
    """Takes the line that stands at `start` of the x axis, and lets go of it at `end`."""
    under, there, here = plot.canvas.viewport(), _in_canvas(plot, start), _in_canvas(plot, end)
    QTest.mouseMove(under, there)
    QTest.mousePress(under, Qt.MouseButton.LeftButton, pos=there)
    for part in range(1, 11):
        QTest.mouseMove(under, there + (here - there) * part / 10)
        QTest.qWait(1)
    QTest.mouseRelease(under, Qt.MouseButton.LeftButton, pos=here)


def _in_canvas(plot: Plot, x: float) -> QPoint:
    return plot.canvas.mapFrom(plot, plot.position_of(x).toPoint())
