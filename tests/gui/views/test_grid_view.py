from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.canvas.grid.grid_contents import Tile
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.views.grid_view import GridView
from dcsm_viewer.render.colormaps import lookup_table
from tests.gui.views.states import click, double_click, move, pixels, press, settled, wheel
from tests.results import LAYERS, make_result

SCALES = (400, 500, 600)


@pytest.fixture
def grid(qtbot: QtBot) -> GridView:
    view = GridView(Viewport())
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    view.show_state(settled())
    return view


def layer_at(view: GridView, tile: Tile) -> MapLayer:
    layer = view.tiles.contents.tiles[tile].layer
    assert isinstance(layer, MapLayer)
    return layer


def choose(view: GridView, tile: Tile) -> None:
    click(view.tiles, view.tiles.cell_of(tile).center())


def test_that_every_tile_holds_the_map_of_its_layer_and_scale(grid: GridView) -> None:
    result = make_result()
    grid.show_state(settled(result))
    assert result.focus is not None
    for scale in SCALES:
        for layer in LAYERS:
            assert layer_at(grid, Tile("raw", scale, layer)).values is result.focus.raw[scale, layer]
            assert layer_at(grid, Tile("distinct", scale, layer)).values is result.focus.distinct[scale, layer]


def test_that_the_last_row_and_column_hold_the_sums_and_the_corner_the_class_map(grid: GridView) -> None:
    result = make_result()
    grid.show_state(settled(result))
    assert result.focus is not None
    distinct = result.focus.distinct
    over_scales = np.sum([distinct[scale, LAYERS[1]].astype(np.float64) for scale in SCALES], axis=0)
    over_layers = np.sum([distinct[500, layer].astype(np.float64) for layer in LAYERS], axis=0)
    np.testing.assert_allclose(layer_at(grid, Tile("distinct", None, LAYERS[1])).values, over_scales, rtol=1e-5)
    np.testing.assert_allclose(layer_at(grid, Tile("distinct", 500, None)).values, over_layers, rtol=1e-5)
    corner = layer_at(grid, Tile("distinct", None, None)).values
    np.testing.assert_array_equal(corner, result.class_maps[result.detected_ids.index(11)])


def test_that_scales_still_to_come_say_so_and_are_filled_in_place(grid: GridView) -> None:
    grid.show_state(settled(make_result(completeness="partial")))
    cells = {tile: grid.tiles.cell_of(tile) for tile in grid.tiles.contents.tiles}
    assert grid.tiles.contents.tiles[Tile("raw", 400, LAYERS[0])].waiting == "follows"
    assert grid.tiles.contents.tiles[Tile("raw", None, LAYERS[0])].mark == "partial, 1 of 3 scales"
    layer_at(grid, Tile("raw", 500, LAYERS[0]))
    grid.show_state(settled())
    assert {tile: grid.tiles.cell_of(tile) for tile in grid.tiles.contents.tiles} == cells
    assert not any(content.waiting for content in grid.tiles.contents.tiles.values())


def test_that_a_scale_at_which_the_class_is_gated_out_says_why(grid: GridView) -> None:
    result = make_result()
    assert result.focus is not None
    kept = {key: values for key, values in result.focus.distinct.items() if key[0] != 600}
    grid.show_state(settled(replace(result, focus=replace(result.focus, distinct=kept))))
    assert grid.tiles.contents.tiles[Tile("distinct", 600, LAYERS[0])].waiting == "below the threshold"


def test_that_kinds_can_be_shown_alone(grid: GridView) -> None:
    grid.show_state(settled(kind="distinct"))
    assert grid.tiles.contents.kinds == ("distinct",)
    assert not grid.large_raw.isVisible()
    assert grid.large_distinct.isVisible()


