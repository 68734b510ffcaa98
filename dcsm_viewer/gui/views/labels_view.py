"""What the CRF does: labels before it, labels after any of its steps, the photograph they should fit, and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.crf_kernels import KernelName, PixelFootprints, pixel_footprints
from dcsm_viewer.gui.canvas.legend import Legend, entries
from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.pane_layout import PaneLayout
from dcsm_viewer.gui.canvas.result_access import completeness_mark, label_names, shown_image, why_no_result
from dcsm_viewer.gui.canvas.sampling import LabelLayer
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.views.crf_lab import CrfLab
from dcsm_viewer.gui.views.crf_steps import Labels, labels_after, steps_of


class LabelsView(LinkedView):
    """Labels before the CRF | labels after a step | photograph, the CRF laboratory, and the legend of the labels.

    Beside the state it keeps where the user looks: the step (None follows the last) and the clicked pixel.
    """

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self._iteration: int | None = None
        self._pixel: tuple[int, int] | None = None
        self._kernel: KernelName = "appearance"
        self.before, self.after, self.photograph = (self.add_pane(bar=False) for _ in range(3))
        self.legend = Legend(self)
        self.lab = CrfLab(self)
        self.board = PaneLayout(self.panes(), self, self.lab)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.board, 1)
        layout.addWidget(self.legend)
        self.pixel_clicked.connect(self._on_pixel)
        self.lab.stop_chosen.connect(self._on_stop)
        self.lab.kernel_chosen.connect(self._on_kernel)
        self.lab.cleared.connect(self._forget_pixel)

    @override
    def panes(self) -> list[MapPane]:
        return [self.before, self.after, self.photograph]

    @override
    def show_contents(self, state: ViewState) -> None:
        self.board.show_shape(self.viewport.image_shape)
        self._show_labels(state)
        self._show_footprints(state)

    @override
    def show_settings(self, state: ViewState) -> None:
        # The footprint of a pixel follows the sliders at once; the labels wait for their result.
        self._show_footprints(state)

    def _show_labels(self, state: ViewState) -> None:
        before, after = before_and_after(state, self._iteration)
        self.before.show_content(before)
        self.after.show_content(after)
        layer = after.layer
        self.legend.show_entries(entries(layer.labels, layer.names) if isinstance(layer, LabelLayer) else ())
        steps = steps_of(None if state.result is None else state.result.segmentation)
        self.lab.show_steps(steps, steps.nearest_stop(self._iteration), why_no_steps(state))

    def _show_footprints(self, state: ViewState) -> None:
        reach = self._reach(state)
        self.photograph.show_content(_photograph(state, reach))
        for pane in self.panes():
            pane.show_content(replace(pane.content, rings=() if reach is None else reach.rings))
        self.lab.show_footprints(reach)

    def _reach(self, state: ViewState) -> PixelFootprints | None:
        image, pixel = shown_image(state), self._pixel
        if image is None or pixel is None or pixel[0] >= image.shape[0] or pixel[1] >= image.shape[1]:
            return None
        return pixel_footprints(image, pixel, state.settings.crf, self._kernel)

    def _on_pixel(self, row: int, col: int) -> None:
        # A second click on the same pixel takes the footprint away again.
        self._pixel = None if self._pixel == (row, col) else (row, col)
        self._show_footprints(self.shown)

    def _forget_pixel(self) -> None:
        self._pixel = None
        self._show_footprints(self.shown)

    def _on_kernel(self, name: KernelName) -> None:
        self._kernel = name
        self._show_footprints(self.shown)

    def _on_stop(self, stop: int) -> None:
        result = self.shown.result
        steps = steps_of(None if result is None else result.segmentation)
        # At the end it follows the end, also of a CRF with more steps.
        self._iteration = None if stop >= len(steps.stops) - 1 else steps.stops[stop]
        self.show_contents(self.shown)


def before_and_after(state: ViewState, iteration: int | None = None) -> tuple[Content, Content]:
    """Labels before the CRF and after a step of it, None for the last; or the reason why they are missing."""
    image, result = shown_image(state), state.result
    segmentation = None if result is None else result.segmentation
    after_title = "labels after CRF" if state.settings.crf.enabled else "labels, CRF switched off"
    if result is None or segmentation is None:
        why = ("Labels follow when all scales are there." if result else why_no_result(state)) if image else ""
        mark = completeness_mark(result) if result else ""
        return (
            Content("labels before CRF", image=image, grey=True, waiting=why, mark=mark),
            Content(after_title, image=image, grey=True, waiting=why, mark=mark),
        )
    steps = steps_of(segmentation)
    stop = steps.nearest_stop(iteration)
    labels = labels_after(segmentation, stop)
    if segmentation.q is None:
        after_title = "labels, CRF switched off"
    elif stop < len(steps.stops) - 1:
        after_title = f"labels after step {steps.stops[stop]} of {steps.last}"
    changed = float(np.mean(labels != segmentation.labels_before_crf))
    return (
        _labelled("labels before CRF", result, segmentation.labels_before_crf, completeness_mark(result)),
        _labelled(
            after_title,
            result,
            labels,
            ", ".join(part for part in (completeness_mark(result), f"{100 * changed:.1f} % changed") if part),
        ),
    )


def why_no_steps(state: ViewState) -> str:
    """Why there is no step to look at, "" when there are some."""
    segmentation = None if state.result is None else state.result.segmentation
    if steps_of(segmentation).last:
        return ""
    if not state.settings.crf.enabled:
        return "The CRF is switched off."
    if segmentation is not None and state.result is not None and state.result.completeness == "settled":
        return "There was no step: no class is detected, or the CRF has 0 iterations."
    return "The steps follow with the exact labels."


def _photograph(state: ViewState, reach: PixelFootprints | None) -> Content:
    image = shown_image(state)
    if reach is None:
        return Content("photograph" if image is None else image.name, image=image)
    where = f"({reach.smoothness.row}, {reach.smoothness.col})"
    return Content(f"{reach.shown} around {where}", image=image, layer=reach.layer, grey=True)


def _labelled(title: str, result: Result, labels: Labels, mark: str) -> Content:
    layer = LabelLayer(labels, label_names(result, labels))
    return Content(title, image=result.request.image, layer=layer, grey=True, mark=mark)
