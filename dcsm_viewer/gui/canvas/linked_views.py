"""What all views have in common: linked panes, one way to be shown a state, and an old result that sinks back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.result_access import is_stale, shown_image
from dcsm_viewer.gui.canvas.scaled_image import ScaledImageCache
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import Paint, ViewState

_DIM_DELAY_MS = 150
"""An answer that comes sooner replaces the old one without a flicker in between."""


class LinkedView(QWidget):
    """A view shows the ViewState it is given and keeps nothing of its own but that.

    Hidden views wait with the work until they are seen.

    Signals:
        pointed: the hand is over this position (row, col) of the image, px.
        left: the hand is not over the image any more.
        pixel_clicked: pixel (row, col) of the image.
    """

    pointed = Signal(float, float)
    left = Signal()
    pixel_clicked = Signal(int, int)

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = viewport
        self.scaled_images = ScaledImageCache()
        self._requested = ViewState()
        self._shown = ViewState()
        self._dim_timer = QTimer(self, singleShot=True, interval=_DIM_DELAY_MS)
        self._dim_timer.timeout.connect(self._dim_if_stale)

    def show_state(self, state: ViewState) -> None:
        """Paints what changed since the last state shown."""
        self._requested = state
        if self.isVisible():
            self._catch_up()

    @abstractmethod
    def panes(self) -> list[MapPane]:
        """All panes, for paint and dimming."""

    @abstractmethod
    def show_contents(self, state: ViewState) -> None:
        """Gives every pane its Content; called only when something other than the paint changed."""

    def show_paint(self, paint: Paint) -> None:
        """Colormap and opacity for all panes."""
        for pane in self.panes():
            pane.show_paint(paint.colormap, paint.opacity)

    def show_settings(self, state: ViewState) -> None:
        """What follows from the settings alone, before there is any result of them; nothing in most views."""

    @property
    def shown(self) -> ViewState:
        """The state on show."""
        return self._shown

    def dim(self, *, dimmed: bool) -> None:
        """Lets all panes sink back, or come forward again."""
        for pane in self.panes():
            pane.dim(dimmed=dimmed)

    def add_pane(self, *, bar: bool = True) -> MapPane:
        """A pane that shares viewport and photographs with the others, its signals forwarded."""
        pane = MapPane(self.viewport, self.scaled_images, bar=bar, parent=self)
        pane.pointed.connect(self.pointed)
        pane.left.connect(self.left)
        pane.pixel_clicked.connect(self.pixel_clicked)
        return pane

    @override
    def showEvent(self, event: QShowEvent) -> None:
        self._catch_up()
        super().showEvent(event)

    def _catch_up(self) -> None:
        before, after = self._shown, self._requested
        if before is after:
            return
        self._shown = after
        image = shown_image(after)
        if image is not None:
            self.viewport.show_shape(image.shape)
        if not _same_contents(before, after):
            self.show_contents(after)
        elif before.settings != after.settings:
            self.show_settings(after)
        self.show_paint(after.paint)
        if not is_stale(after):
            self._dim_timer.stop()
            self._dim_if_stale()
        elif not self._dim_timer.isActive():
            self._dim_timer.start()

    def _dim_if_stale(self) -> None:
        self.dim(dimmed=is_stale(self._shown))


def _same_contents(before: ViewState, after: ViewState) -> bool:
    # By identity: comparing two results would compare their requests field by field, sixty times a second.
    return (
        before.image is after.image
        and before.result is after.result
        and (after.result is not None or _same_waiting(before, after))
        and replace(before.paint, opacity=0.0, colormap="") == replace(after.paint, opacity=0.0, colormap="")
    )


def _same_waiting(before: ViewState, after: ViewState) -> bool:
    return before.engine is after.engine and before.progress is after.progress and before.failure == after.failure
