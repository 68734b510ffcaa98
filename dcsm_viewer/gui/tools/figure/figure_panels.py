"""What a figure can be made of: every pane the window can show of the result that is there, by a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from dcsm_viewer.gui.canvas.grid.grid_contents import Tile, grid_contents
from dcsm_viewer.gui.canvas.grid.grid_sums import focus_sums
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import shown_image
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.compare_ab.compare_ab_contents import sides
from dcsm_viewer.gui.tools.compare_ab.compare_ab_view import DIVERGING
from dcsm_viewer.gui.views.compare_view import raw_and_distinct
from dcsm_viewer.gui.views.labels_view import before_and_after
from dcsm_viewer.gui.views.overlay_content import overlay_content

PanelName = Literal[
    "photograph", "overlay", "raw", "distinct", "labels_before", "labels",
    "a", "b", "difference", "grid_raw", "grid_distinct",
]  # fmt: skip

TITLES: dict[PanelName, str] = {
    "photograph": "Photograph",
    "overlay": "Overlay",
    "raw": "Raw map",
    "distinct": "Distinct map",
    "labels_before": "Labels before CRF",
    "labels": "Labels",
    "a": "A of the comparison",
    "b": "B of the comparison",
    "difference": "Difference of A and B",
    "grid_raw": "Raw maps by layer and scale",
    "grid_distinct": "Distinct maps by layer and scale",
}

_OF_VIEW: dict[str, tuple[PanelName, ...]] = {
    "compare": ("overlay", "raw", "distinct"),
    "grid": ("grid_raw", "grid_distinct"),
    "overlay": ("overlay",),
    "labels": ("labels_before", "labels", "photograph"),
    "compare_ab": ("a", "b", "difference"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of a figure, and its colours. `opacity` in [0, 1] is the layer's over the photograph."""

    content: Content
    colormap: str
    opacity: float


def panels_of_view(view: str) -> tuple[PanelName, ...]:
    """The names of the panes this view of the window shows; those of Compare for any other tool."""
    return _OF_VIEW.get(view, _OF_VIEW["compare"])


def panels_of(state: ViewState, names: Iterable[PanelName]) -> tuple[Panel, ...]:
    """The panels in the order of `TITLES`; one that cannot be shown just now is left out."""
    wanted = set(names)
    found: list[Panel] = []
    for name in TITLES:
        if name in wanted:
            found += [panel for panel in _panels(state, name) if _is_whole(panel.content)]
    return tuple(found)


def _panels(state: ViewState, name: PanelName) -> list[Panel]:
    paint = state.paint
    image = shown_image(state)
    match name:
        case "photograph":
            content = Content("" if image is None else image.name, image=image)
        case "overlay":
            content = overlay_content(replace(state, paint=replace(paint, overlay_on=True)))
        case "raw" | "distinct":
            content = raw_and_distinct(state)[name == "distinct"]
            return [Panel(content, paint.colormap, 1.0)]
        case "labels_before" | "labels":
            content = before_and_after(state)[name == "labels"]
        case "a" | "b":
            content = getattr(sides(state), name)
            return [Panel(content, paint.colormap, _opacity(content, paint.opacity))]
        case "difference":
            content = sides(state).difference
            return [Panel(content, DIVERGING, _opacity(content, paint.opacity))]
        case "grid_raw" | "grid_distinct":
            return _tiles(state, "raw" if name == "grid_raw" else "distinct")
    return [Panel(content, paint.colormap, paint.opacity)]


def _tiles(state: ViewState, kind: Literal["raw", "distinct"]) -> list[Panel]:
    """Layers from the first to the last, each at all scales from the smallest."""
    result = state.result
    if result is None or result.focus is None:
        return []
    sums = focus_sums(result.focus)
    state = replace(state, paint=replace(state.paint, kind=kind))
    contents = grid_contents(state, result, result.focus, sums)
    return [
        Panel(contents.tiles[Tile(kind, scale, layer)], state.paint.colormap, 1.0)
        for layer in contents.layers
        for scale in contents.scales
    ]


def _opacity(content: Content, opacity: float) -> float:
    # As on the screen: unmixed with the photograph, a map has exactly the colours of its bar.
    return 1.0 if isinstance(content.layer, MapLayer) else opacity


def _is_whole(content: Content) -> bool:
    return content.image is not None and not content.waiting
