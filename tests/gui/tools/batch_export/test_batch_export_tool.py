"""A run over a folder from the window: progress, pause, cancel, bad images, resume, and the window meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Semaphore

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from dcsm_viewer.batch.run_batch import Outcome
from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from dcsm_viewer.gui.tools.batch_export.batch_export_tool import BatchExportTool
from dcsm_viewer.gui.tools.batch_export.run_progress import RunProgress, duration, sentence
from dcsm_viewer.io.atomic import TEMPORARY_MARK
from dcsm_viewer.queries.batch_query import BatchQuestion
from dcsm_viewer.queries.query import AnswerValue, Query
from tests.e2e.conftest import photograph
from tests.gui.engines import InstantEngine, answer
from tests.gui.hands import click
from tests.patience import PATIENCE_S
from tests.results import make_model_card

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class BatchEngineStub(InstantEngine):
    """Settles images aside, each after a permit; gives way as long as it is told that others wait."""

    def __init__(self) -> None:
        super().__init__()
        self.permits = Semaphore(0)
        self.settled: list[str] = []
        self.known[BatchQuestion] = self._answer_batch

    def _answer_batch(self, query: Query) -> AnswerValue:
        question = query.question
        assert isinstance(question, BatchQuestion)
        if question.wanted == "card":
            return make_model_card()
        assert self.permits.acquire(timeout=PATIENCE_S), "no permit came"
        if "broken" in query.request.image.name:
            raise UserError("The network cannot see this one; leave it out.")
        self.settled.append(query.request.image.name)
        return replace(answer(query.request))

    def permit(self, count: int) -> None:
        for _ in range(count):
            self.permits.release()


class BatchExportWindow:
    """The window with the tool open under the panes."""

    def __init__(self, parts: AppComponents, engine: BatchEngineStub, qtbot: QtBot) -> None:
        self.parts, self.engine, self._qtbot = parts, engine, qtbot
        self.wait(lambda: parts.store.state.engine is not None)
        parts.window.menus.actions["tools.folder_run"].trigger()
        tool = parts.window.tools.docks["folder_run"].widget()
        assert isinstance(tool, BatchExportTool)
        self.tool = tool

    def wait(self, until: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(until)

    def run(self, images: Path, out: Path) -> None:
        self.tool.form.images.setText(str(images))
        self.tool.form.out.setText(str(out))
        click(self.tool.start)

    def wait_for(self, phase: str) -> RunProgress:
        self.wait(lambda: self.tool.job.progress.phase == phase)
        return self.tool.job.progress


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[BatchExportWindow]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    themes, engine = Themes(app), BatchEngineStub()
    parts = build(ViewState(), engine.make, themes, UserSettings())

    def end_the_run(_window: QWidget) -> None:
        # Before pytest-qt closes the window, which would ask about a run that goes on.
        engine.permit(20)
        parts.window.tools.stop()

    qtbot.addWidget(parts.window, before_close_func=end_the_run)
    parts.window.resize(1280, 800)
    parts.window.show()
    parts.controller.start()
    yield BatchExportWindow(parts, engine, qtbot)
    end_the_run(parts.window)
    parts.window.close()
    assert parts.stop(), "a thread goes on after the window closed"
    assert parts.window.tools.docks["folder_run"] is not None
    themes.stop()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate("abcd"):
        photograph(folder / f"{name}.png", seed)
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_that_every_image_of_the_folder_gets_its_files(desk: BatchExportWindow, photos: Path, tmp_path: Path) -> None:
    desk.engine.permit(4)
    desk.run(photos, tmp_path / "out")
    progress = desk.wait_for("finished")
    assert (progress.total, progress.computed, progress.failures) == (4, 4, ())
    assert names(tmp_path / "out") == {f"{stem}.{kind}" for stem in "abcd" for kind in ("png", "npz", "json")}
    assert desk.tool.bar.value() == desk.tool.bar.maximum() == 4
    assert "Finished" in desk.tool.words.text()


def test_that_one_bad_image_is_listed_and_stops_nothing(desk: BatchExportWindow, photos: Path, tmp_path: Path) -> None:
    (photos / "b.png").write_bytes(b"no picture")
    photograph(photos / "broken.png")
    desk.engine.permit(4)
    desk.run(photos, tmp_path / "out")
    progress = desk.wait_for("finished")
    assert progress.computed == 3
    model = desk.tool.failures.model()
    shown = {model.index(row, 0).data(): model.index(row, 1).data() for row in range(model.rowCount())}
    assert set(shown) == {"b.png", "broken.png"}
    assert "cannot see this one" in shown["broken.png"]
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Reason"


def test_that_a_pause_lets_no_further_image_begin_until_the_run_goes_on(
    desk: BatchExportWindow, photos: Path, tmp_path: Path
) -> None:
    desk.run(photos, tmp_path / "out")
    desk.wait(lambda: any(i.question == BatchQuestion("result") for i in desk.engine.queries))
    click(desk.tool.pause)
    assert desk.tool.pause.text() == "Go on"
    desk.engine.permit(4)
    desk.wait(lambda: desk.engine.settled == ["a.png"])
    # The engine is idle now: a request of the window is answered at once, and still only one image was settled.
    desk.parts.image_loader.open_paths([str(photos / "c.png")])
    desk.wait(lambda: desk.parts.store.state.result is not None)
    assert desk.engine.settled == ["a.png"]
    click(desk.tool.pause)
    assert desk.wait_for("finished").computed == 4


def test_that_a_cancelled_run_leaves_whole_files_and_a_second_one_resumes(
    desk: BatchExportWindow, photos: Path, tmp_path: Path
) -> None:
    desk.engine.permit(2)
    desk.run(photos, tmp_path / "out")
    desk.wait(lambda: len(desk.engine.settled) == 2)
    desk.wait(lambda: sum(i.question == BatchQuestion("result") for i in desk.engine.queries) == 3)
    click(desk.tool.cancel)
    desk.wait_for("cancelled")
    assert names(tmp_path / "out") == {f"{stem}.{kind}" for stem in "ab" for kind in ("png", "npz", "json")}
    assert not [name for name in names(tmp_path / "out") if name.startswith(TEMPORARY_MARK)]
    desk.engine.permit(3)  # one for the image that was given up
    click(desk.tool.start)
    progress = desk.wait_for("finished")
    assert (progress.resumed, progress.computed) == (2, 2)


def test_that_given_classes_travel_with_each_image(desk: BatchExportWindow, photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("image,labels\na.png,dog,person\nb.png,cat\nc.png,dog\n")
    desk.engine.permit(3)
    desk.tool.form.labels.setText(str(table))
    desk.run(photos, tmp_path / "out")
    progress = desk.wait_for("finished")
    asked = {i.request.image.name: i.request for i in desk.engine.queries if i.question == BatchQuestion("result")}
    assert {name: request.settings.choice.image_labels for name, request in asked.items()} == {
        "a.png": (11, 14),
        "b.png": (7,),
        "c.png": (11,),
    }
    ((path, reason),) = progress.failures
    assert Path(path).name == "d.png"
    assert "no labels" in reason


def test_that_a_format_with_a_file_for_the_whole_folder_gets_it(
    desk: BatchExportWindow, photos: Path, tmp_path: Path
) -> None:
    for row in range(desk.tool.form.formats.count()):
        item = desk.tool.form.formats.item(row)
        item.setCheckState(Qt.CheckState.Checked if "COCO" in item.text() else Qt.CheckState.Unchecked)
    desk.engine.permit(4)
    desk.run(photos, tmp_path / "out")
    assert "Of all images:" in desk.wait_for("finished").reason
    assert "Of all images:" in desk.tool.words.text()


def test_that_the_window_opens_images_while_a_run_waits_for_the_engine(
    desk: BatchExportWindow, photos: Path, tmp_path: Path
) -> None:
    desk.run(photos, tmp_path / "out")
    desk.wait(lambda: len(desk.engine.queries) > 1)
    desk.parts.image_loader.open_paths([str(photos / "d.png")])
    desk.wait(lambda: desk.parts.store.state.image is not None)
    desk.engine.permit(4)
    assert desk.wait_for("finished").computed == 4
    result = desk.parts.store.state.result
    assert result is not None
    assert result.request.image.name == "d.png"


def test_that_closing_the_window_ends_a_run_that_waits(desk: BatchExportWindow, photos: Path, tmp_path: Path) -> None:
    desk.run(photos, tmp_path / "out")
    desk.wait(lambda: len(desk.engine.queries) > 1)
    desk.engine.permit(20)
    desk.parts.window.tools.stop()
    assert desk.tool.job._thread is not None
    assert not desk.tool.job._thread.is_alive()


def answer_with(button: QMessageBox.StandardButton, heard: list[str]) -> None:
    """Once a question stands before the window: notes what it says and answers it."""

    def look() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(10, look)
            return
        heard.append(box.informativeText())
        box.button(button).click()

    QTimer.singleShot(0, look)


def test_that_closing_the_window_asks_before_it_breaks_a_run_off(
    desk: BatchExportWindow, photos: Path, tmp_path: Path
) -> None:
    desk.run(photos, tmp_path / "out")
    desk.wait(lambda: desk.tool.job.progress.total == 4)
    heard: list[str] = []
    answer_with(QMessageBox.StandardButton.No, heard)
    assert not desk.parts.window.close()
    assert desk.parts.window.isVisible()
    assert "0 of 4 images" in heard[0]
    answer_with(QMessageBox.StandardButton.Yes, heard)
    assert desk.parts.window.close()


def test_that_closing_the_window_asks_nothing_once_a_run_is_over(
    desk: BatchExportWindow, photos: Path, tmp_path: Path
) -> None:
    desk.run(photos, tmp_path / "out")
    desk.engine.permit(4)
    desk.wait_for("finished")
    assert desk.parts.window.close()


def test_that_a_folder_typed_in_part_lies_beside_the_image_on_show(desk: BatchExportWindow, photos: Path) -> None:
    desk.parts.image_loader.open_paths([str(photos / "a.png")])
    desk.wait(lambda: desk.parts.store.state.image is not None)
    desk.tool.form.images.setText(str(photos))
    for typed, meant in (("masks", photos / "masks"), ("~/masks", Path.home() / "masks"), ("", photos / "dcsm-export")):
        desk.tool.form.out.setText(typed)
        assert desk.tool.form.plan(desk.parts.store.state).order.out == meant


@pytest.mark.parametrize(("images", "words"), [("", "no images to export"), ("/nowhere/at/all", "is not there")])
def test_that_a_run_without_images_says_so(desk: BatchExportWindow, images: str, words: str) -> None:
    desk.tool.form.images.setText(images)
    click(desk.tool.start)
    assert words in desk.tool.words.text()
    assert desk.tool.job.progress.phase == "idle"


def test_that_a_run_without_formats_says_so(desk: BatchExportWindow, photos: Path) -> None:
    for row in range(desk.tool.form.formats.count()):
        desk.tool.form.formats.item(row).setCheckState(Qt.CheckState.Unchecked)
    desk.tool.form.images.setText(str(photos))
    click(desk.tool.start)
    assert "at least one format" in desk.tool.words.text()


def test_that_rate_and_time_left_follow_from_the_last_images() -> None:
    progress = RunProgress(total=10, phase="running")
    for second in (2.0, 4.0, 6.0):
        progress = progress.after(Outcome("a.png"), second)
    assert progress.images_per_s == pytest.approx(0.5)
    assert progress.left_s == pytest.approx(14.0)
    assert sentence(progress) == "3 of 10 images: 3 made. 2 s an image, 14 s left."


def test_that_images_done_before_say_nothing_of_the_rate() -> None:
    progress = RunProgress(total=10, phase="running")
    for second in (0.1, 0.2, 0.3):
        progress = progress.after(Outcome("a.png", resumed=True), second)
    assert progress.images_per_s is None
    assert progress.after(Outcome("b.png"), 2.3).images_per_s == pytest.approx(0.5)


@pytest.mark.parametrize(("seconds", "words"), [(8.4, "8 s"), (125, "2 min 5 s"), (7800, "2 h 10 min")])
def test_that_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words
