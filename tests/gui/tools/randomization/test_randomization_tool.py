"""The sanity bench in the window: what it shows, when it asks, and what it says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Request, UserError
from dcsm_viewer.gui.canvas.sampling import MapLayer
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.tools.randomization.randomization_text import chart, rho_in_words, sentence
from dcsm_viewer.gui.tools.randomization.randomization_tool import RandomizationTool
from dcsm_viewer.queries.query import Query
from dcsm_viewer.queries.randomization_query import RandomizationQuestion, RandomizationSeries
from tests.gui.hands import click, click_at, press
from tests.gui.tools.answers import RHOS, first_steps, series
from tests.gui.tools.desk import ToolDesk, tool_desk
from tests.results import make_image

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[ToolDesk]:
    yield from tool_desk(qtbot)


def context(desk: ToolDesk) -> RandomizationTool:
    tool = desk.open_tool("sanity")
    assert isinstance(tool, RandomizationTool)
    return tool


def questions(desk: ToolDesk) -> list[RandomizationQuestion]:
    return [asked.question for asked in desk.engine.queries if isinstance(asked.question, RandomizationQuestion)]


def test_that_the_slider_shows_the_maps_and_numbers_of_its_rung(desk: ToolDesk) -> None:
    desk.show()
    tool = context(desk)
    desk.wait(lambda: tool.series is not None and tool.series.is_whole)
    click(tool.layers.forward)
    click(tool.layers.forward)
    assert tool.layers.box.value() == 2
    assert "2/4 random" in tool.view.random_raw.content.title
    assert tool.view.random_raw.content.mark == "ρ 0.70"
    assert tool.view.random_distinct.content.mark == "ρ −0.25"
    layer = tool.view.random_raw.content.layer
    assert isinstance(layer, MapLayer)
    assert tool.series is not None
    assert layer.values is tool.series.steps[2].raw
    assert "classifier, head" in tool.words.text()
    assert "0.90 to 0.50" in tool.words.text()
    assert len(questions(desk)) == 1, "a rung that is known is not asked for"


def test_that_the_trained_maps_are_those_of_the_result(desk: ToolDesk) -> None:
    desk.show()
    tool = context(desk)
    result = desk.state.result
    assert result is not None
    raw, distinct = tool.view.trained_raw.content.layer, tool.view.trained_distinct.content.layer
    assert isinstance(raw, MapLayer)
    assert isinstance(distinct, MapLayer)
    shown = desk.state.shown_class
    assert shown is not None
    assert (raw.values == result.raw_class_maps[result.candidate_ids.index(shown)]).all()
    assert (distinct.values == result.class_maps[result.detected_ids.index(shown)]).all()


def test_that_a_rung_that_is_not_there_is_asked_for_first(desk: ToolDesk) -> None:
    desk.engine.known[RandomizationQuestion] = first_steps
    desk.show()
    tool = context(desk)
    desk.wait(lambda: tool.series is not None)
    tool.layers.slider.setValue(3)
    assert tool.view.random_raw.content.waiting
    desk.wait(lambda: len(questions(desk)) == 2)
    assert questions(desk)[-1].first == 3


def test_that_another_seed_or_class_begins_anew(desk: ToolDesk) -> None:
    desk.show()
    tool = context(desk)
    desk.wait(lambda: tool.series is not None)
    tool.seed.setValue(7)
    assert tool.series is None
    desk.wait(lambda: tool.series is not None)
    assert questions(desk)[-1].seed == 7
    result = desk.state.result
    assert result is not None
    other = next(c for c in result.detected_ids if c != desk.state.shown_class)
    desk.parts.store.change(focus=other)
    desk.wait(lambda: questions(desk)[-1].class_id == other and tool.series is not None)


def test_that_new_settings_ask_again_and_a_hidden_bench_does_not(desk: ToolDesk) -> None:
    desk.show()
    tool = context(desk)
    desk.wait(lambda: tool.series is not None)
    desk.parts.store.edit(with_field(desk.state.settings, "method.alpha", 5.0))
    desk.settle()
    desk.wait(lambda: len(questions(desk)) == 2)
    desk.parts.store.change(view="compare")
    desk.parts.store.edit(with_field(desk.state.settings, "method.alpha", 6.0))
    desk.settle()
    assert len(questions(desk)) == 2
    desk.parts.store.change(view="sanity")
    desk.wait(lambda: len(questions(desk)) == 3 and tool.series is not None)


def test_that_a_failure_stands_where_the_maps_would_be(desk: ToolDesk) -> None:
    def fails(_query: Query) -> RandomizationSeries:
        raise UserError("The network cannot be randomised; choose another.")

    desk.engine.known[RandomizationQuestion] = fails
    desk.show()
    tool = context(desk)
    desk.wait(lambda: "cannot be randomised" in tool.words.text())
    assert "cannot be randomised" in tool.view.random_raw.content.waiting
    assert tool.view.trained_raw.content.layer is not None


def test_that_the_plot_chooses_a_rung_by_mouse_and_keys(desk: ToolDesk) -> None:
    desk.show()
    tool = context(desk)
    desk.wait(lambda: tool.series is not None)
    assert tool.plot.chart is not None
    assert [one.name for one in tool.plot.chart.series] == ["distinct", "raw"]
    click_at(tool.plot, 2.0)
    assert tool.layers.value == 2
    press(tool.plot, Qt.Key.Key_Right)
    assert tool.layers.value == 3
    assert "flat" in tool.view.random_raw.content.mark


def query() -> Query:
    return Query(1, Request(1, make_image(), Settings()), RandomizationQuestion(11))


def test_that_curves_break_where_a_rung_is_flat_or_unknown() -> None:
    known = series(query(), (0, 1, 3))
    distinct, raw = chart(known, 1).series
    assert raw.x == (0.0, 1.0, 2.0, 3.0, 4.0)
    assert raw.y[:2] == (1.0, 0.9)
    assert all(math.isnan(y) for y in raw.y[2:])
    assert distinct.y[1] == RHOS[1][1]


def test_that_the_sentence_tells_which_map_keeps_its_order() -> None:
    known = series(query())
    assert "raw map keeps most of its order, the distinct map does not" in sentence(known, known.steps[1])
    assert "Neither map keeps its order" in sentence(known, known.steps[4])
    alike = replace(known.steps[1], distinct_rho=0.8)
    assert "Both maps keep most of their order" in sentence(known, alike)
    assert "nothing to correlate" in sentence(known, known.steps[3])
    assert rho_in_words(None) == "flat: no rank correlation"
