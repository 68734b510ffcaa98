from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.canvas.viewport import CLOSEST_PX, Viewport
from dcsm_viewer.gui.views.compare_view import CompareView
from dcsm_viewer.gui.views.labels_view import LabelsView
from tests.gui.views.states import drag, position_in, settled, wheel
from tests.results import make_image, make_result


@pytest.fixture
def view(qtbot: QtBot) -> CompareView:
    view = CompareView(Viewport())
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    view.show_state(settled())
    return view


def test_that_the_wheel_zooms_all_panes_to_one_scale(view: CompareView) -> None:
    wheel(view.raw, position_in(view.raw, 30.5, 40.5), 3)
    steps = {pane.field().step for pane in view.panes() if pane.field()}  # type: ignore[union-attr]  # checked
    scale = view.viewport.transform.px_per_screen_px
    assert scale is not None
    assert steps == {scale / view.devicePixelRatioF()}


def test_that_the_position_under_the_wheel_stays_where_it_is(view: CompareView) -> None:
    position = position_in(view.raw, 30.5, 40.5)
    wheel(view.raw, position, 4)
    assert view.raw.position_at(position) == pytest.approx((30.5, 40.5), abs=0.01)


def test_that_forty_resizes_leave_the_view_where_it_was(view: CompareView) -> None:
    wheel(view.raw, position_in(view.raw, 30.5, 40.5), 4)
    before = view.viewport.transform
    for number in range(40):
        view.resize(500 + 17 * number, 300 + 11 * (number % 7))
        view.grab()
    assert view.viewport.transform == before


def test_that_a_fitted_image_fits_again_after_a_resize(view: CompareView) -> None:
    for width, height in ((500, 300), (1200, 800)):
        view.resize(width, height)
        for pane in view.panes():
            field, picture = pane.field(), pane.picture()
            assert field is not None
            tall, wide = (side / field.step / pane.devicePixelRatioF() for side in (120, 160))
            assert tall == pytest.approx(picture.height()) or wide == pytest.approx(picture.width())
            assert tall <= picture.height() + 1e-6
            assert wide <= picture.width() + 1e-6


def test_that_zooming_out_past_the_whole_image_fits_it(view: CompareView) -> None:
    wheel(view.raw, position_in(view.raw, 30.5, 40.5), 2)
    wheel(view.raw, position_in(view.raw, 30.5, 40.5), -9)
    assert view.viewport.transform.px_per_screen_px is None


def test_that_zooming_in_ends_at_the_closest_scale(view: CompareView) -> None:
    wheel(view.raw, position_in(view.raw, 30.5, 40.5), 60)
    assert view.viewport.transform.px_per_screen_px == CLOSEST_PX


def test_that_a_drag_moves_the_image_with_the_hand(view: CompareView, qtbot: QtBot) -> None:
    wheel(view.raw, position_in(view.raw, 60.5, 80.5), 6)
    start = position_in(view.raw, 60.5, 80.5).toPoint()
    at = view.raw.position_at(start.toPointF())
    with qtbot.assertNotEmitted(view.pixel_clicked):
        drag(view.raw, start, way=QPoint(-40, 20))
    assert view.raw.position_at((start + QPoint(-40, 20)).toPointF()) == pytest.approx(at, abs=1e-6)


def test_that_a_drag_cannot_lose_the_image() -> None:
    viewport = Viewport()
    viewport.show_shape((120, 160))
    viewport.actual_size()
    viewport.pan(-1e9, 1e9)
    assert (viewport.transform.row, viewport.transform.col) == (0.0, 160.0)


def test_that_a_hundred_percent_is_one_image_pixel_on_one_device_pixel() -> None:
    viewport = Viewport()
    viewport.show_shape((120, 160))
    viewport.actual_size(device_pixel_ratio=2.0)
    assert viewport.field((50.0, 50.0), (120, 160), 2.0).step == 1.0


def test_that_an_image_of_the_same_shape_keeps_the_view_and_another_fits() -> None:
    viewport = Viewport()
    viewport.show_shape((120, 160))
    viewport.actual_size()
    viewport.show_shape((120, 160))
    assert viewport.transform.px_per_screen_px == 1.0
    viewport.show_shape((90, 160))
    assert viewport.transform.px_per_screen_px is None


def test_that_views_with_one_viewport_look_at_the_same_place(view: CompareView, qtbot: QtBot) -> None:
    other = LabelsView(view.viewport)
    qtbot.addWidget(other)
    other.resize(900, 500)
    other.show()
    other.show_state(settled())
    wheel(view.raw, position_in(view.raw, 30.5, 40.5), 4)
    field, same = other.before.field(), view.raw.field()
    assert field is not None
    assert same is not None
    middle, same_middle = field.position_at(field.shape[0] / 2, 0)[0], same.position_at(same.shape[0] / 2, 0)[0]
    assert (field.step, middle) == pytest.approx((same.step, same_middle))


def test_that_an_image_of_another_shape_is_shown_whole(view: CompareView) -> None:
    wheel(view.raw, position_in(view.raw, 30.5, 40.5), 4)
    view.show_state(settled(make_result(make_image(50, 90))))
    assert view.viewport.image_shape == (50, 90)
    assert view.viewport.transform.px_per_screen_px is None
