"""A folder run in the real window, its masks looked through, touched up and exported; and what a SIGKILL leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dcsm_viewer.batch.run_batch import ExportJob, export_images
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.gui.app import AppComponents, build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.settings_edits import with_field, with_scales
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from dcsm_viewer.gui.tools.batch_export.batch_export_tool import BatchExportTool
from dcsm_viewer.gui.tools.review.review_tool import ReviewTool
from dcsm_viewer.review.exported_result import read_exported
from dcsm_viewer.review.review_file import REVIEW_FILE_NAME, open_review_file
from dcsm_viewer.worker.engine_thread import EngineLike, Listener, create_engine
from tests.gui.hands import click, press
from tests.patience import PATIENCE_S
from tests.samples import ROOT, SAMPLES
from tests.unit.review.exports import make_folder_of

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SMALL = replace(with_field(with_scales(Settings(), (192, 224)), "method.canvas_px", 224), device="cpu")
SMALL = with_field(SMALL, "crf.iterations", 3)
FORMATS = ("voc", "npz")


class RealDesk:
    """The open window on the real engine."""

    def __init__(self, parts: AppComponents, engine: Engine, qtbot: QtBot) -> None:
        self.parts, self.engine, self._qtbot = parts, engine, qtbot

    def wait(self, until: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(until)

    def folder_run(self) -> BatchExportTool:
        self.parts.window.menus.actions["tools.folder_run"].trigger()
        tool = self.parts.window.tools.docks["folder_run"].widget()
        assert isinstance(tool, BatchExportTool)
        return tool

    def triage(self) -> ReviewTool:
        self.parts.window.menus.actions["tools.triage"].trigger()
        tool = self.parts.window.stack.currentWidget()
        assert isinstance(tool, ReviewTool)
        return tool


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[RealDesk]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    kept: list[Engine] = []

    def make_engine(report: Listener) -> EngineLike:
        engine = create_engine(report)
        assert isinstance(engine, Engine)
        kept.append(engine)
        return engine

    themes = Themes(app)
    parts = build(ViewState(settings=SMALL), make_engine, themes, UserSettings())
    # A run that goes on when a test fails would be asked about when the window closes.
    qtbot.addWidget(parts.window, before_close_func=lambda _: parts.window.tools.stop())
    parts.window.resize(1280, 800)
    parts.window.show()
    parts.controller.start()
    # The engine says that it is ready a moment before it is handed over.
    qtbot.waitUntil(lambda: bool(kept) and parts.store.state.engine is not None)
    yield RealDesk(parts, kept[0], qtbot)
    parts.window.close()
    assert parts.stop(), "a thread goes on after the window closed"
    themes.stop()


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_that_a_folder_run_writes_the_bytes_of_a_batch_and_its_masks_are_touched_up_and_exported(
    desk: RealDesk, tmp_path: Path
) -> None:
    run, out = desk.folder_run(), tmp_path / "window"
    run.form.images.setText(str(SAMPLES))
    run.form.out.setText(str(out))
    click(run.start)
    # The window is used meanwhile: its photograph is settled in between.
    desk.parts.image_loader.open_paths([str(SAMPLES / "eagle.jpg")])
    desk.wait(lambda: run.job.progress.phase == "finished")
    assert (run.job.progress.computed, run.job.progress.failures) == (3, ())
    desk.wait(lambda: desk.parts.store.state.result is not None and desk.parts.store.state.pending_serial is None)

    paths = sorted(str(path) for path in SAMPLES.glob("*.jpg"))
    batch = tmp_path / "batch"
    assert all(
        outcome.error is None
        for outcome in export_images(Engine(desk.engine._model_cache), paths, ExportJob(SMALL, batch, FORMATS))
    )
    assert bytes_of(out) == bytes_of(batch)

    triage = desk.triage()
    triage.open_folder(str(out))
    review_file = triage.session
    desk.wait(
        lambda: (
            review_file.loaded_mask is not None
            and review_file.review_writer.is_idle
            and not triage.progress.isVisible()
        )
    )
    assert set(review_file.order) == {"cat", "dog-bicycle", "eagle"}
    review_file.select("dog-bicycle")
    desk.wait(lambda: review_file.loaded_mask is not None and review_file.loaded_mask.stem == "dog-bicycle")
    pane, left = triage.panes.painted, Qt.MouseButton.LeftButton
    press(pane, Qt.Key.Key_I)
    middle = pane.picture().center()
    at = pane.position_at(QPointF(middle))
    assert at is not None
    QTest.mousePress(pane, left, pos=middle)
    QTest.mouseRelease(pane, left, pos=middle)
    press(pane, Qt.Key.Key_Y)
    desk.wait(lambda: review_file.loaded_mask is not None and review_file.review_writer.is_idle)
    rejected = review_file.current
    press(pane, Qt.Key.Key_N)
    desk.wait(lambda: review_file.review_writer.is_idle)
    accepted = tmp_path / "accepted"
    triage.export_to(str(accepted))
    desk.wait(lambda: "accepted mask" in triage.news.text())
    assert [path.name for path in (accepted / "SegmentationClass").iterdir()] == ["dog-bicycle.png"]
    with Image.open(accepted / "SegmentationClass" / "dog-bicycle.png") as mask:
        found = np.array(mask)
    exported = read_exported(out, "dog-bicycle").labels
    assert found[int(at[0]), int(at[1])] == 255
    outside = found != 255
    assert_array_equal(found[outside], exported[outside])
    assert open_review_file(out).entries[str(rejected)].verdict == "rejected"


DECIDES = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from dcsm_viewer.gui.tools.review.review_session import ReviewSession

app = QCoreApplication([])
desk = ReviewSession()
said = 0

def on_loaded(sheet):
    if sheet is None:
        return
    labels = sheet.labels.copy()
    labels[0, :] = 255
    desk.keep_labels(labels, None)
    desk.decide("accepted")

def on_kept():
    if desk.review_writer.is_idle and desk.review_file is not None:
        done = sum(entry.verdict == "accepted" for entry in desk.review_file.entries.values())
        sys.stdout.write(f"{done}\\n")
        sys.stdout.flush()

desk.loaded.connect(on_loaded)
desk.review_writer.written.connect(on_kept)
desk.open(Path(sys.argv[1]))
app.exec()
"""


def test_that_a_killed_process_loses_nothing_it_said_was_written(tmp_path: Path) -> None:
    make_folder_of(tmp_path, 6)
    process = subprocess.Popen(
        [sys.executable, "-c", DECIDES, str(tmp_path)],
        cwd=ROOT,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    promised = 0
    for line in process.stdout:
        promised = int(line)
        if promised >= 3:
            break
    process.kill()
    process.wait(timeout=PATIENCE_S)
    process.stdout.close()
    assert promised >= 3
    document = json.loads((tmp_path / REVIEW_FILE_NAME).read_text())
    accepted = [stem for stem, entry in document["entries"].items() if entry.get("verdict") == "accepted"]
    assert len(accepted) >= promised
    review_file = open_review_file(tmp_path)
    for stem in accepted:
        edit = review_file.entries[stem].edit
        assert edit is not None
        assert (np.load(tmp_path / edit.file)[0] == 255).all()
