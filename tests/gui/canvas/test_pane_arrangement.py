from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QRect, QSize
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.canvas.pane_arrangement import Arrangement, arrange_panes
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.views.compare_view import CompareView
from tests.gui.views.states import settled
from tests.results import make_image, make_result

LANDSCAPE, PORTRAIT, WIDE = (576, 768), (768, 576), (100, 900)
LAB = QSize(260, 200)
ROOMS = ((776, 650), (560, 500), (1500, 400), (300, 900), (1600, 1000), (320, 330))


def inside(pane: QSize) -> QSize:
    """A head of 40 px and a margin."""
    return QSize(pane.width() - 8, pane.height() - 48)


def image_width(found: Arrangement, shape: tuple[int, int]) -> float:
    """Of the smallest picture, px."""
    areas = [inside(pane.size()) for pane in found.panes]
    return min(min(area.width(), area.height() * shape[1] / shape[0]) for area in areas)


@pytest.mark.parametrize("area", ROOMS)
@pytest.mark.parametrize("shape", [LANDSCAPE, PORTRAIT, WIDE])
@pytest.mark.parametrize("beside", [None, LAB])
def test_that_panes_stay_in_the_room_and_never_overlap(
    area: tuple[int, int], shape: tuple[int, int], beside: QSize | None
) -> None:
    whole = QRect(3, 5, *area)
    found = arrange_panes(whole, shape, inside, beside)
    rects = [*found.panes, *([] if found.beside is None else [found.beside])]
    assert len(rects) == (3 if beside is None else 4)
    assert all(whole.contains(rect) for rect in rects)
    assert not any(one.intersects(other) for one, other in combinations(rects, 2))


@pytest.mark.parametrize("area", ROOMS)
@pytest.mark.parametrize("shape", [LANDSCAPE, PORTRAIT, WIDE])
def test_that_no_picture_is_smaller_than_in_a_plain_row(area: tuple[int, int], shape: tuple[int, int]) -> None:
    third = (area[0] - 8) // 3
    row = min(third - 8, (area[1] - 48) * shape[1] / shape[0])
    assert image_width(arrange_panes(QRect(0, 0, *area), shape, inside), shape) >= 0.98 * row


def test_that_a_landscape_in_a_window_of_common_size_is_a_third_larger_than_in_a_row() -> None:
    found = arrange_panes(QRect(0, 0, 776, 650), LANDSCAPE, inside)
    assert image_width(found, LANDSCAPE) > 1.3 * (776 / 3)


def test_that_panoramas_stand_above_each_other_and_portraits_beside() -> None:
    column = arrange_panes(QRect(0, 0, 776, 650), WIDE, inside).panes
    assert len({pane.left() for pane in column}) == 1
    row = arrange_panes(QRect(0, 0, 1200, 500), PORTRAIT, inside).panes
    assert len({pane.top() for pane in row}) == 1


def test_that_what_stands_beside_gets_its_least_size() -> None:
    for area in ROOMS[:5]:
        found = arrange_panes(QRect(0, 0, *area), LANDSCAPE, inside, LAB)
        assert found.beside is not None
        lies = found.beside.width() >= 2 * LAB.width()
        assert found.beside.width() >= LAB.width()
        assert found.beside.height() >= (0.7 if lies else 1) * LAB.height()


def test_that_no_pane_moves_when_results_arrive(qtbot: QtBot) -> None:
    view = CompareView(Viewport())
    qtbot.addWidget(view)
    view.resize(776, 650)
    view.show()
    image = make_image(90, 120)
    positions = []
    for completeness in ("partial", "preview", "settled"):
        view.show_state(settled(make_result(image, completeness=completeness)))
        positions.append([pane.geometry() for pane in view.panes()])
    assert positions[0] == positions[1] == positions[2]
    assert positions[0][1].width() > 776 / 3
