"""Two linked panes: the pixels that the raw and the distinct map put first, on the photograph."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.crf_kernels import Ring
from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_arrangement import GAP_PX
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import class_name, shown_image
from dcsm_viewer.gui.canvas.sampling import LabelLayer
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.tools.analysis_target import why_nothing
from dcsm_viewer.gui.tools.faithfulness.faithfulness_model import PointingResult, RankedMap
from dcsm_viewer.metrics.pointing import TOLERANCE_PX
from dcsm_viewer.queries.faithfulness_query import RANKINGS, RankedBy


class FaithfulnessView(LinkedView):
    """What lies first in each map's order, up to a share; a ring where it points."""

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self.raw, self.distinct = self.add_pane(bar=False), self.add_pane(bar=False)
        self._maps: dict[RankedBy, RankedMap] = {}
        self._pointed: dict[RankedBy, PointingResult] = {}
        self._share = 0.0
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP_PX)
        for pane in self.panes():
            self._row.addWidget(pane)

    @override
    def panes(self) -> list[MapPane]:
        return [self.raw, self.distinct]

    @override
    def show_paint(self, paint: Paint) -> None:
        for pane in self.panes():
            pane.show_paint(paint.colormap, paint.opacity)

    def show_share(
        self, maps: dict[RankedBy, RankedMap], share: float, pointed: dict[RankedBy, PointingResult]
    ) -> None:
        """By map, its ranking and where it points. Called on every change; only another share costs anything."""
        if maps is self._maps and pointed is self._pointed and share == self._share:
            return
        self._maps, self._share, self._pointed = maps, share, pointed
        self.show_contents(self.shown)

    @override
    def show_contents(self, state: ViewState) -> None:
        for pane, by in zip(self.panes(), RANKINGS, strict=True):
            pane.show_content(self._content(state, by))

    def _content(self, state: ViewState, by: RankedBy) -> Content:
        image, result, class_id = shown_image(state), state.result, state.shown_class
        ranked = self._maps.get(by)
        if image is None or result is None or class_id is None or ranked is None:
            waiting = "" if image is None else why_nothing(state)
            return Content(f"{by} map's order", image=image, grey=True, waiting=waiting)
        name = class_name(result, class_id)
        chosen = ranked.first(self._share)
        labels = np.where(chosen, np.uint16(class_id + 1), np.uint16(0))
        pointed = self._pointed.get(by)
        rings: tuple[Ring, ...] = ()
        mark = ""
        if pointed is not None:
            rings = (Ring(pointed.row, pointed.col, 3.0), Ring(pointed.row, pointed.col, TOLERANCE_PX, dashed=True))
            mark = "" if pointed.distance_px is None else f"points: {pointed.words}"
        return Content(
            f"{name} · first {100 * chosen.mean():.0f} % by {by}",
            class_id=class_id,
            image=image,
            layer=LabelLayer(labels, {0: "later", class_id + 1: "first"}),
            grey=True,
            mark=mark,
            rings=rings,
        )
