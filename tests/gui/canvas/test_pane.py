from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.canvas.pane_content import Content
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.canvas.scaled_image import ScaledImageCache
from dcsm_viewer.gui.canvas.value_ranges import ColourRange
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.render.colormaps import lookup_table
from dcsm_viewer.render.palette import class_colour
from tests.gui.views.states import click, colour_at, move, pixels, position_in, press, wheel
from tests.results import make_image

H, W = 30, 44
CORNERS = [(0, 0), (0, W - 1), (H - 1, 0), (H - 1, W - 1)]
UNIT = ColourRange(0.0, 1.0, "absolute 0..1", 1.0)


@pytest.fixture
def pane(qtbot: QtBot) -> MapPane:
    viewport = Viewport()
    viewport.show_shape((H, W))
    pane = MapPane(viewport, ScaledImageCache())
    qtbot.addWidget(pane)
    pane.resize(420, 300)
    pane.show()
    return pane


def with_map(values: NDArray[np.float32]) -> Content:
    return Content("dog · raw", class_id=11, image=make_image(H, W), layer=MapLayer(values, UNIT), grey=True)


def one_pixel(row: int, col: int) -> NDArray[np.float32]:
    values = np.zeros((H, W), dtype=np.float32)
    values[row, col] = 1.0
    return values


@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_a_map_of_one_pixel_lights_up_that_pixel_and_no_neighbour(pane: MapPane, row: int, col: int) -> None:
    pane.show_content(with_map(one_pixel(row, col)))
    lit = lookup_table("inferno")[255, :3].tolist()
    for other_row in range(max(0, row - 1), min(H, row + 2)):
        for other_col in range(max(0, col - 1), min(W, col + 2)):
            colour = colour_at(pane, position_in(pane, other_row + 0.5, other_col + 0.5))
            assert (list(colour) == lit) == ((other_row, other_col) == (row, col))


@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_the_value_under_the_cursor_is_the_one_in_the_array(pane: MapPane, row: int, col: int) -> None:
    pane.show_content(with_map(one_pixel(row, col)))
    pane.viewport.point(row + 0.5, col + 0.5)
    assert pane.value_under_cursor() == "1"
    pane.viewport.point(H - 1 - row + 0.5, col + 0.5)
    assert pane.value_under_cursor() == "0"


def test_that_the_cursor_reports_rows_before_columns(pane: MapPane, qtbot: QtBot) -> None:
    pane.show_content(with_map(one_pixel(0, 0)))
    with qtbot.waitSignal(pane.pointed) as pointed:
        move(pane, position_in(pane, 3.5, 40.5).toPoint())
    assert pointed.args == pytest.approx([3.5, 40.5], abs=0.2)


def test_that_leaving_the_image_takes_the_cursor_away(pane: MapPane, qtbot: QtBot) -> None:
    pane.show_content(with_map(one_pixel(0, 0)))
    move(pane, position_in(pane, 3.5, 40.5).toPoint())
    with qtbot.waitSignal(pane.left):
        move(pane, QPoint(2, 2))
    assert pane.viewport.cursor is None


@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_a_click_names_the_pixel(pane: MapPane, qtbot: QtBot, row: int, col: int) -> None:
    pane.show_content(with_map(one_pixel(0, 0)))
    with qtbot.waitSignal(pane.pixel_clicked) as clicked:
        click(pane, position_in(pane, row + 0.5, col + 0.5).toPoint())
    assert clicked.args == [row, col]


def test_that_a_click_beside_the_image_names_no_pixel(pane: MapPane, qtbot: QtBot) -> None:
    pane.show_content(with_map(one_pixel(0, 0)))
    with qtbot.assertNotEmitted(pane.pixel_clicked):
        click(pane, QPoint(3, 3))


def test_that_a_smaller_map_is_stretched_over_the_whole_image(pane: MapPane) -> None:
    values = np.zeros((3, 4), dtype=np.float32)
    values[2, 3] = 1.0
    pane.show_content(with_map(values))
    lit = tuple(lookup_table("inferno")[255, :3].tolist())
    assert colour_at(pane, position_in(pane, 20.5, 33.5)) == lit
    assert colour_at(pane, position_in(pane, 19.5, 33.5)) != lit
    assert colour_at(pane, position_in(pane, 20.5, 32.5)) != lit
    pane.viewport.point(20.5, 33.5)
    assert pane.value_under_cursor() == "1"


