"""The Export panel offers every format there is and writes those that are ticked."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from dcsm_viewer.export import FORMATS
from dcsm_viewer.gui.files.export_controller import ExportController
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.panels.export_panel import ExportPanel
from dcsm_viewer.gui.panels.more_formats import MoreFormats
from dcsm_viewer.gui.state.store import Store
from tests.results import make_result


def test_that_all_formats_but_those_with_a_tick_of_their_own_are_in_the_menu(qtbot: QtBot) -> None:
    button = MoreFormats(["voc", "npz", "png"], UserSettings())
    qtbot.addWidget(button)
    assert button.ticks.isEmpty()
    button.fill()
    assert {tick.data() for tick in button.ticks.actions()} == set(FORMATS) - {"voc", "npz", "png"}
    assert not button.chosen


def test_that_ticks_are_remembered_and_unknown_ones_forgotten(qtbot: QtBot) -> None:
    user_settings = UserSettings()
    user_settings.keep("export/more", ["coco", "of-another-version", "voc"])
    button = MoreFormats(["voc"], user_settings)
    qtbot.addWidget(button)
    button.fill()
    assert button.chosen == ("coco",)
    assert "1 chosen" in button.text()
    next(tick for tick in button.ticks.actions() if tick.data() == "irn").trigger()
    assert set(button.chosen) == {"coco", "irn"}
    assert set(MoreFormats(["voc"], user_settings).chosen) == {"coco", "irn"}


def test_that_the_window_writes_the_formats_of_other_programs_too(qtbot: QtBot, tmp_path: Path) -> None:
    store, user_settings = Store(), UserSettings()
    user_settings.keep("export/more", ["coco", "irn"])
    export_controller = ExportController(store)
    panel = ExportPanel(store, export_controller, user_settings)
    qtbot.addWidget(panel)
    result = make_result()
    store.change(
        image=result.request.image, settings=result.request.settings, result=result, focus=result.request.focus
    )
    panel.show_folder(str(tmp_path / "masks"))
    try:
        panel.export()
        qtbot.waitUntil(lambda: "written" in (store.state.message or "") or store.state.failure is not None)
    finally:
        export_controller.stop()
    assert store.state.failure is None
    assert list((tmp_path / "masks").glob("irn/*.npy"))
    assert list((tmp_path / "masks").glob("*.coco.json"))
