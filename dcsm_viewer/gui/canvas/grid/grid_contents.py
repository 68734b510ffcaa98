"""Every tile of the grid as a Content: the shown class by layer and scale, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import FocusMaps, MapSums, Result
from dcsm_viewer.gui.canvas.grid.grid_sums import FocusSums
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.result_access import class_name, completeness_mark, distinct_map, raw_map
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.value_ranges import colour_ranges
from dcsm_viewer.gui.state.view_state import MapKind, ViewState

Kind = Literal["raw", "distinct"]
_Values = NDArray[np.float32]


class Tile(NamedTuple):
    """Where a map stands: scale None is the sum over scales, layer None over layers, both None the class map."""

    kind: Kind
    scale: int | None
    layer: str | None


@dataclass(frozen=True, slots=True)
class GridContents:
    """Rows from the first layer to the last, columns in the order of the scales asked for."""

    scales: tuple[int, ...]
    layers: tuple[str, ...]
    kinds: tuple[Kind, ...]
    tiles: Mapping[Tile, Content] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class _Group:
    """Maps that are coloured together when ranges are shared, and how large they can get."""

    maps: Mapping[Tile, _Values]
    possible: Mapping[Tile, float | None]
    highest: Mapping[Tile, float] = field(default_factory=dict)


def kinds_of(kind: MapKind) -> tuple[Kind, ...]:
    match kind:
        case "both":
            return ("raw", "distinct")
        case "raw":
            return ("raw",)
        case "distinct":
            return ("distinct",)


def grid_contents(state: ViewState, result: Result, focus: FocusMaps, sums: FocusSums) -> GridContents:
    """All tiles of the class in `focus`; those whose map is missing say why."""
    scales = result.request.settings.method.scales
    kinds = kinds_of(state.paint.kind)
    tiles: dict[Tile, Content] = {}
    for kind in kinds:
        layers_of: dict[Tile, MapLayer] = {}
        for group in _groups(kind, result, focus, sums.raw if kind == "raw" else sums.distinct):
            colours = colour_ranges(group.maps, state.paint.range_mode, group.possible, group.highest)
            layers_of |= {tile: MapLayer(values, colours[tile]) for tile, values in group.maps.items()}
        for tile in all_tiles(kind, scales, result.layers):
            tiles[tile] = _content(tile, layers_of.get(tile), result, focus.class_id)
    return GridContents(scales, result.layers, kinds, tiles)


def all_tiles(kind: Kind, scales: tuple[int, ...], layers: tuple[str, ...]) -> list[Tile]:
    """Row by row, the sums last in both directions."""
    return [Tile(kind, scale, layer) for layer in (*layers, None) for scale in (*scales, None)]


def title_of(tile: Tile) -> str:
    """Words for a place in the grid, as in `distinct · blocks.4 · 500 px`."""
    if tile.scale is None and tile.layer is None:
        return f"{tile.kind} · class map"
    layer = tile.layer or "sum of layers"
    scale = "sum of scales" if tile.scale is None else f"{tile.scale} px"
    return f"{tile.kind} · {layer} · {scale}"


def _groups(kind: Kind, result: Result, focus: FocusMaps, sums: MapSums) -> tuple[_Group, ...]:
    # A distinct map adds up to one for each rival, the raw ones have no bound.
    bound = None if kind == "raw" else float(max(1, len(result.candidate_ids) - 1))
    maps = focus.raw if kind == "raw" else focus.distinct
    single = {Tile(kind, scale, layer): values for (scale, layer), values in maps.items()}
    added = {Tile(kind, None, layer): values for layer, values in sums.of_layer.items()}
    added |= {Tile(kind, scale, None): values for scale, values in sums.of_scale.items()}
    terms = {Tile(kind, None, layer): count for layer, count in sums.terms_of_layer.items()}
    terms |= {Tile(kind, scale, None): count for scale, count in sums.terms_of_scale.items()}
    whole = raw_map(result, focus.class_id) if kind == "raw" else distinct_map(result, focus.class_id)
    corner = {} if whole is None else {Tile(kind, None, None): whole}
    highest = {Tile(kind, scale, layer): top for (scale, layer), top in sums.highest.items()}
    return (
        _Group(single, dict.fromkeys(single, bound), highest),
        _Group(added, {tile: None if bound is None else bound * terms[tile] for tile in added}, highest),
        _Group(corner, dict.fromkeys(corner, 1.0)),
    )


def _content(tile: Tile, layer: MapLayer | None, result: Result, class_id: int) -> Content:
    return Content(
        f"{class_name(result, class_id)} · {title_of(tile)}",
        class_id=class_id,
        image=result.request.image,
        layer=layer,
        grey=True,
        waiting="" if layer is not None else _why_missing(tile, result, class_id),
        mark=completeness_mark(result) if tile.scale is None else "",
    )


def _why_missing(tile: Tile, result: Result, class_id: int) -> str:
    if tile.scale is not None and tile.scale not in result.scales:
        return "follows"
    if tile.kind == "raw":
        return "no raw map"
    if result.request.settings.method.min_candidates == 0:
        return "N is 0"
    if class_id not in result.detected_ids:
        return "not detected"
    return "below the threshold"