def test_that_a_click_shows_the_map_large_and_names_it(grid: GridView, qtbot: QtBot) -> None:
    tile = Tile("distinct", 600, LAYERS[2])
    with qtbot.waitSignal(grid.map_chosen) as chosen:
        choose(grid, tile)
    assert chosen.args == [600, LAYERS[2]]
    assert grid.large_distinct.content is grid.tiles.contents.tiles[tile]
    assert grid.large_raw.content is grid.tiles.contents.tiles[Tile("raw", 600, LAYERS[2])]


def test_that_the_chosen_map_stays_chosen_when_results_arrive(grid: GridView, qtbot: QtBot) -> None:
    choose(grid, Tile("raw", 400, LAYERS[0]))
    result = make_result(seed=3)
    grid.show_state(settled(result))
    layer = grid.large_raw.content.layer
    assert isinstance(layer, MapLayer)
    assert result.focus is not None
    assert layer.values is result.focus.raw[400, LAYERS[0]]


def test_that_a_chosen_layer_that_is_gone_gives_way_to_the_class_map(grid: GridView, qtbot: QtBot) -> None:
    choose(grid, Tile("raw", 400, LAYERS[0]))
    grid.show_state(settled(make_result(layers=("conv3_1", "conv3_2"))))
    assert grid.large_raw.content.title == "dog · raw · class map"


def test_that_a_double_click_shows_only_the_map_and_another_brings_all_back(grid: GridView, qtbot: QtBot) -> None:
    cell = grid.tiles.cell_of(Tile("raw", 500, LAYERS[1])).center()
    double_click(grid.tiles, cell)
    assert grid.shows_only_large
    assert grid.large_raw.content.title == f"dog · raw · {LAYERS[1]} · 500 px"
    double_click(grid.large_raw, grid.large_raw.rect().center())
    assert not grid.shows_only_large


def test_that_arrow_keys_walk_the_tiles_and_stop_at_the_edge(grid: GridView, qtbot: QtBot) -> None:
    choose(grid, Tile("raw", 500, LAYERS[1]))
    press(grid.tiles, Qt.Key.Key_Left)
    with qtbot.waitSignal(grid.map_chosen) as chosen:
        press(grid.tiles, Qt.Key.Key_Up)
    assert chosen.args == [400, LAYERS[0]]
    with qtbot.waitSignal(grid.map_chosen) as chosen:
        press(grid.tiles, Qt.Key.Key_Up)
    assert chosen.args == [400, LAYERS[0]]


def test_that_all_tiles_tell_their_value_under_the_shared_cursor(grid: GridView) -> None:
    grid.viewport.point(54.5, 48.5)
    values = layer_at(grid, Tile("distinct", 500, LAYERS[0])).values
    assert grid.tiles.words_of(Tile("distinct", 500, LAYERS[0])) == f"{values[54, 48]:.3g}"
    grid.viewport.leave()
    assert "max" in grid.tiles.words_of(Tile("distinct", 500, LAYERS[0]))


def test_that_the_cursor_over_a_tile_is_the_cursor_of_all(grid: GridView, qtbot: QtBot) -> None:
    spots = [grid.tiles.cell_of(Tile("raw", 400, layer)).center() for layer in (LAYERS[0], LAYERS[3])]
    found = []
    for spot in spots:
        with qtbot.waitSignal(grid.pointed) as pointed:
            move(grid.tiles, spot)
        found.append(pointed.args)
    assert found[0] == found[1]
    assert found[0] is not None
    assert grid.viewport.cursor == tuple(found[0])


