"""A slider, its box and its reset are three hands on one number."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.parameter_rows import Limit
from dcsm_viewer.core.parameters import LIMITS
from dcsm_viewer.gui.widgets.slider_row import SliderRow
from tests.gui.hands import click, press, the, type_into


class Row:
    """A row and what it told."""

    def __init__(self, limit: Limit, qtbot: QtBot) -> None:
        self.row = SliderRow(limit)
        qtbot.addWidget(self.row)
        self.told: list[tuple[str, Any]] = []
        self.row.value_moved.connect(self._hear)
        self.slider = the(self.row, QSlider)
        self.box = the(self.row, QDoubleSpinBox)
        self.reset = the(self.row, QToolButton)

    def _hear(self, field: str, value: float) -> None:
        self.told.append((field, value))


@pytest.fixture
def alpha(qtbot: QtBot) -> Row:
    return Row(LIMITS["method.alpha"], qtbot)


@pytest.mark.parametrize("limit", LIMITS.values(), ids=list(LIMITS))
def test_that_both_ends_of_the_slider_are_the_limits_and_tell_once(limit: Limit, qtbot: QtBot) -> None:
    made = Row(limit, qtbot)
    made.row.show_value(limit.high)
    made.told.clear()
    made.slider.setValue(made.slider.minimum())
    assert made.told.pop() == (limit.field, pytest.approx(limit.low))
    made.slider.setValue(made.slider.maximum())
    assert made.told.pop() == (limit.field, pytest.approx(limit.high))
    assert made.told == []


@pytest.mark.parametrize("limit", LIMITS.values(), ids=list(LIMITS))
def test_that_every_default_is_shown_as_it_is(limit: Limit, qtbot: QtBot) -> None:
    made = Row(limit, qtbot)
    assert made.row.value == pytest.approx(limit.default, rel=1e-9)
    assert limit.unit in made.box.text()


def test_that_showing_a_value_tells_nobody(alpha: Row) -> None:
    alpha.row.show_value(7.0)
    assert alpha.told == []
    assert alpha.slider.value() == 69


def test_that_typing_moves_the_slider_and_tells_when_done(alpha: Row) -> None:
    alpha.box.selectAll()
    type_into(alpha.box, "4.5")
    assert alpha.told == []
    press(alpha.box, Qt.Key.Key_Return)
    assert alpha.told == [("method.alpha", 4.5)]
    assert alpha.slider.value() == 44


def test_that_reset_goes_back_and_can_only_be_pressed_away_from_the_default(alpha: Row) -> None:
    assert not alpha.reset.isEnabled()
    alpha.slider.setValue(50)
    assert alpha.reset.isEnabled()
    click(alpha.reset)
    assert alpha.told[-1] == ("method.alpha", 3.0)
    assert not alpha.reset.isEnabled()


def test_that_the_arrow_keys_of_the_slider_step_by_the_limit(alpha: Row) -> None:
    press(alpha.slider, Qt.Key.Key_Right)
    assert alpha.told == [("method.alpha", pytest.approx(3.1))]


def test_that_tiny_numbers_are_written_and_read_as_powers_of_ten(qtbot: QtBot) -> None:
    floor = Row(LIMITS["crf.unary_floor"], qtbot)
    assert floor.box.text() == "1e-05"
    floor.box.selectAll()
    type_into(floor.box, "1e-7")
    press(floor.box, Qt.Key.Key_Return)
    assert floor.told == [("crf.unary_floor", pytest.approx(1e-7))]


def test_that_the_wheel_changes_only_a_box_with_the_focus(alpha: Row) -> None:
    down = QPoint(0, -120)
    event = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), down, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    widgets: tuple[QWidget, ...] = (alpha.box, alpha.slider)
    for widget in widgets:
        QApplication.sendEvent(widget, event)
    assert alpha.told == []


def test_that_everything_in_a_row_has_a_name_and_an_explanation(alpha: Row) -> None:
    widgets: tuple[QWidget, ...] = (alpha.box, alpha.slider, alpha.reset)
    for widget in widgets:
        assert "Alpha" in widget.accessibleName()
        assert widget.toolTip()
    assert LIMITS["method.alpha"].explanation in alpha.slider.toolTip()
