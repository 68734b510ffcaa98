"""Three linked panes: what is left of the derivative at one layer under each rule; a click chooses a unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.gui.canvas.crf_kernels import Ring
from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_arrangement import GAP_PX
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import shown_image
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.value_ranges import colour_ranges
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.tools.gradient.gradient_text import RULES, mark, title
from dcsm_viewer.queries.gradient_query import GradientAnswer


class GradientView(LinkedView):
    """plain | deconvnet | guided, every unit a square."""

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self.of_rule: dict[BackwardMode, MapPane] = {mode: self.add_pane() for mode in RULES}
        self._known: GradientAnswer | None = None
        self._layer_index = 0
        self._pixel: tuple[int, int] | None = None
        self._waiting = ""
        self._maps: dict[BackwardMode, NDArray[np.float32]] = {}
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(GAP_PX)
        for pane in self.panes():
            self.row.addWidget(pane)

    @override
    def panes(self) -> list[MapPane]:
        return list(self.of_rule.values())

    @override
    def show_paint(self, paint: Paint) -> None:
        for pane in self.panes():
            pane.show_paint(paint.colormap, 1.0)

    def show_layer(self, known: GradientAnswer | None, index: int, pixel: tuple[int, int] | None, waiting: str) -> None:
        """The maps of the layer at `place`, a ring at the chosen pixel (row, col) of the image."""
        same_maps = known is self._known and index == self._layer_index
        if same_maps and (pixel, waiting) == (self._pixel, self._waiting):
            return
        self._known, self._layer_index, self._pixel, self._waiting = known, index, pixel, waiting
        if not same_maps:
            self._maps = {}
            if known is not None:
                layer = known.layers[index]
                self._maps = {mode: known.on_image(mode, layer) for mode in known.gradients}
        self.show_contents(self.shown)

    @override
    def show_contents(self, state: ViewState) -> None:
        colours = colour_ranges(self._maps, state.paint.range_mode, dict.fromkeys(self._maps, None))
        image, known = shown_image(state), self._known
        for mode, pane in self.of_rule.items():
            values = self._maps.get(mode)
            gradient = (
                None if known is None or values is None else known.gradients[mode][known.layers[self._layer_index]]
            )
            pane.show_content(
                Content(
                    title(mode, gradient),
                    class_id=None if values is None else state.shown_class,
                    image=image,
                    layer=None if values is None else MapLayer(values, colours[mode]),
                    grey=True,
                    waiting="" if values is not None or image is None else self._waiting or "Follows.",
                    mark="" if gradient is None else mark(gradient),
                    rings=() if values is None else self._rings(),
                )
            )

    def _rings(self) -> tuple[Ring, ...]:
        if self._pixel is None:
            return ()
        row, col = self._pixel
        return (Ring(row + 0.5, col + 0.5, 3.0),)
