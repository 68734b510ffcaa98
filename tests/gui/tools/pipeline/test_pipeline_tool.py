"""The pipeline strip: what each stage cost, when it is stale, and what it gave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import STAGES, Progress, StageTime
from dcsm_viewer.gui.state.settings_edits import always_compare, with_field, with_scales
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.pipeline.pipeline_tool import PipelineTool
from dcsm_viewer.gui.tools.pipeline.score_rows import score_rows
from dcsm_viewer.gui.tools.pipeline.stage_cards import size_words, stage_cards, stale_stages
from dcsm_viewer.queries.canvas_query import CanvasImage, CanvasQuestion
from tests.e2e.conftest import Desk
from tests.gui.hands import click, the
from tests.gui.views.states import settled
from tests.results import VOC_NAMES, make_image, make_result

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

# The table of docs/architecture.md, section 3: what is remade when the user moves something.
REMADE = {
    "crf.bilateral_compat": (9.0, {"segmentation"}),
    "method.alpha": (4.0, {"subtraction", "segmentation"}),
    "method.layers": (("blocks.3",), {"subtraction", "segmentation"}),
    "method.min_candidates": (6, {"candidates", "subtraction", "segmentation"}),
    "method.threshold": (0.3, {"candidates", "subtraction", "segmentation"}),
    "method.attribution": ("gradient", {"saliency", "subtraction", "segmentation"}),
    "method.scales": ((400,), set(STAGES) - {"preprocess"}),
    "method.canvas_px": (400, set(STAGES)),
    "method.fit": ("stretch", set(STAGES)),
}


def stale_after(settings: Settings) -> set[str]:
    return set(stale_stages(replace(settled(), settings=settings)))


@pytest.mark.parametrize("field", REMADE)
def test_that_exactly_the_stages_that_read_a_setting_become_stale(field: str) -> None:
    value, wanted = REMADE[field]
    assert stale_after(with_field(settled().settings, field, value)) == wanted


def test_that_nothing_is_stale_of_the_settings_on_show_and_all_is_of_another_image() -> None:
    assert stale_after(settled().settings) == set()
    assert set(stale_stages(replace(settled(), image=make_image(seed=8)))) == set(STAGES)
    assert stale_after(replace(settled().settings, model="vgg16")) == set(STAGES) - {"preprocess"}
    assert stale_after(always_compare(settled().settings, 3, on=True)) == {"candidates", "subtraction", "segmentation"}


def test_that_a_chip_says_what_was_made_kept_and_how_much_room_it_takes() -> None:
    times = (StageTime("classify", 210.4, 3, 0, 5 << 20), StageTime("saliency", 0.2, 0, 12, 2048))
    state = settled(replace(make_result(), times=times))
    classify, saliency = (
        next(card for card in stage_cards(state) if card.stage == name) for name in ("classify", "saliency")
    )
    assert (classify.pace, classify.pieces) == ("210 ms, 5.0 MB", "3 made")
    assert (saliency.pace, saliency.pieces) == ("kept, 2 kB", "12 kept")
    assert size_words(7) == "7 B"
    state = settled(
        replace(make_result(), times=(StageTime("preprocess", 0.0, 0, 0), StageTime("candidates", 0.0, 0, 0)))
    )
    assert [card.pace for card in stage_cards(state)][:3] == ["not needed", "not yet", "0 ms"]


def test_that_the_stage_under_way_is_marked() -> None:
    state = replace(settled(), pending_serial=2, progress=Progress(2, "saliency", 1, 8, "saliency 500 px"))
    assert [card.mark for card in stage_cards(state)] == ["", "", "", "running", "", ""]


def test_that_scores_are_listed_best_first_with_what_each_class_is() -> None:
    rows = score_rows(make_result(), only_compared=False)
    best = [row.score for row in rows]
    assert best == sorted(best, reverse=True)
    assert [(row.name, row.role) for row in rows[:4]] == [
        ("dog", "detected"), ("bicycle", "detected"), ("person", "rival"), ("car", "rival"),
    ]  # fmt: skip
    assert [row.name for row in score_rows(make_result(), only_compared=True)] == ["bicycle", "dog", "person", "car"]


def open_strip(desk: Desk, photos: Path) -> PipelineTool:
    rgb = np.zeros((50, 50, 3), np.uint8)
    desk.engine.known[CanvasQuestion] = lambda query: CanvasImage(rgb, 5, 0, 40, 50)
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("tools.pipeline")
    return the(desk.window, PipelineTool)


def test_that_a_click_on_a_stage_shows_what_it_gave(desk: Desk, photos: Path) -> None:
    tool = open_strip(desk, photos)
    asked = len(desk.engine.ran)
    click(tool.buttons["preprocess"])
    desk.wait(lambda: "50 x 40 px from row 5" in tool.hint.text())
    assert not tool.picture.pixmap().isNull()
    click(tool.buttons["classify"])
    assert tool.table.rowCount() == len(VOC_NAMES)
    click(tool.buttons["candidates"])
    assert tool.table.rowCount() == 4
    for stage, view in (("saliency", "grid"), ("segmentation", "labels")):
        click(tool.buttons[stage])  # type: ignore[index]  # a stage's name
        assert desk.state.view == view
    click(tool.buttons["subtraction"])
    assert desk.state.view in {"matrix", "compare"}
    assert len(desk.engine.ran) == asked


def test_that_the_canvas_is_asked_for_once_a_result_and_not_before_it_is_wanted(desk: Desk, photos: Path) -> None:
    tool = open_strip(desk, photos)
    assert desk.engine.queries == []
    click(tool.buttons["preprocess"])
    desk.wait(lambda: len(desk.engine.queries) == 1)
    click(tool.buttons["classify"])
    click(tool.buttons["preprocess"])
    desk.parts.store.change(view="grid")
    assert len(desk.engine.queries) == 1


def test_that_a_moved_slider_lights_its_stages_until_the_maps_are_new(slow_desk: Desk, photos: Path) -> None:
    slow_desk.open(photos / "a.png")
    slow_desk.engine.permits.release()  # type: ignore[attr-defined]  # a GatedEngine
    slow_desk.settle()
    slow_desk.do("tools.pipeline")
    tool = the(slow_desk.window, PipelineTool)
    slow_desk.parts.store.edit(with_scales(slow_desk.state.settings, (400,)))
    assert [stage for stage, button in tool.buttons.items() if button.card.is_stale] == [*STAGES[1:]]
    slow_desk.engine.permits.release()  # type: ignore[attr-defined]  # a GatedEngine
    slow_desk.wait(lambda: slow_desk.state.pending_serial is None)
    assert not any(button.card.is_stale for button in tool.buttons.values())


def test_that_without_an_image_the_strip_says_what_to_do(desk: Desk) -> None:
    desk.do("tools.pipeline")
    tool = the(desk.window, PipelineTool)
    assert tool.hint.text() == "Open an image to see its stages."
    assert all(card.pace == "not yet" for card in stage_cards(ViewState()))


@pytest.mark.parametrize("name", ["pipeline", "history"])
def test_that_the_tool_below_fits_a_small_window(desk: Desk, photos: Path, name: str) -> None:
    desk.window.resize(1024, 700)
    desk.window.reset_layout()
    desk.open(photos / "a.png")
    desk.settle()
    desk.do(f"tools.{name}")
    desk.wait(desk.window.tools.docks[name].isVisible)
    assert (desk.window.width(), desk.window.height()) == (1024, 700)