def test_that_a_pixel_of_the_photograph_is_one_square_of_one_colour_when_zoomed_in(pane: MapPane) -> None:
    image = make_image(H, W)
    pane.show_content(Content("photograph", image=image))
    wheel(pane, position_in(pane, 12.5, 20.5), 8)
    view = pane.field()
    assert view is not None
    assert view.step < 0.1
    pane.viewport.leave()
    for part in (0.1, 0.5, 0.9):
        colour = colour_at(pane, position_in(pane, 12 + part, 20 + part))
        assert colour == tuple(image.rgb[12, 20].tolist())


def test_that_opacity_mixes_map_and_grey_photograph(pane: MapPane) -> None:
    image = make_image(H, W)
    content = Content("dog", image=image, layer=MapLayer(np.ones((H, W), np.float32), UNIT), grey=True)
    pane.show_content(content)
    pane.show_paint("viridis", 0.0)
    position = position_in(pane, 10.5, 10.5)
    photograph = np.array(colour_at(pane, position), dtype=float)
    assert photograph.min() == photograph.max()
    pane.show_paint("viridis", 0.5)
    half = (photograph + lookup_table("viridis")[255, :3]) / 2
    np.testing.assert_allclose(colour_at(pane, position), half, atol=2)


def test_that_labels_take_the_colours_of_their_classes(pane: MapPane) -> None:
    labels = np.zeros((H, W), dtype=np.uint16)
    labels[:, : W // 2] = 12
    layer = LabelLayer(labels, {0: "background", 12: "dog"})
    pane.show_content(Content("labels", image=make_image(H, W), layer=layer, grey=True))
    assert colour_at(pane, position_in(pane, 5.5, 5.5)) == class_colour(11)
    red, green, blue = colour_at(pane, position_in(pane, 5.5, W - 5.5))
    assert red == green == blue
    pane.viewport.point(5.5, 5.5)
    assert pane.value_under_cursor() == "dog"


def test_that_pixels_without_a_number_show_the_photograph(pane: MapPane) -> None:
    values = np.ones((H, W), dtype=np.float32)
    values[4, 4] = np.nan
    pane.show_content(with_map(values))
    pane.show_paint("inferno", 0.99)
    lost, kept = (colour_at(pane, position_in(pane, 4.5, col)) for col in (4.5, 8.5))
    assert lost[0] == lost[1] == lost[2]
    assert kept[0] != kept[2]


def test_that_a_dimmed_pane_looks_sunken_and_says_that_it_is_updating(pane: MapPane) -> None:
    pane.show_content(with_map(np.ones((H, W), dtype=np.float32)))
    position = position_in(pane, 10.5, 10.5)
    before, head = np.array(colour_at(pane, position)), pixels(pane)[:40]
    pane.dim(dimmed=True)
    ground = np.array(colour_at(pane, QPointF(1, pane.height() - 2)))
    after = np.array(colour_at(pane, position))
    assert np.abs(after - ground).sum() < np.abs(before - ground).sum()
    assert (pixels(pane)[:40] != head).any()


def test_that_a_missing_map_is_hatched_and_says_why(pane: MapPane) -> None:
    pane.show_content(Content("distinct", image=make_image(H, W), grey=True, waiting="cat is not detected."))
    assert "cat is not detected." in pane.accessibleName()
    assert pane.value_under_cursor() == ""
    ratio = pane.devicePixelRatioF()
    top, left = (round(side * ratio) for side in (pane.picture().center().y(), pane.picture().left() + 4))
    assert len(np.unique(pixels(pane)[top : top + 30, left : left + 30], axis=0)) > 1


def test_that_the_arrow_keys_move_the_cursor_pixel_by_pixel(pane: MapPane, qtbot: QtBot) -> None:
    pane.show_content(with_map(one_pixel(7, 8)))
    pane.viewport.point(6.2, 7.9)
    press(pane, Qt.Key.Key_Down)
    press(pane, Qt.Key.Key_Right)
    assert pane.viewport.cursor == (7.5, 8.5)
    assert pane.value_under_cursor() == "1"
    for _ in range(3):
        press(pane, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert pane.viewport.cursor == (0.5, 8.5)


def test_that_the_accessible_name_says_title_and_range(pane: MapPane) -> None:
    pane.show_content(with_map(one_pixel(0, 0)))
    assert pane.accessibleName() == "dog · raw, absolute 0..1"
