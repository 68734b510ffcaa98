"""The microscope in the window: stepping back, the gate of a clicked unit, and the quiz."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.tools.gradient.gate_quiz import Quiz
from dcsm_viewer.gui.tools.gradient.gradient_text import gate_sentence, row_of
from dcsm_viewer.gui.tools.gradient.gradient_tool import GradientTool
from dcsm_viewer.queries.gradient_query import MODES, Gate, GradientQuestion, Unit
from tests.gui.hands import click, press
from tests.gui.tools.answers import channels
from tests.gui.tools.desk import ToolDesk, tool_desk

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[ToolDesk]:
    yield from tool_desk(qtbot)


def opened(desk: ToolDesk) -> GradientTool:
    desk.show()
    tool = desk.open_tool("microscope")
    assert isinstance(tool, GradientTool)
    desk.wait(lambda: tool.known is not None)
    return tool


def cell(tool: GradientTool, row: int, column: int) -> str:
    item = tool.gate.table.item(row, column)
    assert item is not None
    return item.text()


def units(desk: ToolDesk) -> list[Unit | None]:
    return [one.question.unit for one in desk.engine.queries if isinstance(one.question, GradientQuestion)]


def test_that_the_three_rules_stand_side_by_side_with_their_numbers(desk: ToolDesk) -> None:
    tool = opened(desk)
    titles = [pane.content.title for pane in tool.view.panes()]
    assert titles == ["plain · ‖w‖ 4", "deconvnet · ‖w‖ 8", "guided · ‖w‖ 12"]
    assert tool.view.of_rule["guided"].content.mark == "75 % > 0, 2 % = 0"
    assert "block1, step 1 of 3 back: 4 channels of 4 × 4 units" in tool.words.text()
    layer = tool.view.of_rule["gradient"].content.layer
    assert isinstance(layer, MapLayer)
    assert tool.known is not None
    np.testing.assert_array_equal(layer.values, tool.known.on_image("gradient", "block1"))
    assert len(np.unique(layer.values)) == 16, "every unit is a field of its own"


def test_that_buttons_and_keys_step_from_layer_to_layer_without_asking(desk: ToolDesk) -> None:
    tool = opened(desk)
    click(tool.layers.forward)
    assert "block0" in tool.words.text()
    tool.layers.slider.setFocus()
    press(tool.layers.slider, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert "the network input" in tool.words.text()
    press(tool.layers.slider, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert "block0" in tool.words.text()
    assert units(desk) == [None]


def test_that_a_click_asks_for_the_unit_under_it_and_a_step_for_the_one_below(desk: ToolDesk) -> None:
    tool = opened(desk)
    image = desk.state.image
    assert image is not None
    tool.view.of_rule["guided"].pixel_clicked.emit(image.shape[0] // 2, image.shape[1] // 4)
    desk.wait(lambda: tool.shown_gate is not None)
    assert units(desk)[-1] == Unit("block1", 2, 1)
    assert "50 % open on the way up" in tool.gate.words.text()
    assert tool.gate.table.rowCount() == 3
    assert cell(tool, 1, 5) == "✗ −2"
    assert len(tool.view.of_rule["guided"].content.rings) == 1
    click(tool.layers.forward)
    desk.wait(lambda: units(desk)[-1] == Unit("block0", 4, 2))
    click(tool.layers.forward)
    desk.wait(lambda: "no ReLU lies behind it" in tool.gate.words.text())


def test_that_the_quiz_hides_what_becomes_of_the_derivative_and_keeps_the_score(desk: ToolDesk) -> None:
    tool = opened(desk)
    tool.view.pixel_clicked.emit(60, 40)
    desk.wait(lambda: tool.shown_gate is not None)
    tool.gate.quiz.setChecked(True)
    assert [cell(tool, row, 2) for row in range(3)] == ["?", "?", "?"]
    assert "Channel 7" in tool.gate.question.text()
    click(tool.gate.passes)
    assert [cell(tool, row, 2) for row in range(3)] == ["open", "?", "?"]
    assert tool.gate.verdict.text().startswith("Right: the gate was open on the way up (0.5) and 2 is above 0")
    click(tool.gate.passes)
    assert tool.gate.verdict.text().startswith("No: the gate was open on the way up (0.5) but −2 is below 0")
    click(tool.gate.blocked)
    assert "2 of 3 right" in tool.gate.verdict.text()
    assert "click another unit" in tool.gate.question.text()
    assert not tool.gate.passes.isEnabled()
    tool.gate.quiz.setChecked(False)
    assert cell(tool, 2, 2) == "closed"


def gate() -> Gate:
    return Gate(Unit("block1", 1, 2), "ReLU of somewhere", 3, channels(), 2 / 3, dict.fromkeys(MODES, 0.5))


def test_that_a_prediction_counts_once_and_another_gate_starts_anew() -> None:
    first = Quiz().predict(gate(), passes=True)
    assert (first.right, first.answered) == (1, 1)
    other = Gate(Unit("block0", 0, 0), "", 3, channels(), 0.5, {})
    second = first.predict(other, passes=False)
    assert (second.right, second.answered, second.revealed) == (1, 2, 1)
    done = second.predict(other, passes=False).predict(other, passes=False)
    assert done.predict(other, passes=True) == done
    assert done.score == "3 of 4 right"


def test_that_a_row_says_in_words_what_its_signs_say() -> None:
    row = row_of(channels()[2], is_hidden=False)
    assert row.cells == ("9", "−0.5", "closed", "✗ 1", "✓ 20", "✗ 2")
    assert "deconvnet: 20 arrives, passes" in row.words
    assert "guided: 2 arrives, blocked" in row.words
    assert "ReLU of somewhere: 3 channels" in gate_sentence(gate())
