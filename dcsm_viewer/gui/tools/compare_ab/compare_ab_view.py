"""The panes of a comparison: one with a divider, or two beside each other."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.tools.compare_ab.compare_ab_contents import Sides, sides
from dcsm_viewer.gui.tools.compare_ab.divided_pane import DividedPane

DIVERGING = "vik"
"""The colours of a difference: blue where A is larger, red where B is."""


class CompareABView(LinkedView):
    """Signals: `divider_moved(share)` the hand moved the divider; `compared` other contents are on show."""

    divider_moved = Signal(float)
    compared = Signal()

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self.sides = Sides(Content(""), Content(""), Content(""))
        self.first = DividedPane(viewport, self.scaled_images, self)
        self.first.pointed.connect(self.pointed)
        self.first.left.connect(self.left)
        self.first.pixel_clicked.connect(self.pixel_clicked)
        self.first.divider_moved.connect(self.divider_moved)
        self.second = self.add_pane()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.first, 1)
        row.addWidget(self.second, 1)

    @override
    def panes(self) -> list[MapPane]:
        return [self.first, self.second]

    @override
    def show_contents(self, state: ViewState) -> None:
        self.sides = sides(state)
        self._arrange(state)
        self.compared.emit()

    @override
    def show_paint(self, paint: Paint) -> None:
        comparison = self.shown.comparison
        is_map = isinstance(self.first.content.layer, MapLayer)
        # Unmixed with the photograph, a map has exactly the colours of its bar.
        opacity = 1.0 if is_map else paint.opacity
        colormap = DIVERGING if comparison.mode == "difference" else paint.colormap
        for pane in self.panes():
            pane.show_paint(colormap, opacity)

    @override
    def _catch_up(self) -> None:
        before = self.shown
        super()._catch_up()
        after = self.shown
        was, now = before.comparison, after.comparison
        if (was.a, was.b, was.subject) != (now.a, now.b, now.subject) or before.snapshots is not after.snapshots:
            self.show_contents(after)
            self.show_paint(after.paint)
        elif was != now:
            self._arrange(after)
            self.show_paint(after.paint)

    def _arrange(self, state: ViewState) -> None:
        """What is known already, in the places the comparison's mode gives it."""
        comparison, found = state.comparison, self.sides
        self.second.setVisible(comparison.mode == "side")
        match comparison.mode:
            case "swipe":
                self.first.show_content(found.a)
                self.first.show_other(found.b, comparison.divider)
            case "side":
                self.first.show_content(found.a)
                self.first.show_other(None, comparison.divider)
                self.second.show_content(found.b)
            case "blink":
                self.first.show_content(found.a if comparison.side == "a" else found.b)
                self.first.show_other(None, comparison.divider)
            case "difference":
                self.first.show_content(found.difference)
                self.first.show_other(None, comparison.divider)
