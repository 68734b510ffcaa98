"""A number of steps to go through: name, slider, number box, and a button each way."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QSpinBox, QToolButton, QWidget

from dcsm_viewer.gui.widgets.wheel_focus import ignore_wheel_unless_focused


class StepRow(QWidget):
    """`moved(value)` with every move of the hand."""

    moved = Signal(int)

    def __init__(
        self, name: str, explanation: str, parent: QWidget, *, back: str = "Back", forward: str = "Forward"
    ) -> None:
        super().__init__(parent)
        self._label = QLabel(name, self)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setPageStep(1)
        self.slider.setMinimumWidth(70)
        self.box = QSpinBox(self)
        self.back, self.forward = _button("◀", back, self), _button("▶", forward, self)
        self._label.setBuddy(self.box)
        for widget in (self._label, self.slider, self.box):
            widget.setToolTip(explanation)
        self.box.setAccessibleName(name)
        self.slider.setAccessibleName(f"{name}, slider")
        for control in (self.box, self.slider):
            control.setAccessibleDescription(explanation)
            ignore_wheel_unless_focused(control)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._label)
        row.addWidget(self.back)
        row.addWidget(self.slider, 1)
        row.addWidget(self.forward)
        row.addWidget(self.box)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.slider.valueChanged.connect(self._take)
        self.box.valueChanged.connect(self._take)
        self.back.clicked.connect(self._step_back)
        self.forward.clicked.connect(self._step_forward)

    @property
    def value(self) -> int:
        return self.slider.value()

    def show_range(self, last: int, value: int, *, suffix: str = "") -> None:
        """Steps 0 .. last, standing at `value`, without telling anybody."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setRange(0, last)
            self.box.setRange(0, last)
            self.box.setSuffix(suffix)
            self.slider.setValue(value)
            self.box.setValue(value)
        self._show_ends()

    def _take(self, value: int) -> None:
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setValue(value)
            self.box.setValue(value)
        self._show_ends()
        self.moved.emit(value)

    def _step_back(self) -> None:
        self.slider.setValue(self.slider.value() - 1)

    def _step_forward(self) -> None:
        self.slider.setValue(self.slider.value() + 1)

    def _show_ends(self) -> None:
        self.back.setEnabled(self.slider.value() > self.slider.minimum())
        self.forward.setEnabled(self.slider.value() < self.slider.maximum())


def _button(sign: str, name: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText(sign)
    button.setAutoRaise(True)
    button.setAutoRepeat(True)
    button.setAccessibleName(name)
    button.setToolTip(name)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
