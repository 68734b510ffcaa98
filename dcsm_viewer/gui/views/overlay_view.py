"""One large picture: the photograph with the chosen class map or all labels over it."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.legend import Legend, entries
from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.sampling import LabelLayer
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.views.overlay_content import overlay_content


class OverlayView(LinkedView):
    """One pane, and below it the legend while it shows labels."""

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self.pane = self.add_pane()
        self.legend = Legend(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.pane, 1)
        layout.addWidget(self.legend)

    @override
    def panes(self) -> list[MapPane]:
        return [self.pane]

    @override
    def show_contents(self, state: ViewState) -> None:
        content = overlay_content(state)
        self.pane.show_content(content)
        layer = content.layer
        self.legend.show_entries(entries(layer.labels, layer.names) if isinstance(layer, LabelLayer) else ())
