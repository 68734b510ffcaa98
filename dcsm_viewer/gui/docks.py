"""The docks beside the panes: folder on the left; classes above the foldable settings on the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.widgets.folding_section import FoldingSection

# Beside them the panes keep more than half of a window 1024 px wide.
_LEFT_PX = 160
_RIGHT_PX = 280
_VERSION = 1


class Docks(QObject):
    """Moves, closes and folds them as the user likes, remembers it, and brings the first layout back."""

    def __init__(
        self,
        window: QMainWindow,
        user_settings: UserSettings,
        *,
        folder: QWidget,
        classes: QWidget,
        sections: Sequence[tuple[str, QWidget]],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._user_settings = user_settings
        self.sections = tuple(FoldingSection(title, content) for title, content in sections)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.folder = self._dock("Folder", folder, left)
        self.classes = self._dock("Classes", classes, right)
        self.settings = self._dock("Settings", _scrolling(self.sections), right)
        window.setCorner(Qt.Corner.BottomLeftCorner, left)
        window.setCorner(Qt.Corner.BottomRightCorner, right)
        for section in self.sections:
            section.folded.connect(self._keep_fold)

    @property
    def all(self) -> tuple[QDockWidget, ...]:
        return self.folder, self.classes, self.settings

    def restore(self) -> None:
        """As it was when the window was last closed, else the first layout."""
        for section in self.sections:
            section.fold(is_folded=self._user_settings.flag(f"fold/{section.title}", default=False))
        if not self._window.restoreState(self._user_settings.blob("window/docks"), _VERSION):
            self._first_sizes()

    def keep(self) -> None:
        self._user_settings.keep("window/docks", self._window.saveState(_VERSION))

    def reset(self) -> None:
        """The first layout: all docks at home, all sections open."""
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        for dock, area in zip(self.all, (left, right, right), strict=True):
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
            self._window.addDockWidget(area, dock)
            dock.show()
        for section in self.sections:
            section.fold(is_folded=False)
        self._first_sizes()
        self._user_settings.remove("window/docks")

    def _first_sizes(self) -> None:
        self._window.resizeDocks([self.folder, self.classes], [_LEFT_PX, _RIGHT_PX], Qt.Orientation.Horizontal)
        height = self._window.height()
        self._window.resizeDocks(
            [self.classes, self.settings], [2 * height // 5, 3 * height // 5], Qt.Orientation.Vertical
        )

    def _keep_fold(self, title: str, is_folded: bool) -> None:
        self._user_settings.keep(f"fold/{title}", is_folded)

    def _dock(self, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"dock.{title.lower()}")
        dock.setWidget(content)
        self._window.addDockWidget(area, dock)
        return dock


def _scrolling(sections: Sequence[FoldingSection]) -> QScrollArea:
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(2, 2, 6, 2)
    column.setSpacing(4)
    for section in sections:
        column.addWidget(section)
    column.addStretch(1)
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    # Nothing is cut off at the right, however narrow somebody pulls the dock.
    area.setMinimumWidth(inside.minimumSizeHint().width() + area.verticalScrollBar().sizeHint().width())
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    return area
