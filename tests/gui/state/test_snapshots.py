"""Kept results: their names and bounds, what two of them say of each other, and the page that shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.settings import CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.state import snapshots as module
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.state.snapshots import LIVE, Comparison, named, renamed, result_bytes, with_snapshot, without
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.compare_ab.compare_ab_contents import label_difference, map_difference, sides
from dcsm_viewer.gui.tools.compare_ab.compare_ab_tool import FASTEST_HZ, CompareABTool
from dcsm_viewer.gui.tools.history.history_text import words_of_change
from dcsm_viewer.gui.tools.history.history_tool import HistoryTool
from tests.e2e.conftest import Desk
from tests.gui.hands import click, press, the
from tests.gui.views.states import settled
from tests.results import VOC_NAMES, make_image, make_result

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def two(subject: str = "labels") -> ViewState:
    """A state that compares A, kept with another CRF, with what is on show."""
    image = make_image()
    old = make_result(image, crf=False, serial=1)
    new = make_result(image, serial=2)
    state = replace(settled(new), snapshots=with_snapshot((), old))
    return replace(state, comparison=Comparison(a="A", b=LIVE, subject=subject))  # type: ignore[arg-type]  # a test's own word


def test_that_kept_results_are_called_by_the_first_free_letter() -> None:
    result = make_result()
    kept = with_snapshot(with_snapshot(with_snapshot((), result), result), result)
    assert [snapshot.name for snapshot in kept] == ["A", "B", "C"]
    assert [snapshot.name for snapshot in with_snapshot(without(kept, "B"), result)] == ["A", "C", "B"]


def test_that_only_a_settled_result_can_be_kept() -> None:
    with pytest.raises(UserError, match="settled"):
        with_snapshot((), make_result(completeness="preview"))
    with pytest.raises(UserError, match="settled"):
        with_snapshot((), None)


def test_that_the_thirteenth_result_takes_the_place_of_the_first_whose_settings_stay() -> None:
    kept: tuple[module.Snapshot, ...] = ()
    result = make_result()
    for _ in range(module.MAX_WITH_MAPS + 1):
        kept = with_snapshot(kept, result)
    assert [snapshot.result is None for snapshot in kept] == [True] + [False] * module.MAX_WITH_MAPS
    assert kept[0].settings == result.request.settings


def test_that_results_beyond_the_room_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_result(seed=1), make_result(seed=2)
    monkeypatch.setattr(module, "MAX_RESULT_BYTES", result_bytes([first]) + result_bytes([second]) // 2)
    kept = with_snapshot(with_snapshot((), first), second)
    assert [snapshot.result is None for snapshot in kept] == [True, False]


def test_that_an_array_two_results_share_is_counted_once() -> None:
    result = make_result()
    assert result_bytes([result, replace(result, device="other")]) == result_bytes([result])
    assert result_bytes([result]) >= result.class_maps.nbytes + result.raw_class_maps.nbytes


def test_that_a_name_can_be_changed_but_not_to_another_s() -> None:
    kept = with_snapshot(with_snapshot((), make_result()), make_result())
    assert named(renamed(kept, "A", " no CRF "), "no CRF") is not None
    with pytest.raises(UserError, match="already"):
        renamed(kept, "A", "B")
    with pytest.raises(UserError, match="name"):
        renamed(kept, "A", "  ")


def test_that_the_difference_of_labels_names_every_changed_pixel_and_no_other() -> None:
    random = np.random.default_rng(3)
    a, b = random.integers(0, 4, (2, 9, 7)).astype(np.uint16)
    changed, number = label_difference(a, b)
    for row in range(9):
        for col in range(7):
            wanted = 0 if a[row, col] == b[row, col] else number if b[row, col] == 0 else b[row, col]
            assert changed[row, col] == wanted


def test_that_the_difference_of_maps_is_b_minus_a_on_a_range_centred_at_zero() -> None:
    a, b = np.random.default_rng(4).random((2, 5, 6)).astype(np.float32)
    difference, colours = map_difference(a, b)
    np.testing.assert_array_equal(difference, b - a)
    assert colours.low == -colours.high
    assert colours.high == np.abs(b - a).max()
    assert colours.ticks(5)[2] == 0


def test_that_two_equal_maps_lie_in_the_middle_of_the_bar() -> None:
    a = np.ones((3, 3), np.float32)
    _, colours = map_difference(a, a)
    assert colours.low < 0 < colours.high


def test_that_the_numbers_of_two_label_images_add_up() -> None:
    state = two()
    found = sides(state)
    a, b = (side.layer for side in (found.a, found.b))
    assert isinstance(a, LabelLayer)
    assert isinstance(b, LabelLayer)
    share = 100 * float(np.mean(a.labels != b.labels))
    assert found.numbers.startswith(f"{share:.2f} % of pixels differ")
    assert share > 0
    assert found.settings == "CRF on"


def test_that_both_maps_share_one_range_whatever_the_panes_do() -> None:
    found = sides(two("distinct"))
    assert isinstance(found.a.layer, MapLayer)
    assert isinstance(found.b.layer, MapLayer)
    assert found.a.layer.colours.high == found.b.layer.colours.high


def test_that_results_of_two_images_are_not_compared() -> None:
    state = two()
    other = make_result(make_image(seed=9))
    state = replace(state, snapshots=with_snapshot((), other))
    assert "different images" in sides(state).a.waiting


def test_that_a_snapshot_without_its_result_says_how_to_get_it_back() -> None:
    state = two()
    state = replace(state, snapshots=(replace(state.snapshots[0], result=None),))
    assert "only the settings" in sides(state).a.waiting


def test_that_changes_of_settings_are_told_in_the_words_of_the_panels() -> None:
    before = Settings()
    after = replace(
        before,
        method=MethodSettings(min_candidates=5, final_tanh=True),
        crf=CrfSettings(iterations=3),
        choice=replace(before.choice, excluded=(VOC_NAMES.index("dog"),)),
    )
    assert words_of_change(before, after, VOC_NAMES) == "N 4 to 5, last tanh on, Iterations 10 to 3, dog excluded"
    assert words_of_change(before, before) == ""


def open_comparison(desk: Desk, photos: Path) -> CompareABTool:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("edit.keep")
    desk.do("n.down")
    desk.settle()
    desk.do("tools.compare_ab")
    return the(desk.window, CompareABTool)


def test_that_keeping_and_comparing_asks_the_engine_for_nothing(desk: Desk, photos: Path) -> None:
    tool = open_comparison(desk, photos)
    asked = len(desk.engine.ran)
    for mode in ("side", "blink", "difference", "swipe"):
        tool.mode.setCurrentIndex(tool.mode.findData(mode))
        tool.mode.activated.emit(tool.mode.currentIndex())
    assert len(desk.engine.ran) == asked
    assert "N 4 to 3" in tool.settings.text()
    assert desk.state.snapshots[0].result is not desk.state.result


def test_that_the_divider_follows_the_arrows_the_mouse_and_the_box(desk: Desk, photos: Path) -> None:
    tool = open_comparison(desk, photos)
    pane = tool.view.first
    press(pane, Qt.Key.Key_Right)
    assert desk.state.comparison.divider == pytest.approx(0.51)
    press(pane, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert desk.state.comparison.divider == pytest.approx(0.41)
    tool.divider_box.setValue(70)
    assert desk.state.comparison.divider == pytest.approx(0.7)
    x, y = pane.divider_x(), pane.height() // 2
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    QTest.mouseMove(pane, QPoint(x - 60, y))
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(x - 60, y))
    assert desk.state.comparison.divider < 0.7
    assert tool.divider_box.value() == round(100 * desk.state.comparison.divider)


def test_that_left_of_the_divider_lies_a_and_right_of_it_b(desk: Desk, photos: Path) -> None:
    tool = open_comparison(desk, photos)
    pane = tool.view.first
    shots = {}
    for divider in (0.0, 0.5, 1.0):
        desk.parts.store.change(comparison=replace(desk.state.comparison, subject="raw", divider=divider))
        shots[divider] = pane.grab().toImage()
    seen = pane._seen()
    for share, whole in ((0.25, 1.0), (0.75, 0.0)):
        for row in (0.2, 0.5):
            at = QPoint(seen.left() + round(share * seen.width()), seen.top() + round(row * seen.height()))
            assert shots[0.5].pixel(at) == shots[whole].pixel(at)


def test_that_b_blinks_by_hand_and_no_timer_runs_unless_asked(desk: Desk, photos: Path) -> None:
    tool = open_comparison(desk, photos)
    assert desk.state.comparison.hz == 0
    titles = []
    for _ in range(3):
        desk.do("view.blink")
        titles.append(tool.view.first.content.title.split(" · ")[0])
    assert titles == ["A", "on show", "A"]
    assert not tool._timer.isActive()


def test_that_blinking_never_goes_beyond_three_times_a_second(desk: Desk, photos: Path, qtbot: QtBot) -> None:
    tool = open_comparison(desk, photos)
    desk.do("view.blink")
    tool.speed_box.setValue(50)
    assert desk.state.comparison.hz == FASTEST_HZ == 3
    assert tool._timer.interval() >= 333
    side = desk.state.comparison.side
    qtbot.waitUntil(lambda: desk.state.comparison.side != side)
    desk.do("view.compare")
    assert not tool._timer.isActive()


def test_that_the_labels_view_offers_every_kept_result_to_compare_with(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("view.labels")
    button = next(
        box for box in desk.window.view_bar.findChildren(QToolButton) if box.text().startswith("Compare with")
    )
    menu = button.menu()
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    menu.aboutToShow.emit()
    menu.actions()[1].trigger()
    assert button.isHidden()
    assert desk.state.view == "compare_ab"
    assert (desk.state.comparison.a, desk.state.comparison.b) == ("A", LIVE)


def test_that_the_history_names_every_step_and_a_click_goes_there(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("tools.history")
    tool = the(desk.window, HistoryTool)
    store = desk.parts.store
    for alpha in (4.0, 5.0, 6.0):
        store.edit(with_field(store.state.settings, "method.alpha", alpha))
    lines = [tool.steps.item(row).text() for row in range(tool.steps.count())]
    assert lines == ["3  Alpha 5 to 6", "2  Alpha 4 to 5", "1  Alpha 3 to 4", "0  as it began"]
    tool.steps.itemClicked.emit(tool.steps.item(2))
    assert store.state.settings.method.alpha == 4.0
    assert tool.steps.count() == 4
    assert tool.steps.currentRow() == 2
    assert (store.can_undo, store.can_redo) == (True, True)
    store.redo()
    assert store.state.settings.method.alpha == 5.0


def test_that_a_kept_result_is_used_again_without_computing(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("edit.keep")
    kept = desk.state.result
    desk.do("n.down")
    desk.settle()
    desk.do("tools.history")
    tool = the(desk.window, HistoryTool)
    asked = len(desk.engine.ran)
    click(tool.use)
    assert desk.state.settings.method.min_candidates == 4
    assert desk.state.result is kept
    assert desk.state.pending_serial is None
    desk.do("edit.undo")
    desk.settle()
    assert desk.state.settings.method.min_candidates == 3
    assert len(desk.engine.ran) == asked + 1


def test_that_a_kept_result_is_renamed_in_its_list_and_never_to_another_s_name(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("edit.keep")
    desk.do("edit.keep")
    desk.do("tools.history")
    tool = the(desk.window, HistoryTool)
    tool.snapshot_list.item(0).setText("plain")
    assert [snapshot.name for snapshot in desk.state.snapshots] == ["plain", "B"]
    tool.snapshot_list.item(0).setText("B")
    assert tool.snapshot_list.item(0).text() == "plain"
    assert "already" in str(desk.state.message)
    click(tool.drop)
    assert [snapshot.name for snapshot in desk.state.snapshots] == ["plain"]
