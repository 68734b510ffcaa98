"""The photograph with the chosen class map or all labels over it, for the first pane of Compare and for Overlay."""

from __future__ import annotations

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import (
    class_name,
    completeness_mark,
    distinct_map,
    label_names,
    not_detected_mark,
    raw_map,
    shown_image,
)
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.canvas.value_ranges import colour_ranges
from dcsm_viewer.gui.state.view_state import ViewState


def overlay_content(state: ViewState) -> Content:
    """The photograph alone while the overlay is off or nothing is known of it yet."""
    image = shown_image(state)
    name = image.name if image is not None else ""
    bare = Content(name, image=image, mark=completeness_mark(state.result) if state.result else "")
    if state.result is None or not state.paint.overlay_on:
        return bare
    if state.paint.overlay_of == "labels":
        return _with_labels(state.result, bare)
    class_id = state.shown_class
    return bare if class_id is None else _with_class(state, state.result, class_id, bare)


def _with_labels(result: Result, bare: Content) -> Content:
    if result.segmentation is None:
        return Content(bare.title, image=bare.image, mark="labels follow")
    labels = result.segmentation.labels
    layer = LabelLayer(labels, label_names(result, labels))
    return Content(f"{bare.title} · labels", image=bare.image, layer=layer, grey=True, mark=bare.mark)


def _with_class(state: ViewState, result: Result, class_id: int, bare: Content) -> Content:
    maps = {"raw": raw_map(result, class_id), "distinct": distinct_map(result, class_id)}
    there = {kind: values for kind, values in maps.items() if values is not None}
    if not there:
        return bare
    wanted = "raw" if state.paint.kind == "raw" else "distinct"
    kind = wanted if wanted in there else next(iter(there))
    colours = colour_ranges(there, state.paint.range_mode, dict.fromkeys(there, 1.0))
    return Content(
        f"{class_name(result, class_id)} · {kind} on {bare.title}",
        class_id=class_id,
        image=bare.image,
        layer=MapLayer(there[kind], colours[kind]),
        grey=True,
        mark=", ".join(part for part in (bare.mark, not_detected_mark(result, class_id)) if part),
    )
