"""What a user does in the window, from opening to exporting; the engine answers without computing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.gui.canvas.pane import MapPane
from dcsm_viewer.gui.commands.action_specs import ACTIONS
from dcsm_viewer.gui.panels.crf_panel import CrfPanel
from dcsm_viewer.gui.panels.maps_panel import MapsPanel
from dcsm_viewer.gui.state.view_state import StateField
from dcsm_viewer.gui.widgets.slider_row import SliderRow
from tests.e2e.conftest import Desk
from tests.gui.engines import GatedEngine
from tests.gui.hands import click, press, the, type_into
from tests.results import VOC_NAMES

# The platform without a screen says so of every window whose size is limited; real platforms do not.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

DOG, BICYCLE = VOC_NAMES.index("dog"), VOC_NAMES.index("bicycle")


def row(desk: Desk, field: str) -> SliderRow:
    return the(desk.window, SliderRow, field)


def test_that_opening_a_photograph_shows_it_with_maps_classes_and_times(desk: Desk, photos: Path) -> None:
    desk.open(photos / "b.png")
    desk.settle()
    assert desk.window.windowTitle().startswith("b.png")
    assert desk.window.stack.currentWidget() is desk.window.stack.views["compare"]
    assert desk.window.classes.list.model().rowCount() == 20
    assert "2 classes detected, 4 compared." in desk.window.headline.words


def test_that_the_photograph_is_shown_while_the_engine_works(slow_desk: Desk, photos: Path) -> None:
    slow_desk.open(photos / "a.png")
    slow_desk.wait(lambda: slow_desk.state.image is not None)
    assert slow_desk.state.result is None
    assert slow_desk.window.stack.currentWidget() is slow_desk.window.stack.views["compare"]


def test_that_a_dropped_folder_is_listed_and_leafed_through(desk: Desk, photos: Path, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(photos))])
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    desk.window.dropEvent(drop)
    desk.settle()
    assert [Path(path).name for path in desk.state.folder] == ["a.png", "b.png", "c.png"]
    press(desk.window, Qt.Key.Key_D)
    desk.wait(lambda: desk.state.image is not None and desk.state.image.name == "b.png")
    desk.window.folder.list.setCurrentIndex(desk.window.folder.list.model().index(2, 0))
    desk.wait(lambda: desk.state.image is not None and desk.state.image.name == "c.png")


def test_that_choosing_a_class_by_key_and_by_row_shows_its_maps(desk: Desk, photos: Path, qtbot: QtBot) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    assert desk.state.shown_class == DOG
    press(desk.window, Qt.Key.Key_2)
    desk.wait(lambda: desk.state.shown_class == BICYCLE)
    assert desk.window.classes.list.currentIndex().row() == 1
    desk.window.classes.list.setCurrentIndex(desk.window.classes.list.model().index(0, 0))
    desk.wait(lambda: desk.state.shown_class == DOG)


def test_that_a_typed_digit_goes_into_the_search_and_chooses_no_class(desk: Desk, photos: Path, qtbot: QtBot) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("class.search")
    search = desk.window.classes.search
    type_into(search, "dog2")
    assert search.text() == "dog2"
    assert desk.state.focus is None
    assert desk.window.classes.list.model().rowCount() == 0


def test_that_pin_strike_and_force_reach_the_engine(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    for name, held in (
        ("class.pin", "always_compared"),
        ("class.strike", "excluded"),
        ("class.force", "force_detected"),
    ):
        desk.do(name)
        desk.settle()
        assert getattr(desk.engine.ran[-1].settings.choice, held) == (DOG,)
    desk.do("class.clear")
    desk.settle()
    assert desk.engine.ran[-1].settings.choice.force_detected == ()


def test_that_a_moved_slider_asks_for_maps_and_undo_takes_it_back(desk: Desk, photos: Path, qtbot: QtBot) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    slider = the(row(desk, "method.alpha"), QSlider)
    for position in (31, 35, 39):
        slider.setValue(position)
    desk.settle()
    assert desk.engine.ran[-1].settings.method.alpha == pytest.approx(4.0)
    press(desk.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.settle()
    assert desk.engine.ran[-1].settings.method.alpha == 3.0
    assert row(desk, "method.alpha").value == 3.0


def test_that_opacity_and_colormap_ask_for_nothing(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    asked = len(desk.engine.ran)
    slider = the(desk.window.view_bar, QSlider)
    slider.setValue(20)
    desk.do("view.toggle_overlay")
    desk.do("view.next_kind")
    for name in ("view.grid", "view.overlay", "view.labels", "view.compare"):
        desk.do(name)
    assert desk.state.paint.opacity == 0.2
    assert desk.state.pending_serial is None
    assert len(desk.engine.ran) == asked


def test_that_the_bracket_keys_move_n_within_its_limits(desk: Desk, photos: Path, qtbot: QtBot) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    for _ in range(6):
        press(desk.window, Qt.Key.Key_BracketLeft)
    assert desk.state.settings.method.min_candidates == 0
    press(desk.window, Qt.Key.Key_BracketRight)
    assert row(desk, "method.min_candidates").value == 1


def test_that_escape_cancels_and_compute_again_starts_anew(slow_desk: Desk, photos: Path, qtbot: QtBot) -> None:
    slow_desk.open(photos / "a.png")
    slow_desk.wait(lambda: slow_desk.state.progress is not None)
    press(slow_desk.window, Qt.Key.Key_Escape)
    assert slow_desk.state.pending_serial is None
    assert "Cancelled" in slow_desk.window.headline.words
    engine = slow_desk.engine
    assert isinstance(engine, GatedEngine)
    engine.permits.release()
    engine.permits.release()
    slow_desk.do("engine.again")
    slow_desk.settle()
    assert slow_desk.state.result is not None
    assert slow_desk.state.result.request.serial == 2


def test_that_a_broken_file_keeps_the_last_image_and_says_why(desk: Desk, photos: Path) -> None:
    (photos / "d.png").write_bytes(b"no picture")
    desk.open(photos / "a.png")
    desk.settle()
    good = desk.state.result
    desk.open(photos / "d.png")
    desk.wait(lambda: desk.state.failure is not None)
    assert desk.state.result is good
    assert "d.png" in desk.window.headline.words
    desk.window.headline.dismissed.emit()
    assert "2 classes detected" in desk.window.headline.words


def test_that_an_engine_failure_is_a_sentence_over_the_photograph(desk: Desk, photos: Path) -> None:
    bad = (photos / "a.png").rename(photos / "broken.png")
    desk.open(bad)
    desk.wait(lambda: desk.state.failure is not None)
    assert desk.window.headline.words == "The network cannot see this one; open another image."
    assert desk.state.image is not None


def test_that_top1_is_one_click_away_where_nothing_is_found(blind_desk: Desk, photos: Path) -> None:
    blind_desk.open(photos / "a.png")
    blind_desk.settle()
    assert blind_desk.state.shown_class is None
    offer = next(
        button for button in blind_desk.window.headline.findChildren(QToolButton) if button.text() == "Use top-1"
    )
    assert offer.isVisible()
    click(offer)
    blind_desk.settle()
    assert blind_desk.state.shown_class == DOG
    assert not offer.isVisible()


def test_that_an_export_holds_what_is_on_the_screen(desk: Desk, photos: Path, tmp_path: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    asked = len(desk.engine.ran)
    desk.window.export.show_folder(str(tmp_path / "out"))
    desk.do("export.export")
    desk.wait(lambda: "written" in str(desk.state.message))
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"a.json", "a.npz"}
    assert len(desk.engine.ran) == asked
    result = desk.state.result
    assert result is not None
    assert result.segmentation is not None
    with np.load(tmp_path / "out" / "a.npz", allow_pickle=False) as numbers:
        np.testing.assert_array_equal(numbers["class_maps"], result.class_maps)
        np.testing.assert_array_equal(numbers["labels"], result.segmentation.labels)


def test_that_two_images_of_one_name_do_not_replace_each_other(desk: Desk, photos: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (40, 30), (200, 10, 10)).save(other / "a.png")
    desk.window.export.show_folder(str(tmp_path / "out"))
    for path in (photos / "a.png", other / "a.png"):
        desk.open(path)
        desk.wait(lambda path=path: desk.state.image is not None and desk.state.image.path == str(path))  # type: ignore[misc]  # path is bound at once
        desk.settle()
        desk.do("export.export")
        desk.wait(lambda: "written" in str(desk.state.message))
    assert len(list((tmp_path / "out").glob("*.json"))) == 2


def test_that_export_refuses_while_the_maps_are_not_settled(slow_desk: Desk, photos: Path) -> None:
    slow_desk.open(photos / "a.png")
    slow_desk.wait(lambda: slow_desk.state.pending_serial is not None)
    slow_desk.do("export.export")
    assert "still being computed" in str(slow_desk.state.failure)


def test_that_a_preset_sets_every_constant_and_marks_later_changes(desk: Desk) -> None:
    preset = desk.window.engine_bar.findChildren(QComboBox)[1]
    preset.setCurrentIndex(preset.findData("formula"))
    preset.activated.emit(preset.currentIndex())
    assert desk.state.settings.method == PRESETS["formula"]
    assert "*" not in preset.currentText()
    the(row(desk, "method.alpha"), QSlider).setValue(10)
    assert preset.currentText().endswith("*")
    desk.do("edit.reset_settings")
    assert desk.state.settings.method == PRESETS["formula"]


def test_that_scales_and_layers_can_be_unticked_but_never_all_of_them(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    panel = the(desk.window, MapsPanel)
    for _ in range(2):
        for box in panel.scales.findChildren(QCheckBox):
            box.click()
    assert len(desk.state.settings.method.scales) >= 1
    first = the(panel.layers, QCheckBox)
    first.click()
    assert [*desk.state.settings.method.layers] == ["blocks.3", "blocks.4", "blocks.5", "blocks.6"]
    first.click()
    assert [*desk.state.settings.method.layers] == []


def test_that_a_crf_preset_is_named_until_a_width_is_changed(desk: Desk) -> None:
    panel = the(desk.window, CrfPanel)
    preset = panel.findChildren(QComboBox)[0]
    preset.setCurrentIndex(preset.findData("irn"))
    preset.activated.emit(preset.currentIndex())
    assert desk.state.settings.crf.bilateral_srgb == 5.0
    assert preset.currentData() == "irn"
    the(row(desk, "crf.bilateral_srgb"), QSlider).setValue(60)
    assert preset.currentData() == "custom"


def test_that_every_action_has_a_handler_and_a_place_in_a_menu(desk: Desk) -> None:
    assert set(desk.window.menus.actions) == {spec.name for spec in ACTIONS}


def test_that_the_palette_runs_what_is_found(desk: Desk, qtbot: QtBot) -> None:
    desk.do("tools.palette")
    palette = desk.window._palette
    type_into(palette.search, "grid")
    press(palette.search, Qt.Key.Key_Return)
    assert desk.state.view == "grid"
    assert palette.isHidden()


def test_that_opened_images_are_remembered(desk: Desk, photos: Path) -> None:
    desk.open(photos / "b.png")
    desk.settle()
    assert desk.window._user_settings.recent == (str(photos / "b.png"),)


@pytest.mark.parametrize("width", [1024, 1280])
def test_that_the_panes_keep_at_least_half_of_the_width(desk: Desk, photos: Path, width: int, qtbot: QtBot) -> None:
    desk.window.resize(width, 700)
    desk.window.reset_layout()
    desk.open(photos / "a.png")
    desk.settle()
    for view in desk.window.stack.views:
        desk.do(f"view.{view}")
        qtbot.waitUntil(lambda: desk.window.width() == width)
        assert desk.window.stack.width() >= width / 2, view


def test_that_the_headline_keeps_its_height_when_something_fails(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    top = desk.window.stack.mapTo(desk.window, QPoint(0, 0)).y()
    desk.parts.store.change(failure="A long sentence that says what went wrong and what to do about it. " * 3)
    QApplication.sendPostedEvents()
    assert desk.window.stack.mapTo(desk.window, QPoint(0, 0)).y() == top


def test_that_tab_goes_from_the_search_through_the_class_list_to_its_buttons(desk: Desk) -> None:
    found = []
    widget: QWidget | None = desk.window.classes.search
    for _ in range(40):
        assert widget is not None
        if desk.window.classes.isAncestorOf(widget) and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(widget.accessibleName() or getattr(widget, "text", str)())
        widget = widget.nextInFocusChain()
    assert found == ["Find a class", "Vocabulary", "Classes by score", "Always compare", "Exclude", "Mark as present"]


def test_that_everything_one_can_tab_to_has_a_name(desk: Desk) -> None:
    nameless = [
        f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for widget in desk.window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and isinstance(widget, QComboBox | QSlider | QLineEdit)
        and not widget.objectName().startswith("qt_")
        and not widget.accessibleName()
    ]
    assert nameless == []


def test_that_b_swaps_raw_and_distinct_in_the_same_place(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    overlay = the(desk.window.stack.views["overlay"], MapPane)
    desk.do("view.overlay")
    asked = len(desk.engine.ran)
    titles = []
    for _ in range(3):
        titles.append(overlay.content.title)
        desk.do("view.blink")
    assert [title.split(" on ")[0] for title in titles] == ["dog · distinct", "dog · raw", "dog · distinct"]
    assert len(desk.engine.ran) == asked


def test_that_shift_b_goes_between_the_settings_before_and_after(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    assert not desk.action("edit.blink").isEnabled()
    desk.do("n.down")
    seen = []
    for _ in range(4):
        seen.append(desk.state.settings.method.min_candidates)
        desk.do("edit.blink")
    assert seen == [3, 4, 3, 4]


def test_that_a_click_on_a_label_chooses_its_class(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    assert desk.state.result is not None
    assert desk.state.result.segmentation is not None
    rows, cols = np.nonzero(desk.state.result.segmentation.labels == BICYCLE + 1)
    view = desk.window.stack.views["overlay"]
    view.pixel_clicked.emit(int(rows[0]), int(cols[0]))
    assert desk.state.focus is None, "no labels are on show, so nothing of theirs was clicked"
    desk.parts.store.change(paint=replace(desk.state.paint, overlay_of="labels"))
    view.pixel_clicked.emit(int(rows[0]), int(cols[0]))
    desk.wait(lambda: desk.state.shown_class == BICYCLE)


def test_that_a_moved_slider_is_one_round_of_listeners(slow_desk: Desk, photos: Path) -> None:
    engine = slow_desk.engine
    assert isinstance(engine, GatedEngine)
    slow_desk.open(photos / "a.png")
    engine.permits.release()
    slow_desk.settle()
    store = slow_desk.parts.store
    rounds: list[int | None] = []
    calls: list[tuple[StateField, ...]] = []
    watched: tuple[tuple[StateField, ...], ...] = (
        ("settings",), ("pending_serial",), ("settings", "pending_serial"), ("paint", "folder", "tabs")
    )  # fmt: skip
    store.changed.connect(lambda _before, after: rounds.append(after.pending_serial))
    for names in watched:
        store.watch(lambda _before, _after, names=names: calls.append(names), *names)  # type: ignore[misc]  # bound now
    the(row(slow_desk, "method.alpha"), QSlider).setValue(35)
    assert rounds == [2], "the settings and the request for them are one change"
    assert calls == list(watched[:3])
    engine.permits.release()
    slow_desk.settle()
