"""Looking through exported masks in the window: the queue, verdicts by keys, brush and threshold, what is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QSlider
from pytestqt.qtbot import QtBot

from dcsm_viewer.export import export_result
from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from dcsm_viewer.gui.tools.review.loaded_mask import LoadedMask
from dcsm_viewer.gui.tools.review.review_tool import ReviewTool
from dcsm_viewer.io.images import read_image
from dcsm_viewer.review.brush import brush_stroke
from dcsm_viewer.review.exported_result import Labels, read_exported
from dcsm_viewer.review.label_masks import thresholded
from dcsm_viewer.review.review_file import REVIEW_FILE_NAME, ReviewEntry, open_review_file
from tests.e2e.conftest import photograph
from tests.gui.engines import InstantEngine
from tests.gui.hands import click, press, type_into
from tests.results import make_result

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

STEMS = ("img1", "img2", "img3")


class ReviewWindow:
    """The window with the triage in its centre and no image open."""

    def __init__(self, parts: AppComponents, qtbot: QtBot) -> None:
        self.parts, self._qtbot = parts, qtbot
        self.wait(lambda: parts.store.state.engine is not None)
        parts.window.menus.actions["tools.triage"].trigger()
        tool = parts.window.stack.currentWidget()
        assert isinstance(tool, ReviewTool)
        self.tool = tool

    def wait(self, until: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(until)

    def open(self, folder: Path) -> None:
        self.tool.open_folder(str(folder))
        self.wait(lambda: self.tool.session.review_file is not None and self.tool.session.review_file.folder == folder)
        self.wait(lambda: all(entry.measured or entry.error for entry in self.entries.values()))
        self.settle()

    @property
    def entries(self) -> dict[str, ReviewEntry]:
        assert self.tool.session.review_file is not None
        return dict(self.tool.session.review_file.entries)

    def settle(self) -> None:
        """Wait until the mask is loaded, all is written, and the panes have the size that its texts leave them."""
        self.wait(lambda: self.tool.session.loaded_mask is not None and self.tool.session.review_writer.is_idle)
        QApplication.processEvents()
        self.wait(self._is_laid_out)

    def _is_laid_out(self) -> bool:
        """Whether no layout request is left: a pixel's place, taken before one is served, is another's after it."""
        before = self.tool.panes.painted.picture()
        QApplication.processEvents()
        return before == self.tool.panes.painted.picture()

    @property
    def loaded_mask(self) -> LoadedMask:
        assert self.tool.session.loaded_mask is not None
        return self.tool.session.loaded_mask

    @property
    def stem(self) -> str:
        assert self.tool.session.current is not None
        return self.tool.session.current

    @property
    def labels(self) -> Labels:
        assert self.tool.panes.canvas is not None
        return self.tool.panes.canvas.labels

    @property
    def queue(self) -> list[str]:
        model = self.tool.model
        return [str(model.index(row, 1).data()) for row in range(model.rowCount())]

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        press(self.tool.panes.painted, key, modifier)
        self.settle()

    def at(self, row: int, col: int) -> QPoint:
        """Where the middle of this pixel of the image is on the pane."""
        pane = self.tool.panes.painted
        view = pane.field()
        assert view is not None
        down, across = view.position_of(row + 0.5, col + 0.5)
        corner, ratio = pane.picture().topLeft(), pane.devicePixelRatioF()
        return QPointF(corner.x() + across / ratio, corner.y() + down / ratio).toPoint()

    def pixel(self, position: QPoint) -> tuple[int, int]:
        at = self.tool.panes.painted.position_at(QPointF(position))
        assert at is not None
        return int(at[0]), int(at[1])

    def stroke(self, start: QPoint, end: QPoint) -> None:
        pane, left = self.tool.panes.painted, Qt.MouseButton.LeftButton
        QTest.mousePress(pane, left, pos=start)
        QTest.mouseMove(pane, end)
        QTest.mouseRelease(pane, left, pos=end)
        self.settle()


@pytest.fixture(scope="module")
def parts(qapp: QApplication) -> Iterator[AppComponents]:
    """One window for all tests: making one takes longer than most of what they do in it."""
    themes = Themes(qapp)
    made = build(ViewState(), InstantEngine().make, themes, UserSettings())
    made.window.resize(1280, 800)
    made.window.show()
    made.controller.start()
    yield made
    made.window.close()
    assert made.stop(), "a thread goes on after the window closed"
    themes.stop()


@pytest.fixture
def desk(parts: AppComponents, qtbot: QtBot) -> ReviewWindow:
    desk = ReviewWindow(parts, qtbot)
    desk.tool.shown.setCurrentIndex(0)
    desk.tool.model.show_only("all")
    desk.tool.margin.setValue(0.2)
    desk.tool.bar.choose_hand("look")
    return desk


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs and the masks exported of them, to be copied."""
    home = tmp_path_factory.mktemp("template")
    photos, out = home / "photos", home / "export"
    photos.mkdir()
    out.mkdir()
    for seed, stem in enumerate(STEMS):
        image = read_image(photograph(photos / f"{stem}.png", seed))
        export_result(make_result(image, seed=seed, detected=2), out, stem, ("voc", "npz", "coco"))
    return home


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """Three exported masks of three photographs."""
    shutil.copytree(template, tmp_path / "home")
    return tmp_path / "home" / "export"


