"""Three panes laid out for the image they show, and whatever wants a place among them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_arrangement import GAP_PX, arrange_panes


class PaneLayout(QWidget):
    """The places follow from its size and the shape of the image, so that nothing moves when results arrive."""

    def __init__(self, panes: Sequence[MapPane], parent: QWidget, beside: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panes = tuple(panes)
        self._beside = beside
        self._image_shape = (3, 4)
        for child in (*self._panes, *([] if beside is None else [beside])):
            child.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_shape(self, image_shape: tuple[int, int]) -> None:
        """(H, W) of the image on show."""
        if image_shape != self._image_shape:
            self._image_shape = image_shape
            self._place()

    @override
    def minimumSizeHint(self) -> QSize:
        pane = self._panes[0].minimumSizeHint()
        beside = QSize(0, 0) if self._beside is None else self._beside.minimumSizeHint()
        return QSize(
            2 * max(pane.width(), beside.width()) + GAP_PX,
            pane.height() + max(pane.height(), beside.height()) + GAP_PX,
        )

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        beside = None if self._beside is None else self._beside.minimumSizeHint()
        found = arrange_panes(self.rect(), self._image_shape, self._panes[0].room_in, beside)
        for pane, index in zip(self._panes, found.panes, strict=True):
            pane.setGeometry(index)
        if self._beside is not None and found.beside is not None:
            self._beside.setGeometry(found.beside)
