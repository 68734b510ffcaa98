"""What the CRF does: labels before it, labels after it, and the photograph they should fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.state import ViewState
from dcsm_viewer.gui.views.content import Content
from dcsm_viewer.gui.views.legend import Legend, entries
from dcsm_viewer.gui.views.linked import LinkedView
from dcsm_viewer.gui.views.pane import MapPane
from dcsm_viewer.gui.views.sampling import LabelLayer
from dcsm_viewer.gui.views.subject import completeness_mark, label_names, shown_image, why_no_result
from dcsm_viewer.gui.views.viewport import Viewport
from dcsm_viewer.values import Result


class LabelsView(LinkedView):
    """Labels before the CRF | labels after it | photograph, with the legend of the final labels below."""

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self.before, self.after, self.photograph = (self.add_pane(bar=False) for _ in range(3))
        self.legend = Legend(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        for pane in self.panes():
            row.addWidget(pane, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row, 1)
        layout.addWidget(self.legend)

    @override
    def panes(self) -> list[MapPane]:
        return [self.before, self.after, self.photograph]

    @override
    def show_contents(self, state: ViewState) -> None:
        image = shown_image(state)
        before, after = before_and_after(state)
        self.before.show_content(before)
        self.after.show_content(after)
        self.photograph.show_content(Content("photograph" if image is None else image.name, image=image))
        layer = after.layer
        self.legend.show_entries(entries(layer.labels, layer.names) if isinstance(layer, LabelLayer) else ())


def before_and_after(state: ViewState) -> tuple[Content, Content]:
    """Labels before and after the CRF, or the reason why they are missing."""
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
    if segmentation.q is None:
        after_title = "labels, CRF switched off"
    changed = float(np.mean(segmentation.labels != segmentation.labels_before_crf))
    return (
        _labelled("labels before CRF", result, segmentation.labels_before_crf, completeness_mark(result)),
        _labelled(
            after_title,
            result,
            segmentation.labels,
            ", ".join(part for part in (completeness_mark(result), f"{100 * changed:.1f} % changed") if part),
        ),
    )


def _labelled(title: str, result: Result, labels: NDArray[np.uint16], mark: str) -> Content:
    layer = LabelLayer(labels, label_names(result, labels))
    return Content(title, image=result.request.image, layer=layer, grey=True, mark=mark)
