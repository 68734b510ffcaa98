"""The subtraction matrix in the window: what it asks, what stands where, and the slider of N in its header."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QSlider

from dcsm_viewer.core.types import UserError, read_only
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.tools.matrix.matrix_contents import MOST, matrix_contents, similarity_words
from dcsm_viewer.gui.tools.matrix.matrix_tool import MatrixTool
from dcsm_viewer.queries.matrix_query import ClassMatrix, MatrixQuestion, Similarity
from dcsm_viewer.queries.query import Query
from tests.e2e.conftest import Desk
from tests.gui.engines import answer
from tests.gui.hands import the
from tests.gui.views.states import settled
from tests.results import CLASSES, make_result

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def matrix_for(ids: tuple[int, ...], detected: tuple[int, ...], shape: tuple[int, int] = (60, 80)) -> ClassMatrix:
    """left[i, j] is 0.1 (i + 1) everywhere, less 0.05 off the diagonal."""
    rows = 0.1 * (np.arange(len(ids)) + 1)
    left = np.broadcast_to(rows[:, None] - 0.05 * (1 - np.eye(len(ids))), (len(ids),) * 2)
    maps = np.broadcast_to(left[..., None, None], (*left.shape, *shape)).astype(np.float32)
    distinct = {each: read_only(np.zeros(shape, np.float32)) for each in ids if each not in detected}
    return ClassMatrix(ids, read_only(maps), 1, distinct, Similarity(0.8, 6), Similarity(0.1, 6))


def answered(query: Query) -> ClassMatrix:
    result = answer(query.request)
    return matrix_for(result.candidate_ids, result.detected_ids)


@pytest.fixture
def tool(desk: Desk, photos: Path) -> MatrixTool:
    """The matrix over a.png, with its first answer."""
    desk.engine.known[MatrixQuestion] = answered
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("tools.matrix")
    tool = the(desk.window, MatrixTool)
    desk.wait(lambda: tool.matrix is not None)
    return tool


def test_that_raw_maps_stand_on_the_diagonal_and_distinct_ones_at_the_ends(tool: MatrixTool) -> None:
    result = tool.context.store.state.result
    assert result is not None
    count = len(result.candidate_ids)
    assert len(tool.view.panes()) == count * (count + 1)
    for row, class_id in enumerate(result.candidate_ids):
        raw = tool.view.pane_at((row, row)).content.layer
        assert isinstance(raw, MapLayer)
        np.testing.assert_array_equal(raw.values, result.raw_class_maps[row])
        if class_id in result.detected_ids:
            distinct = tool.view.pane_at((row, count)).content.layer
            assert isinstance(distinct, MapLayer)
            np.testing.assert_array_equal(distinct.values, result.class_maps[row])
    assert tool.view.pane_at((3, 4)).content.mark == "as if detected"


def test_that_cells_show_what_was_taken_around_0_or_what_is_left_from_0(tool: MatrixTool) -> None:
    taken = tool.view.pane_at((1, 2)).content.layer
    assert isinstance(taken, MapLayer)
    np.testing.assert_allclose(taken.values, 0.05, atol=1e-6)
    assert taken.colours.low == -taken.colours.high
    tool.kind.setCurrentIndex(1)
    left = tool.view.pane_at((1, 2)).content.layer
    assert isinstance(left, MapLayer)
    np.testing.assert_allclose(left.values, 0.15, atol=1e-6)
    assert (left.colours.low, round(left.colours.high, 6)) == (0.0, 0.35)
    assert tool.cells_bar.colours == left.colours


def test_that_one_sentence_says_how_alike_the_maps_are_before_and_after(tool: MatrixTool) -> None:
    assert "raw 0.80 → distinct 0.10" in tool.similarity.text()
    assert similarity_words(matrix_for((3,), (3,))).startswith("One class alone")


def test_that_a_drag_of_n_is_one_undo_step_and_another_matrix(desk: Desk, tool: MatrixTool) -> None:
    before = tool.context.store.state.settings
    slider = the(tool.candidates, QSlider)
    slider.setSliderDown(True)
    for value in (3, 2, 6):
        slider.setValue(value)
    slider.setSliderDown(False)
    desk.settle()
    desk.wait(lambda: len(desk.engine.queries) >= 2)
    assert desk.state.settings.method.min_candidates == 6
    desk.do("edit.undo")
    assert desk.state.settings == before


def test_that_a_click_in_a_row_shows_its_class_and_asks_nothing(desk: Desk, tool: MatrixTool) -> None:
    result = desk.state.result
    assert result is not None
    asked = len(desk.engine.queries)
    tool.view.pane_at((2, 0)).pixel_clicked.emit(4, 5)
    desk.settle()
    assert desk.state.focus == result.candidate_ids[2]
    assert len(desk.engine.queries) == asked


def test_that_a_change_of_the_crf_asks_nothing(desk: Desk, tool: MatrixTool) -> None:
    from dcsm_viewer.gui.state.settings_edits import with_field

    desk.parts.store.edit(with_field(desk.state.settings, "crf.iterations", 3))
    desk.settle()
    assert len(desk.engine.queries) == 1


def test_that_cells_of_classes_the_old_matrix_knew_stay_until_the_new_one_is_there() -> None:
    small, large = make_result(candidates=3), make_result(candidates=5)
    contents = matrix_contents(settled(large), matrix_for(small.candidate_ids, small.detected_ids), "left")
    there = {cell for cell, content in contents.panes.items() if content.layer is not None}
    assert {(0, 1), (1, 2), (2, 0)} <= there
    assert contents.panes[0, 4].waiting == "The comparison follows."


def test_that_of_very_many_classes_the_first_are_shown() -> None:
    from tests.results import VOC_NAMES

    names = (*CLASSES, *(name for name in VOC_NAMES if name not in CLASSES))
    contents = matrix_contents(settled(make_result(classes=names, candidates=MOST + 3)), None, "taken")
    assert (len(contents.class_ids), contents.left_out) == (MOST, 3)


def test_that_what_the_engine_cannot_say_is_said_above_the_maps_that_are_there(desk: Desk, photos: Path) -> None:
    def fails(_: Query) -> ClassMatrix:
        raise UserError("The memory does not hold the matrix; choose fewer classes.")

    desk.engine.known[MatrixQuestion] = fails
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("tools.matrix")
    tool = the(desk.window, MatrixTool)
    desk.wait(lambda: tool.note.text() == "The memory does not hold the matrix; choose fewer classes.")
    assert isinstance(tool.view.pane_at((0, 0)).content.layer, MapLayer)


def test_that_chosen_before_there_is_an_image_it_comes_with_the_first(desk: Desk, photos: Path) -> None:
    desk.do("tools.matrix")
    assert desk.window.stack.currentWidget() is desk.window.stack.empty
    desk.engine.known[MatrixQuestion] = answered
    desk.open(photos / "a.png")
    desk.settle()
    tool = the(desk.window, MatrixTool)
    assert tool.isVisible()
