"""The pixel ledger in the window: what it asks, what it shows, what it says of the numbers on show, and its CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.gui.tools.pixel.pixel_csv import csv_of
from dcsm_viewer.gui.tools.pixel.pixel_rows import AGREES, check_of, lines_of
from dcsm_viewer.gui.tools.pixel.pixel_tool import INVITATION, PixelTool
from dcsm_viewer.gui.tools.pixel.pixel_waterfall import bars_of
from dcsm_viewer.queries.pixel_query import (
    ClassEntry,
    CrfEntry,
    KernelEntry,
    LayerEntry,
    PixelContributions,
    PixelQuestion,
    RivalEntry,
    SamplePosition,
    ScaleEntry,
)
from dcsm_viewer.queries.query import Query
from tests.e2e.conftest import Desk
from tests.gui.engines import answer
from tests.gui.hands import the
from tests.results import make_result

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def ledger_for(result: Result, question: PixelQuestion, *, error: float = 0.0) -> PixelContributions:
    """An account of made-up parts that ends at the class maps of the result, or `error` beside them."""
    at = (question.row, question.col)
    entries = []
    for index, class_id in enumerate(result.candidate_ids):
        detected = class_id in result.detected_ids
        value = float(result.class_maps[(index, *at)]) + error if detected else 0.25
        rivals = tuple(
            RivalEntry(other, 0.1, 0.2, 0.4, 1.5, 0.905) for other in result.candidate_ids if other != class_id
        )
        layers = tuple(LayerEntry(name, 0.3, rivals, 2.715, None, 2.715) for name in ("early", "late"))
        scales = (ScaleEntry(400, True, layers, 5.43), ScaleEntry(500, False, layers, 0.0))
        entries.append(ClassEntry(class_id, detected, scales, 5.43, 10.86, 0.5, value))
    labels = (0, *(class_id + 1 for class_id in result.detected_ids))
    assert result.segmentation is not None
    assert result.segmentation.q is not None
    q = tuple(float(each) for each in result.segmentation.q[:, at[0], at[1]])
    kernels = tuple(KernelEntry(name, 3.0, (0.5,) * len(labels)) for name in ("smoothness", "appearance"))
    crf = CrfEntry(labels, 5, (1.0,) * len(labels), kernels, q, q)
    return PixelContributions(question, (SamplePosition(3, 4, 1.0),), tuple(entries), crf)


def answered(query: Query) -> PixelContributions:
    question = query.question
    assert isinstance(question, PixelQuestion)
    return ledger_for(answer(query.request), question)


@pytest.fixture
def tool(desk: Desk, photos: Path) -> PixelTool:
    """The open ledger over a.png; the engine knows an account of every pixel."""
    desk.engine.known[PixelQuestion] = answered
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("tools.ledger")
    return the(desk.window, PixelTool)


def test_that_it_invites_to_click_until_a_pixel_is_chosen(desk: Desk, tool: PixelTool) -> None:
    assert tool.words.text() == INVITATION
    assert desk.engine.queries == []


def test_that_a_pixel_clicked_in_a_pane_is_accounted_for(desk: Desk, tool: PixelTool) -> None:
    desk.window.stack.views["compare"].panes()[1].pixel_clicked.emit(12, 34)
    desk.wait(lambda: tool.shown is not None)
    assert tool.shown is not None
    assert tool.shown.question == PixelQuestion(12, 34)
    assert (tool.row.value(), tool.col.value()) == (12, 34)
    assert tool.words.text().startswith("✓ 2 of 2 values match the displayed maps")
    assert tool.model.rowCount() == 4
    assert tool.labels.table.rowCount() == 3
    assert "✓ matches" in tool.labels.words.text()


def test_that_a_pixel_typed_into_the_boxes_is_accounted_for_and_marked_in_the_panes(
    desk: Desk, tool: PixelTool
) -> None:
    tool.row.setValue(7)
    tool.col.setValue(9)
    desk.wait(lambda: tool.shown is not None and tool.shown.question == PixelQuestion(7, 9))
    assert tool.context.viewport.cursor == (7.5, 9.5)


def test_that_an_account_that_disagrees_with_the_maps_says_so(desk: Desk, tool: PixelTool) -> None:
    def wrong(query: Query) -> PixelContributions:
        question = query.question
        assert isinstance(question, PixelQuestion)
        return ledger_for(answer(query.request), question, error=2 * AGREES)

    desk.engine.known[PixelQuestion] = wrong
    tool.choose_pixel(1, 1)
    desk.wait(lambda: tool.shown is not None)
    assert tool.words.text().startswith("✗ 2 of 2 values differ from the displayed maps")
    assert "✗" in tool.sentence.text()


def test_that_the_same_pixel_is_asked_about_once_whatever_class_is_on_show(desk: Desk, tool: PixelTool) -> None:
    tool.choose_pixel(5, 6)
    desk.wait(lambda: tool.shown is not None)
    desk.parts.store.change(focus=desk.parts.store.state.result.candidate_ids[1])  # type: ignore[union-attr]  # settled
    desk.settle()
    tool.choose_pixel(5, 6)
    assert len(desk.engine.queries) == 1


def test_that_folds_stay_when_another_pixel_of_the_same_classes_is_chosen(desk: Desk, tool: PixelTool) -> None:
    tool.choose_pixel(5, 6)
    desk.wait(lambda: tool.shown is not None)
    last = tool.model.index(3, 0)
    tool.tree.expand(last)
    tool.choose_pixel(8, 6)
    desk.wait(lambda: tool.shown is not None and tool.shown.question.row == 8)
    assert tool.tree.isExpanded(tool.model.index(3, 0))


def test_that_what_the_engine_cannot_say_is_said_in_its_sentence(desk: Desk, tool: PixelTool) -> None:
    def fails(_: Query) -> PixelContributions:
        raise UserError("The network was taken away; open it again.")

    desk.engine.known[PixelQuestion] = fails
    tool.choose_pixel(5, 6)
    desk.wait(lambda: tool.words.text() == "The network was taken away; open it again.")


def test_that_a_pixel_clicked_while_the_ledger_is_closed_is_there_when_it_is_opened(
    desk: Desk, tool: PixelTool
) -> None:
    desk.do("tools.ledger")
    assert not tool.isVisible()
    desk.window.stack.pixel_clicked.emit(2, 3)
    assert desk.engine.queries == []
    desk.do("tools.ledger")
    desk.wait(lambda: tool.shown is not None)
    assert [query.question for query in desk.engine.queries] == [PixelQuestion(2, 3)]


def test_that_without_an_image_it_says_what_to_do_first(desk: Desk) -> None:
    desk.do("tools.ledger")
    assert the(desk.window, PixelTool).words.text() == "Open an image, then click a pixel to see its values."


def test_that_the_copied_csv_holds_every_number_and_its_sums_add_up(desk: Desk, tool: PixelTool) -> None:
    tool.choose_pixel(5, 6)
    desk.wait(lambda: tool.shown is not None)
    tool.copy.click()
    text = QGuiApplication.clipboard().text()
    comment, *table = text.splitlines()
    assert comment.startswith("# a.png pixel (5 6)")
    rows = list(csv.DictReader(table))
    assert tool.shown is not None
    for entry in tool.shown.classes:
        name = desk.parts.store.state.result.model.class_names[entry.class_id]  # type: ignore[union-attr]  # settled
        of_class = [row for row in rows if row["class"] == name]
        layers = [float(row["added"]) for row in of_class if row["entry"] == "layer" and row["scale_px"] == "400"]
        total = next(float(row["added"]) for row in of_class if row["entry"].startswith("class"))
        np.testing.assert_allclose(sum(layers), total, rtol=0, atol=1e-8)
        assert len([row for row in of_class if row["entry"] == "comparison"]) == 2 * 2 * 3
    assert len([row for row in rows if row["entry"] == "label"]) == 3


def test_that_the_csv_is_written_to_a_file_whole(desk: Desk, tool: PixelTool, tmp_path: Path) -> None:
    tool.choose_pixel(5, 6)
    desk.wait(lambda: tool.shown is not None)
    tool.save_to(tmp_path / "account.csv")
    desk.wait(lambda: "account.csv" in str(desk.state.message))
    assert (tmp_path / "account.csv").read_text(encoding="utf-8").count("\n") > 20
    tool.save_to(tmp_path / "nowhere" / "account.csv")
    desk.wait(lambda: "nowhere" in str(desk.state.failure))


def test_that_the_numbers_of_the_csv_survive_to_the_last_digit_of_float32() -> None:
    result = make_result()
    contributions = ledger_for(result, PixelQuestion(40, 50))
    rows = list(csv.DictReader(csv_of(result, contributions).splitlines()[1:]))
    for entry in contributions.classes:
        if entry.detected:
            name = result.model.class_names[entry.class_id]
            row = next(row for row in rows if row["entry"] == "class" and row["class"] == name)
            assert np.float32(row["value"]) == np.float32(entry.value) == np.float32(row["on_show"])


def test_that_only_maps_on_show_are_compared() -> None:
    result = make_result(detected=2, candidates=4)
    contributions = ledger_for(result, PixelQuestion(40, 50))
    compared = [check_of(result, contributions, entry).residual is not None for entry in contributions.classes]
    assert compared == [True, True, False, False]
    assert "as if detected" in lines_of(result, contributions)[3].cells[0]


def test_that_the_bars_start_where_the_last_ended_and_end_at_the_share() -> None:
    layers = tuple(LayerEntry(name, 0.1, (), added, None, added) for name, added in (("a", 4.0), ("b", -1.0)))
    scales = (ScaleEntry(400, True, layers, 3.0), ScaleEntry(500, False, layers, 0.0))
    bars = bars_of(ClassEntry(3, True, scales, 3.0, 10.0, 0.3, 0.7), final_tanh=True)
    assert [(bar.name, bar.group, bar.start, round(bar.end, 9)) for bar in bars] == [
        ("a", "400 px", 0.0, 0.4),
        ("b", "400 px", 0.4, 0.3),
        ("sum", "", 0.0, 0.3),
        ("after tanh", "", 0.0, 0.7),
    ]
