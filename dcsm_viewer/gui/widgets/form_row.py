"""A name beside a control, joined so that the keyboard and a screen reader know which belongs to which."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from dcsm_viewer.gui.widgets.wheel_focus import ignore_wheel_unless_focused


def form_row(label: str, control: QWidget, explanation: str) -> QHBoxLayout:
    """A row of both; the tooltip says what the control does."""
    row = QHBoxLayout()
    name = QLabel(label)
    name.setBuddy(control)
    for widget in (name, control):
        widget.setToolTip(explanation)
    control.setAccessibleName(label)
    control.setAccessibleDescription(explanation)
    row.addWidget(name)
    row.addWidget(control, 1)
    return row


def choice_box(choices: Mapping[str, str], parent: QWidget) -> QComboBox:
    """A combo box of titles by value, narrow enough for a dock and deaf to the wheel until it has the focus."""
    box = QComboBox(parent)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    for value, title in choices.items():
        box.addItem(title, value)
    ignore_wheel_unless_focused(box)
    return box


def show_choice(box: QComboBox, value: str) -> None:
    """Select the entry of this value without telling anybody; the last one where there is none such."""
    index = box.findData(value)
    wanted = index if index >= 0 else box.count() - 1
    if wanted != box.currentIndex():
        with QSignalBlocker(box):
            box.setCurrentIndex(wanted)
