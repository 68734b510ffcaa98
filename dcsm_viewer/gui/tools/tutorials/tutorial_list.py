"""The lessons to choose from, a line each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from dcsm_viewer.gui.tools.tutorials.tutorial_model import Tutorial
from dcsm_viewer.gui.widgets.wrapped_text import wrapped


class TutorialList(QWidget):
    """`lesson_wanted(name)`: this lesson is to begin."""

    lesson_wanted = Signal(str)

    def __init__(self, lessons: Sequence[Tutorial], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QPushButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        for row, lesson in enumerate(lessons):
            button = QPushButton(f"{row + 1}. {lesson.title}", self)
            button.setObjectName(lesson.name)
            button.setAccessibleDescription(lesson.about)
            button.setToolTip(f"{lesson.about} {len(lesson.steps)} steps on the sample photograph.")
            button.clicked.connect(self._tell)
            self.buttons[lesson.name] = button
            grid.addWidget(button, row, 0)
            grid.addWidget(wrapped(lesson.title, self, lesson.about), row, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(len(lessons), 1)

    def _tell(self) -> None:
        self.lesson_wanted.emit(self.sender().objectName())