def test_that_without_a_folder_the_panes_say_what_to_do(desk: ReviewWindow) -> None:
    assert desk.tool.session.review_file is None, "this is the first test of the window"
    assert "Open an export folder" in desk.tool.panes.painted.content.waiting
    assert not desk.tool.bar.accept.isEnabled()
    assert not desk.tool.export.isEnabled()


def test_that_a_folder_without_exports_is_refused_in_a_sentence(desk: ReviewWindow, tmp_path: Path) -> None:
    desk.tool.open_folder(str(tmp_path))
    desk.wait(lambda: "no export to look through" in desk.tool.news.text())


def test_that_the_most_doubtful_mask_comes_first_with_its_reasons(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    doubts = {stem: entry.measured.doubt() for stem, entry in desk.entries.items() if entry.measured}
    assert desk.queue == sorted(STEMS, key=lambda stem: -doubts[stem])
    column = [float(desk.tool.model.index(row, 0).data()) for row in range(3)]
    assert column == pytest.approx(sorted(doubts.values(), reverse=True), abs=0.005)
    assert "overlap" in desk.tool.words.text()
    assert "uncertain" in desk.tool.words.text()


def test_that_another_limit_of_uncertainty_changes_the_doubts_at_once(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    before = desk.tool.model.index(0, 0).data()
    desk.tool.margin.setValue(1.0)
    assert float(desk.tool.model.index(0, 0).data()) > float(before)


def test_that_keys_accept_and_reject_and_the_next_undecided_mask_comes(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    first = desk.stem
    desk.key(Qt.Key.Key_Y)
    second = desk.stem
    desk.key(Qt.Key.Key_N)
    assert len({first, second, desk.stem}) == 3
    assert (desk.entries[first].verdict, desk.entries[second].verdict) == ("accepted", "rejected")
    assert desk.tool.counts.text() == "1 accepted, 1 rejected, 1 to do; 0 edited"
    written = json.loads((folder / REVIEW_FILE_NAME).read_text())["entries"]
    assert (written[first]["verdict"], written[second]["verdict"]) == ("accepted", "rejected")


def test_that_a_verdict_can_be_taken_back(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    first = desk.stem
    desk.key(Qt.Key.Key_Y)
    desk.key(Qt.Key.Key_U)
    assert desk.stem == first
    assert desk.entries[first].verdict is None
    assert open_review_file(folder).entries[first].verdict is None


def test_that_leafing_keys_are_those_of_the_window_and_leave_its_image_alone(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    heard: list[object] = []
    for name in ("file.next", "file.previous"):
        desk.parts.window.menus.actions[name].triggered.connect(heard.append)
    order = desk.queue
    desk.tool.session.select(order[0])
    desk.settle()
    desk.key(Qt.Key.Key_D)
    assert desk.stem == order[1]
    desk.key(Qt.Key.Key_A)
    desk.key(Qt.Key.Key_A)
    assert desk.stem == order[0]
    assert heard == []


def test_that_letters_typed_into_the_folder_are_letters(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    desk.tool.folder.clear()
    type_into(desk.tool.folder, "yn")
    assert desk.tool.folder.text() == "yn"
    assert all(entry.verdict is None for entry in desk.entries.values())


def test_that_the_queue_leaves_letters_to_the_triage(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    first = desk.stem
    press(desk.tool.queue, Qt.Key.Key_Y)
    assert desk.entries[first].verdict == "accepted"


def test_that_the_queue_can_show_what_is_still_to_do(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    first = desk.stem
    desk.key(Qt.Key.Key_Y)
    desk.tool.shown.setCurrentIndex(desk.tool.shown.findData("undecided"))
    desk.tool.shown.activated.emit(0)
    assert desk.queue == [stem for stem in desk.tool.session.order if stem != first]


def test_that_it_goes_on_where_it_was_left(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    first = desk.stem
    desk.key(Qt.Key.Key_Y)
    desk.tool.open_folder(str(folder))
    desk.wait(lambda: desk.tool.session.loaded_mask is not None and desk.stem != first)
    assert desk.entries[first].verdict == "accepted"


def test_that_a_stroke_paints_the_pixels_of_the_brush_and_is_kept(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    stem, exported = desk.stem, desk.loaded_mask.exported
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    desk.tool.bar.brush._box.setValue(5)
    start, end = desk.at(10, 12), desk.at(40, 60)
    expected = exported.labels.copy()
    footprint = brush_stroke((60, 80), desk.pixel(start), desk.pixel(end), 5)
    expected[footprint.box][footprint.covered] = 255
    desk.stroke(start, end)
    assert_array_equal(desk.labels, expected)
    edit = open_review_file(folder).entries[stem].edit
    assert edit is not None
    assert_array_equal(np.load(folder / edit.file), expected)
    assert edit.pixels["ignore"] == int((expected == 255).sum())
    assert "ignore" in [entry.name for entry in desk.tool.panes.legend.entries]


def test_that_a_queue_sorted_anew_does_not_end_the_stroke_under_way(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    before = desk.labels.copy()
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    pane, left = desk.tool.panes.painted, Qt.MouseButton.LeftButton
    QTest.mousePress(pane, left, pos=desk.at(10, 12))
    desk.tool.session.set_q_margin(0.9)
    QTest.mouseMove(pane, desk.at(30, 50))
    QTest.mouseRelease(pane, left, pos=desk.at(30, 50))
    assert desk.labels[30, 50] == 255
    desk.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert_array_equal(desk.labels, before)


def test_that_the_eraser_paints_background(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    row, col = (int(each[0]) for each in np.nonzero(desk.labels))
    press(desk.tool.panes.painted, Qt.Key.Key_E)
    position = desk.at(row, col)
    desk.stroke(position, position)
    assert desk.labels[desk.pixel(position)] == 0


def test_that_strokes_are_undone_and_made_again_by_the_window_s_keys(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    stem, first = desk.stem, desk.labels.copy()
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    desk.stroke(desk.at(10, 12), desk.at(20, 30))
    second = desk.labels.copy()
    desk.stroke(desk.at(40, 12), desk.at(50, 30))
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    desk.key(Qt.Key.Key_Z, control)
    assert_array_equal(desk.labels, second)
    desk.key(Qt.Key.Key_Z, control)
    assert_array_equal(desk.labels, first)
    assert desk.entries[stem].edit is None
    assert not list((folder / "triage").iterdir())
    desk.key(Qt.Key.Key_Z, control | shift)
    assert_array_equal(desk.labels, second)
    assert desk.entries[stem].edit is not None


def test_that_with_shift_the_brush_moves_the_picture(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    press(desk.tool.panes.painted, Qt.Key.Key_B)
    before = desk.labels.copy()
    pane, left, shift = desk.tool.panes.painted, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    pane.zoom_at((30, 40), 4.0)
    transform = desk.tool.panes.viewport.transform
    middle = pane.picture().center()
    QTest.mousePress(pane, left, shift, middle)
    QTest.mouseMove(pane, middle + QPoint(40, 0))
    QTest.mouseRelease(pane, left, shift, middle + QPoint(40, 0))
    assert desk.tool.panes.viewport.transform != transform
    assert_array_equal(desk.labels, before)


def test_that_an_edited_mask_comes_back_as_it_was_edited(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    edited = desk.stem
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    desk.stroke(desk.at(10, 12), desk.at(20, 30))
    labels = desk.labels.copy()
    desk.key(Qt.Key.Key_Y)
    assert desk.stem != edited
    desk.key(Qt.Key.Key_U)
    assert desk.stem == edited
    assert_array_equal(desk.labels, labels)


def test_that_a_threshold_on_the_maps_is_live_and_one_step(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    stem, exported = desk.stem, desk.loaded_mask.exported
    row = desk.tool.bar.threshold
    for value in (0.5, 0.55, 0.6):
        row._box.setValue(value)
        expected = thresholded(exported.class_maps, exported.detected_ids, value, exported.labels)
        assert_array_equal(desk.labels, expected)
    row._box.editingFinished.emit()
    desk.settle()
    edit = desk.entries[stem].edit
    assert edit is not None
    assert edit.threshold == pytest.approx(0.6)
    desk.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert_array_equal(desk.labels, exported.labels)


def test_that_a_threshold_belongs_to_the_mask_that_is_accepted_with_it(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    stem = desk.stem
    desk.tool.bar.threshold._box.setValue(0.7)  # nobody let go of anything yet
    labels = desk.labels.copy()
    click(desk.tool.bar.accept)
    desk.settle()
    edit = open_review_file(folder).entries[stem].edit
    assert edit is not None
    assert_array_equal(np.load(folder / edit.file), labels)


def test_that_an_edit_whose_file_is_gone_gives_the_exported_labels_and_says_so(
    desk: ReviewWindow, folder: Path
) -> None:
    desk.open(folder)
    stem = desk.stem
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    desk.stroke(desk.at(10, 12), desk.at(20, 30))
    edit = desk.entries[stem].edit
    assert edit is not None
    desk.key(Qt.Key.Key_Y)
    (folder / edit.file).unlink()
    desk.key(Qt.Key.Key_U)
    assert_array_equal(desk.labels, desk.loaded_mask.exported.labels)
    assert "take the exported labels again" in desk.tool.news.text()


def test_that_the_last_verdict_of_one_folder_is_kept_when_another_is_opened(
    desk: ReviewWindow, folder: Path, template: Path
) -> None:
    desk.open(folder)
    first = desk.stem
    press(desk.tool.panes.painted, Qt.Key.Key_Y)
    other = folder.parent / "other"
    shutil.copytree(template / "export", other)
    desk.open(other)
    assert open_review_file(folder).entries[first].verdict == "accepted"


def test_that_the_exported_labels_can_be_had_again(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    desk.stroke(desk.at(10, 12), desk.at(20, 30))
    click(desk.tool.bar.restore)
    desk.settle()
    assert_array_equal(desk.labels, desk.loaded_mask.exported.labels)
    assert desk.entries[desk.stem].edit is None


def test_that_the_accepted_masks_are_exported_as_edited(desk: ReviewWindow, folder: Path, tmp_path: Path) -> None:
    desk.open(folder)
    edited = desk.stem
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    desk.stroke(desk.at(10, 12), desk.at(20, 30))
    labels = desk.labels.copy()
    desk.key(Qt.Key.Key_Y)
    plain = desk.stem
    desk.key(Qt.Key.Key_Y)
    desk.key(Qt.Key.Key_N)
    out = tmp_path / "accepted"
    desk.tool.export_to(str(out))
    desk.wait(lambda: "2 accepted masks written" in desk.tool.news.text())
    assert {path.stem for path in (out / "SegmentationClass").iterdir()} == {edited, plain}
    with Image.open(out / "SegmentationClass" / f"{edited}.png") as mask:
        assert_array_equal(np.array(mask), labels)
    with Image.open(out / "SegmentationClass" / f"{plain}.png") as mask:
        assert_array_equal(np.array(mask), read_exported(folder, plain).labels)
    assert "Every mask of the folder is decided" not in desk.tool.news.text()


def test_that_the_yield_report_is_written_beside_the_masks(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    desk.key(Qt.Key.Key_Y)
    click(desk.tool.report)
    desk.wait((folder / "yield.md").exists)
    assert json.loads((folder / "yield.json").read_text())["accepted"] == 1


def test_that_a_mask_opens_in_the_window_with_its_settings_and_is_taken_over(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    stem = desk.stem
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    desk.stroke(desk.at(10, 12), desk.at(20, 30))
    click(desk.tool.bar.open)
    store = desk.parts.store
    desk.wait(lambda: store.state.result is not None and store.state.pending_serial is None)
    assert store.state.view == "compare"
    assert store.state.settings == desk.loaded_mask.exported.recipe.settings
    store.change(view="triage")
    assert desk.tool.bar.take_over.isEnabled()
    click(desk.tool.bar.take_over)
    desk.wait(lambda: "is now as the window shows it" in desk.tool.news.text())
    desk.settle()
    result = store.state.result
    assert result is not None
    assert result.segmentation is not None
    assert_array_equal(read_exported(folder, stem).labels, result.segmentation.labels)
    assert_array_equal(desk.labels, result.segmentation.labels)
    assert desk.entries[stem].edit is None
    assert desk.entries[stem].verdict is None


def test_that_a_photograph_that_is_gone_is_replaced_by_grey_and_said_so(desk: ReviewWindow, folder: Path) -> None:
    for photo in (folder.parent / "photos").iterdir():
        photo.unlink()
    desk.open(folder)
    assert "grey stands in" in desk.tool.news.text()
    assert set(np.unique(desk.loaded_mask.image.rgb)) == {128}


def test_that_a_damaged_export_is_listed_and_says_why(desk: ReviewWindow, folder: Path) -> None:
    (folder / "img2.npz").write_bytes(b"PK damaged")
    desk.tool.open_folder(str(folder))
    desk.wait(lambda: desk.tool.session.review_file is not None and desk.entries["img2"].error is not None)
    desk.wait(lambda: desk.queue[0] == "img2")
    assert desk.tool.model.index(0, 0).data() == "!"
    desk.tool.session.select("img2")
    desk.wait(lambda: "img2.npz cannot be read" in desk.tool.news.text())


def test_that_what_is_painted_last_is_written_before_the_window_is_gone(
    qapp: QApplication, qtbot: QtBot, folder: Path
) -> None:
    themes = Themes(qapp)
    parts = build(ViewState(), InstantEngine().make, themes, UserSettings())
    parts.window.show()
    parts.controller.start()
    desk = ReviewWindow(parts, qtbot)
    desk.open(folder)
    stem = desk.stem
    press(desk.tool.panes.painted, Qt.Key.Key_I)
    pane, left = desk.tool.panes.painted, Qt.MouseButton.LeftButton
    QTest.mousePress(pane, left, pos=desk.at(10, 12))
    QTest.mouseMove(pane, desk.at(20, 30))
    parts.window.close()
    assert parts.stop()
    themes.stop()
    edit = open_review_file(folder).entries[stem].edit
    assert edit is not None
    assert (np.load(folder / edit.file) == 255).any()


def test_that_every_control_has_a_name(desk: ReviewWindow, folder: Path) -> None:
    desk.open(folder)
    for kind in (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider):
        for control in desk.tool.findChildren(kind):
            if control.isVisible():
                name = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
                parent = control.parent()
                is_of_qt = parent is not None and parent.metaObject().className() in {"QSpinBox", "QueueView"}
                assert name or is_of_qt, control
