"""The shown class three times, as large as the room allows: on the photograph, raw, and distinct."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.pane_layout import PaneLayout
from dcsm_viewer.gui.canvas.result_access import (
    class_name,
    completeness_mark,
    distinct_map,
    not_detected_mark,
    raw_map,
    shown_image,
    why_no_class,
    why_no_distinct,
    why_no_result,
)
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.value_ranges import colour_ranges
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.views.overlay_content import overlay_content


class CompareView(LinkedView):
    """Photograph with overlay | aggregated raw | aggregated distinct, of one class."""

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(viewport, parent)
        self.overlay, self.raw, self.distinct = (self.add_pane() for _ in range(3))
        self.board = PaneLayout(self.panes(), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.board)

    @override
    def panes(self) -> list[MapPane]:
        return [self.overlay, self.raw, self.distinct]

    @override
    def show_paint(self, paint: Paint) -> None:
        self.overlay.show_paint(paint.colormap, paint.opacity)
        # The photograph stands beside them; unmixed, the two maps have exactly the colours of their bars.
        self.raw.show_paint(paint.colormap, 1.0)
        self.distinct.show_paint(paint.colormap, 1.0)

    @override
    def show_contents(self, state: ViewState) -> None:
        raw, distinct = raw_and_distinct(state)
        self.board.show_shape(self.viewport.image_shape)
        self.overlay.show_content(overlay_content(state))
        self.raw.show_content(raw)
        self.distinct.show_content(distinct)


def raw_and_distinct(state: ViewState) -> tuple[Content, Content]:
    """The two aggregated maps of the shown class, or the reasons why they are missing."""
    image, result, class_id = shown_image(state), state.result, state.shown_class
    if result is None:
        why = why_no_result(state) if image is not None else ""
        return Content("raw", image=image, grey=True, waiting=why), Content(
            "distinct", image=image, grey=True, waiting=why
        )
    mark = completeness_mark(result)
    if class_id is None:
        why = why_no_class(result)
        return Content("raw", image=image, grey=True, waiting=why, mark=mark), Content(
            "distinct", image=image, grey=True, waiting=why, mark=mark
        )
    name = class_name(result, class_id)
    mark = ", ".join(part for part in (mark, not_detected_mark(result, class_id)) if part)
    maps = {"raw": raw_map(result, class_id), "distinct": distinct_map(result, class_id)}
    there = {kind: values for kind, values in maps.items() if values is not None}
    colours = colour_ranges(there, state.paint.range_mode, dict.fromkeys(there, 1.0))
    contents = []
    for kind, values in maps.items():
        layer = None
        if values is not None:
            layer = MapLayer(values, colours[kind])
        contents.append(
            Content(
                f"{name} · {kind}",
                class_id=class_id,
                image=image,
                layer=layer,
                grey=True,
                waiting="" if layer else why_no_distinct(result, class_id),
                mark=mark,
            )
        )
    return contents[0], contents[1]
