"""One number of the settings: name, value box with its unit, reset and a slider long enough to aim with."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QToolButton, QWidget

from dcsm_viewer.core.parameter_rows import Limit
from dcsm_viewer.gui.widgets.number_box import NumberBox
from dcsm_viewer.gui.widgets.wheel_focus import ignore_wheel_unless_focused

_LOG_STEPS = 400
_WIDE = 1e4
_BOX_PX = 96


class SliderRow(QWidget):
    """`value_moved(field, value)` with every move of the hand, `let_go(field)` when a drag has ended.

    The slider is logarithmic where the range spans more than four decades.
    """

    value_moved = Signal(str, float)
    let_go = Signal(str)

    def __init__(self, limit: Limit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limit = limit
        self._default = limit.default
        self._logarithmic = limit.low > 0 and limit.high / limit.low > _WIDE
        self._label = QLabel(limit.label, self)
        self._box = NumberBox(limit, self)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setRange(0, self._steps())
        self._slider.setPageStep(max(1, self._steps() // 10))
        self._reset = QToolButton(self)
        self._reset.setText("↺")
        self._reset.setAutoRaise(True)
        self._reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._lay_out()
        self._name()
        self._label.setBuddy(self._box)
        self._slider.valueChanged.connect(self._on_slider)
        self._slider.sliderReleased.connect(self._tell_let_go)
        self._box.valueChanged.connect(self._on_box)
        self._box.editingFinished.connect(self._tell_let_go)
        self._reset.clicked.connect(self._on_reset)
        self.show_value(limit.default)

    @property
    def value(self) -> float:
        return self._box.value()

    def show_value(self, value: float) -> None:
        """Show this without telling anybody; a box being typed into is left alone unless its number is another."""
        with QSignalBlocker(self._box), QSignalBlocker(self._slider):
            if not math.isclose(self._box.value(), value, rel_tol=1e-9, abs_tol=0.0):
                self._box.setValue(value)
            if not self._slider.isSliderDown():
                self._slider.setValue(self._position(value))
        self._show_reset()

    def set_default(self, value: float) -> None:
        """What the reset button goes back to, for example the preset's value."""
        self._default = value
        self._show_reset()

    def _on_slider(self, position: int) -> None:
        value = self._at(position)
        with QSignalBlocker(self._box):
            self._box.setValue(value)
        self._tell()

    def _on_box(self, value: float) -> None:
        with QSignalBlocker(self._slider):
            self._slider.setValue(self._position(value))
        self._tell()

    def _on_reset(self) -> None:
        self.let_go.emit(self._limit.field)
        self._box.setValue(self._default)
        self.let_go.emit(self._limit.field)

    def _tell(self) -> None:
        self._show_reset()
        self.value_moved.emit(self._limit.field, self._box.value())

    def _tell_let_go(self) -> None:
        self.let_go.emit(self._limit.field)

    def _show_reset(self) -> None:
        self._reset.setEnabled(not math.isclose(self._box.value(), self._default, rel_tol=1e-9, abs_tol=0.0))
        self._reset.setToolTip(f"Back to {self._default:g} {self._limit.unit}".rstrip())

    def _steps(self) -> int:
        return _LOG_STEPS if self._logarithmic else round((self._limit.high - self._limit.low) / self._limit.step)

    def _position(self, value: float) -> int:
        low, high = self._limit.low, self._limit.high
        if self._logarithmic:
            return round(_LOG_STEPS * math.log(value / low) / math.log(high / low))
        return round((value - low) / self._limit.step)

    def _at(self, position: int) -> float:
        low, high = self._limit.low, self._limit.high
        if self._logarithmic:
            return min(high, low * math.exp(math.log(high / low) * position / _LOG_STEPS))
        return min(high, low + position * self._limit.step)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        grid.addWidget(self._label, 0, 0)
        grid.addWidget(self._box, 0, 1)
        grid.addWidget(self._reset, 0, 2)
        grid.addWidget(self._slider, 1, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        self._box.setMinimumWidth(max(_BOX_PX, self._box.sizeHint().width()))
        ignore_wheel_unless_focused(self._box)
        ignore_wheel_unless_focused(self._slider)

    def _name(self) -> None:
        limit = self._limit
        tip = f"{limit.explanation}\nFrom {limit.low:g} to {limit.high:g} {limit.unit}".rstrip()
        for widget in (self._label, self._box, self._slider):
            widget.setToolTip(tip)
        self._box.setAccessibleName(limit.label)
        self._box.setAccessibleDescription(limit.explanation)
        self._slider.setAccessibleName(f"{limit.label}, slider")
        self._slider.setAccessibleDescription(limit.explanation)
        self._reset.setAccessibleName(f"Reset {limit.label}")
        self.setObjectName(limit.field)