def test_that_a_lit_pixel_appears_in_its_own_tile_and_no_other(grid: GridView) -> None:
    result = make_result()
    assert result.focus is not None
    spot = np.zeros((120, 160), dtype=np.float32)
    spot[:20, 140:] = 1.0
    raw = {**dict.fromkeys(result.focus.raw, np.zeros((120, 160), np.float32)), (600, LAYERS[4]): spot}
    grid.show_state(settled(replace(result, focus=replace(result.focus, raw=raw))))
    lit = (pixels(grid.tiles) == lookup_table("inferno")[255, :3]).all(axis=2)
    ratio = grid.devicePixelRatioF()

    def lit_in(cell: QRect) -> NDArray[np.bool_]:
        top, bottom, left, right = (
            round(side * ratio) for side in (cell.top(), cell.bottom() + 1, cell.left(), cell.right() + 1)
        )
        part: NDArray[np.bool_] = lit[top:bottom, left:right]
        return part

    where = {
        tile: int(lit_in(cell).sum())
        for tile in grid.tiles.contents.tiles
        for cell in (grid.tiles.cell_of(tile),)
        if tile.kind == "raw"
    }
    # The sums over its layer and its scale hold the spot as well.
    bright = {tile for tile, count in where.items() if count > 10}
    assert bright - {Tile("raw", None, None)} == {
        Tile("raw", 600, LAYERS[4]),
        Tile("raw", None, LAYERS[4]),
        Tile("raw", 600, None),
    }
    cell = grid.tiles.cell_of(Tile("raw", 600, LAYERS[4]))
    rows, cols = np.nonzero(lit_in(cell))
    assert rows.max() < ratio * cell.height() / 2
    assert cols.min() > ratio * cell.width() / 2


def test_that_shared_ranges_bind_the_tiles_of_one_kind(grid: GridView) -> None:
    grid.show_state(settled(range_mode="shared"))
    tiles = grid.tiles.contents.tiles
    raw = {tiles[Tile("raw", scale, layer)].badge for scale in SCALES for layer in LAYERS}
    distinct = {tiles[Tile("distinct", scale, layer)].badge for scale in SCALES for layer in LAYERS}
    assert (len(raw), len(distinct)) == (1, 1)
    assert raw != distinct


def test_that_absolute_ranges_of_distinct_tiles_end_at_the_number_of_rivals(grid: GridView) -> None:
    grid.show_state(settled(make_result(candidates=5), range_mode="absolute"))
    tiles = grid.tiles.contents.tiles
    assert tiles[Tile("distinct", 400, LAYERS[0])].badge == "absolute 0..4"
    assert tiles[Tile("distinct", None, LAYERS[0])].badge == "absolute 0..12"
    assert tiles[Tile("distinct", None, None)].badge == "absolute 0..1"
    assert tiles[Tile("raw", 400, LAYERS[0])].badge.startswith("shared 0..")


def test_that_nine_layers_fit_a_small_window_by_scrolling(grid: GridView, qtbot: QtBot) -> None:
    layers = tuple(f"conv{number}" for number in range(9))
    grid.resize(600, 400)
    grid.show_state(settled(make_result(layers=layers)))
    scroll = grid.findChild(QScrollArea)
    assert isinstance(scroll, QScrollArea)
    qtbot.waitUntil(lambda: scroll.verticalScrollBar().maximum() > 0)
    last = grid.tiles.cell_of(Tile("distinct", None, None))
    assert grid.tiles.rect().contains(last)
    assert last.height() >= 44 + grid.fontMetrics().height()


def test_that_an_old_result_sinks_back_in_all_tiles(grid: GridView, qtbot: QtBot) -> None:
    state = settled()
    grid.show_state(replace(state, settings=replace(state.settings, precision="bfloat16")))
    qtbot.waitUntil(lambda: grid.tiles.dimmed)
    grid.show_state(state)
    assert not grid.tiles.dimmed


def test_that_the_wheel_zooms_on_a_tile_and_not_beside_it(grid: GridView) -> None:
    wheel(grid.tiles, QPointF(5, 5), 3)
    assert grid.viewport.transform.px_per_screen_px is None
    cell = grid.tiles.cell_of(Tile("raw", 500, LAYERS[0]))
    wheel(grid.tiles, QPointF(cell.center()), 3)
    assert grid.viewport.transform.px_per_screen_px is not None
