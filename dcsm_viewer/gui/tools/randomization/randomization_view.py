"""Four linked panes: raw and distinct map of the trained network, below them those of the randomised one."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_arrangement import GAP_PX
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import class_name, completeness_mark, distinct_map, raw_map, shown_image
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.value_ranges import colour_ranges
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.tools.randomization.randomization_text import rho_in_words
from dcsm_viewer.queries.randomization_query import RandomizationStep


class RandomizationView(LinkedView):
    """The trained row follows the state; the randomised row is what `show_step` was last given."""

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self.trained_raw, self.trained_distinct, self.random_raw, self.random_distinct = (
            self.add_pane() for _ in range(4)
        )
        self._step: RandomizationStep | None = None
        self._count, self._layers = 0, 0
        self._waiting = ""
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP_PX)
        for index, pane in enumerate(self.panes()):
            grid.addWidget(pane, index // 2, index % 2)

    @override
    def panes(self) -> list[MapPane]:
        return [self.trained_raw, self.trained_distinct, self.random_raw, self.random_distinct]

    @override
    def show_paint(self, paint: Paint) -> None:
        # Unmixed, the maps have exactly the colours of their bars.
        for pane in self.panes():
            pane.show_paint(paint.colormap, 1.0)

    def show_step(self, step: RandomizationStep | None, count: int, layers: int, waiting: str) -> None:
        """The randomised maps, or the sentence that stands in their place."""
        # By identity: steps of two classes may well compare equal.
        if step is self._step and (count, layers, waiting) == (self._count, self._layers, self._waiting):
            return
        self._step, self._count, self._layers, self._waiting = step, count, layers, waiting
        self.show_contents(self.shown)

    @override
    def show_contents(self, state: ViewState) -> None:
        for pane, content in zip(self.panes(), self._contents(state), strict=True):
            pane.show_content(content)

    def _contents(self, state: ViewState) -> list[Content]:
        image, result, class_id = shown_image(state), state.result, state.shown_class
        which = f"{self._count}/{self._layers} random" if self._layers else "random"
        if result is None or class_id is None:
            titles = ("raw, trained", "distinct, trained", f"raw, {which}", f"distinct, {which}")
            waiting = self._waiting if image is not None else ""
            return [Content(title, image=image, grey=True, waiting=waiting) for title in titles]
        step = self._step
        maps = {
            "raw, trained": raw_map(result, class_id),
            "distinct, trained": distinct_map(result, class_id),
            f"raw, {which}": None if step is None else step.raw,
            f"distinct, {which}": None if step is None else step.distinct,
        }
        marks = (
            completeness_mark(result),
            completeness_mark(result),
            "" if step is None else rho_in_words(step.raw_rho),
            "" if step is None else rho_in_words(step.distinct_rho),
        )
        there = {title: values for title, values in maps.items() if values is not None}
        colours = colour_ranges(there, state.paint.range_mode, dict.fromkeys(there, 1.0))
        name = class_name(result, class_id)
        return [
            Content(
                f"{name} · {title}",
                class_id=class_id,
                image=image,
                layer=None if values is None else MapLayer(values, colours[title]),
                grey=True,
                waiting="" if values is not None else self._waiting or "The randomised maps follow.",
                mark=mark,
            )
            for (title, values), mark in zip(maps.items(), marks, strict=True)
        ]
