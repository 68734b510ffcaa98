"""Several open images: what each keeps, what is let go, and that coming back computes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.state import tabs_state as module
from dcsm_viewer.gui.state.tabs_state import closed, duplicated, folder_position, index_of, moved, shown, with_new_tab
from dcsm_viewer.gui.state.view_state import Tab, ViewState
from tests.e2e.conftest import Desk, photograph
from tests.gui.hands import press
from tests.gui.views.states import settled
from tests.results import make_image, make_result

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def opened(count: int) -> ViewState:
    """A state with so many tabs, each with a settled result; the last one is on show."""
    state = ViewState()
    for seed in range(count):
        result = make_result(make_image(30, 40, seed=seed), serial=seed + 1)
        path = f"/photos/{seed}.png"
        request = replace(result.request, image=replace(result.request.image, path=path))
        if state.image is not None:
            state = replace(state, **with_new_tab(state, folder_position(state)))
        fresh = settled(replace(result, request=request))
        state = replace(state, image=fresh.image, settings=fresh.settings, result=fresh.result, focus=None)
    return state


def name(state: ViewState) -> str:
    return "" if state.image is None else state.image.name


def test_that_a_tab_comes_back_with_its_image_maps_and_choice() -> None:
    state = opened(2)
    last = state.result
    state = replace(state, focus=3)
    state = replace(state, **shown(state, 0))
    assert (name(state), state.focus, state.tab) == ("made-0.png", None, 0)
    state = replace(state, **shown(state, 1))
    assert (name(state), state.focus, state.tab) == ("made-1.png", 3, 1)
    assert state.result is last


def test_that_constants_are_shared_and_choices_of_classes_are_not() -> None:
    state = opened(2)
    choice = replace(state.settings.choice, always_compared=(4,))
    method = replace(state.settings.method, alpha=5.0)
    state = replace(state, settings=replace(state.settings, choice=choice, method=method))
    state = replace(state, **shown(state, 0))
    assert state.settings.choice.always_compared == ()
    assert state.settings.method.alpha == 5.0
    state = replace(state, **shown(state, 1))
    assert state.settings.choice.always_compared == (4,)


def test_that_a_tab_of_another_network_comes_back_without_its_classes_and_maps() -> None:
    state = opened(2)
    state = replace(state, focus=3)
    state = replace(state, **shown(state, 0))
    state = replace(state, settings=replace(state.settings, vocabulary="imagenet"))
    state = replace(state, **shown(state, 1))
    assert state.focus is None
    assert state.result is None


def test_that_closing_shows_the_neighbour_and_closing_the_last_shows_nothing() -> None:
    state = opened(3)
    state = replace(state, **shown(state, 1))
    state = replace(state, **closed(state, 1))
    assert (name(state), state.tab, len(state.tabs)) == ("made-2.png", 1, 2)
    state = replace(state, **closed(state, 0))
    assert (name(state), state.tab, len(state.tabs)) == ("made-2.png", 0, 1)
    state = replace(state, **closed(state, 0))
    assert (state.image, state.result, state.tabs) == (None, None, ())


def test_that_a_moved_tab_leaves_the_one_on_show_on_show() -> None:
    state = opened(3)
    state = replace(state, **moved(state, 2, 0))
    assert (state.tab, name(state)) == (0, "made-2.png")
    state = replace(state, **moved(state, 1, 2))
    assert state.tab == 0
    assert [module.title_of(state, index) for index in range(3)] == ["made-2.png", "made-1.png", "made-0.png"]


def test_that_the_longest_unvisited_tabs_let_go_of_pixels_and_maps() -> None:
    state = opened(module.MAX_WITH_MAPS + 2)
    first = make_image(30, 40, seed=0)
    state = replace(state, **shown(state, 0, first))
    assert state.image is first
    assert [index for index, tab in enumerate(state.tabs) if tab.image is None and index != state.tab] == [1, 2]
    assert state.tabs[1].path == "/photos/1.png"


def test_that_maps_beyond_the_room_are_let_go_and_the_pixels_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    state = opened(3)
    monkeypatch.setattr(module, "MAX_RESULT_BYTES", 1)
    state = replace(state, **duplicated(state))
    assert [tab.result is None for tab in state.tabs] == [True, True, False, True]
    assert all(tab.image is not None for tab in state.tabs[:3])


def test_that_an_image_is_found_in_the_tab_that_holds_it_even_without_its_pixels() -> None:
    state = opened(2)
    assert state.image is not None
    assert index_of(state, state.image) == 1
    first = state.tabs[0].image
    assert first is not None
    assert index_of(state, first) == 0
    bare = replace(state, tabs=(replace(state.tabs[0], image=None), state.tabs[1]))
    assert index_of(bare, first) == 0
    other = SourceImage.of(np.zeros((3, 3, 3), np.uint8), name="other.png", path="/photos/other.png")
    assert index_of(state, other) is None


def test_that_an_empty_tab_of_the_table_has_no_maps() -> None:
    assert Tab(0).result is None


def three(desk: Desk, photos: Path) -> None:
    for letter in "abc":
        desk.open(photos / f"{letter}.png")
        desk.wait(lambda letter=letter: name(desk.state) == f"{letter}.png")  # type: ignore[misc]  # bound at once
        desk.settle()


def test_that_each_opened_image_has_a_tab_and_coming_back_computes_nothing(desk: Desk, photos: Path) -> None:
    three(desk, photos)
    bar = desk.window.tabs_bar
    assert [bar.tabText(index) for index in range(bar.count())] == ["a.png", "b.png", "c.png"]
    asked = len(desk.engine.ran)
    result = desk.state.result
    bar.setCurrentIndex(0)
    assert (name(desk.state), desk.state.pending_serial) == ("a.png", None)
    assert desk.state.result is not None
    assert desk.state.result.request.image.name == "a.png"
    press(desk.window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert name(desk.state) == "c.png"
    assert desk.state.result is result
    assert len(desk.engine.ran) == asked


def test_that_leafing_changes_the_image_of_the_tab_and_opens_none(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("file.next")
    desk.wait(lambda: name(desk.state) == "b.png")
    assert desk.state.tabs == ()
    assert not desk.window.tabs_bar.isVisible()
    desk.do("tab.double")
    desk.do("file.next")
    desk.wait(lambda: name(desk.state) == "c.png")
    desk.settle()
    assert len(desk.state.tabs) == 2
    desk.do("tab.previous")
    assert (name(desk.state), desk.state.folder_index) == ("b.png", 1)


def test_that_opening_what_is_open_already_goes_to_its_tab(desk: Desk, photos: Path) -> None:
    three(desk, photos)
    desk.open(photos / "a.png")
    desk.wait(lambda: name(desk.state) == "a.png")
    assert len(desk.state.tabs) == 3
    assert desk.state.folder_index == 0


def test_that_each_tab_leafs_through_its_own_folder(desk: Desk, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    far = photograph(tmp_path / "other" / "far.png", 9)
    desk.open(photos / "b.png")
    desk.settle()
    desk.open(far)
    desk.wait(lambda: name(desk.state) == "far.png")
    assert desk.state.folder == (str(far),)
    desk.do("tab.previous")
    assert [Path(path).name for path in desk.state.folder] == ["a.png", "b.png", "c.png"]
    assert desk.state.folder_index == 1


def test_that_the_middle_button_and_ctrl_w_close_and_the_last_leaves_the_invitation(desk: Desk, photos: Path) -> None:
    three(desk, photos)
    bar = desk.window.tabs_bar
    QTest.mouseClick(bar, Qt.MouseButton.MiddleButton, pos=bar.tabRect(0).center())
    assert [bar.tabText(index) for index in range(bar.count())] == ["b.png", "c.png"]
    press(desk.window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert name(desk.state) == "b.png"
    desk.do("tab.close")
    assert desk.state.image is None
    assert desk.window.stack.currentWidget() is desk.window.stack.empty
    asked = len(desk.engine.ran)
    desk.open(photos / "b.png")
    desk.settle()
    assert len(desk.engine.ran) == asked + 1


def test_that_a_tab_whose_pixels_were_let_go_reads_its_file_again(desk: Desk, photos: Path) -> None:
    three(desk, photos)
    tabs = (replace(desk.state.tabs[0], image=None, result=None), *desk.state.tabs[1:])
    desk.parts.store.change(tabs=tabs)
    desk.window.tabs_bar.setCurrentIndex(0)
    desk.wait(lambda: name(desk.state) == "a.png")
    desk.settle()
    assert desk.state.reading is None


def test_that_a_tab_whose_file_is_gone_says_so_and_leaves_the_one_on_show(desk: Desk, photos: Path) -> None:
    three(desk, photos)
    (photos / "a.png").unlink()
    desk.parts.store.change(tabs=(replace(desk.state.tabs[0], image=None, result=None), *desk.state.tabs[1:]))
    desk.window.tabs_bar.setCurrentIndex(0)
    desk.wait(lambda: desk.state.failure is not None)
    assert "a.png" in str(desk.state.failure)
    assert name(desk.state) == "c.png"
    assert desk.window.tabs_bar.currentIndex() == 2


def test_that_a_tab_dragged_elsewhere_keeps_its_image(desk: Desk, photos: Path) -> None:
    three(desk, photos)
    desk.window.tabs_bar.moveTab(0, 2)
    bar = desk.window.tabs_bar
    assert [bar.tabText(index) for index in range(3)] == ["b.png", "c.png", "a.png"]
    assert name(desk.state) == "c.png"
    bar.setCurrentIndex(2)
    assert name(desk.state) == "a.png"


def test_that_pasting_from_an_empty_clipboard_is_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # As some platforms give: no data at all.
    empty = SimpleNamespace(mimeData=lambda: None)
    monkeypatch.setattr("dcsm_viewer.gui.main_window.QGuiApplication.clipboard", lambda: empty)
    desk.do("edit.paste")
    assert "no picture on the clipboard" in str(desk.state.message)
