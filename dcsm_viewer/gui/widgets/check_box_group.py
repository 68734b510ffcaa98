"""A few things to tick, side by side, as many to a line as the dock is wide; at least one stays ticked."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from dcsm_viewer.gui.plain_text import as_control


class CheckBoxGroup(QWidget):
    """`ticked(values)` after every click of the user, in the order shown."""

    ticked = Signal(tuple)

    def __init__(self, columns: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._boxes: dict[Hashable, QCheckBox] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(3)
        self.setAccessibleName(name)

    def show_choice(self, choices: Sequence[tuple[Hashable, str]], ticked: Sequence[Hashable]) -> None:
        """`choices` are (value, title); their boxes are made anew only when they are others."""
        if tuple(value for value, _title in choices) != tuple(self._boxes):
            self._remake(choices)
        for value, box in self._boxes.items():
            box.setChecked(value in ticked)

    def _remake(self, choices: Sequence[tuple[Hashable, str]]) -> None:
        for box in self._boxes.values():
            self._grid.removeWidget(box)
            box.deleteLater()
        self._boxes = {}
        for index, (value, title) in enumerate(choices):
            box = QCheckBox(as_control(title), self)
            box.setAccessibleName(f"{self.accessibleName()}: {title}")
            box.clicked.connect(self._on_click)
            self._grid.addWidget(box, index // self._columns, index % self._columns)
            self._boxes[value] = box

    def _on_click(self) -> None:
        on = tuple(value for value, box in self._boxes.items() if box.isChecked())
        if on:
            self.ticked.emit(on)
            return
        for box in self._boxes.values():
            if box is self.sender():
                box.setChecked(True)
                box.setToolTip("At least one has to stay.")
