"""The four views of one state, one of them on show, sharing one viewport; the invitation while there is no image."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.readings import readings
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import SHOWN_MAPS, ViewName, ViewState
from dcsm_viewer.gui.views.compare_view import CompareView
from dcsm_viewer.gui.views.grid_view import GridView
from dcsm_viewer.gui.views.labels_view import LabelsView
from dcsm_viewer.gui.views.overlay_view import OverlayView
from dcsm_viewer.gui.views.start_page import StartPage


class ViewStack(QStackedWidget):
    """The page of the state's view, a linked view or a tool.

    Signals:
        read: the values under the cursor in words, "" when it is over no image.
        pixel_clicked: pixel (row, col) of the image.
        wanted: the name of a page that is not there yet; it is to be added before the signal returns.
    """

    read = Signal(str)
    pixel_clicked = Signal(int, int)
    wanted = Signal(str)

    def __init__(self, store: Store, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._cursor: tuple[float, float] | None = None
        self.empty = StartPage(self)
        self._pages: dict[str, QWidget] = {}
        self._alone: frozenset[str] = frozenset()
        labels = LabelsView(viewport, self)
        labels.lab.plot.written.connect(self._say)
        labels.lab.plot.failed.connect(self._say_failure)
        self.views: dict[ViewName, LinkedView] = {
            "compare": CompareView(viewport, self),
            "grid": GridView(viewport, self),
            "overlay": OverlayView(viewport, self),
            "labels": labels,
        }
        self.addWidget(self.empty)
        for name, view in self.views.items():
            self.add_page(name, view)
            self.hear(view)
        self.views["overlay"].pixel_clicked.connect(self._choose_label)
        store.watch(self._on_state_changed, *SHOWN_MAPS, "view", "pending_serial", "snapshots", "comparison")
        self._on_state_changed(store.state, store.state)

    def add_page(self, name: str, page: QWidget) -> None:
        """From now on `page` is shown where the state's view is `name`."""
        self._pages[name] = page
        self.addWidget(page)

    def stand_alone(self, names: Iterable[str]) -> None:
        """These pages are shown without an image, too."""
        self._alone = frozenset(names)
        self._on_state_changed(self._store.state, self._store.state)

    def hear(self, view: LinkedView) -> None:
        """What the hand does in this view's panes is what it does in the window."""
        view.pointed.connect(self._point)
        view.left.connect(self._leave)
        view.pixel_clicked.connect(self.pixel_clicked)

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        for view in self.views.values():
            view.show_state(after)
        has_page = after.image is not None or after.view in self._alone
        if has_page and after.view not in self._pages:
            self.wanted.emit(after.view)
        wanted = self._pages[after.view] if has_page else self.empty
        if self.currentWidget() is not wanted:
            self.setCurrentWidget(wanted)
        self._read(after)

    def _point(self, row: float, col: float) -> None:
        self._cursor = (row, col)
        self._read(self._store.state)

    def _choose_label(self, row: int, col: int) -> None:
        """A click on the labels over the photograph shows the maps of the class that lies there."""
        state = self._store.state
        segmentation = None if state.result is None else state.result.segmentation
        if segmentation is None or not state.paint.overlay_on or state.paint.overlay_of != "labels":
            return
        label = int(segmentation.labels[row, col])
        if label:
            self._store.change(focus=label - 1)

    def _say(self, sentence: str) -> None:
        self._store.change(message=sentence)

    def _say_failure(self, sentence: str) -> None:
        self._store.change(failure=sentence)

    def _leave(self) -> None:
        self._cursor = None
        self._read(self._store.state)

    def _read(self, state: ViewState) -> None:
        self.read.emit("" if self._cursor is None else readings(state, *self._cursor).sentence)
