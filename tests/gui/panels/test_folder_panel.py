"""Ten thousand files in a folder: listed at once, read one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from dcsm_viewer.gui.panels.folder_panel import FolderModel
from dcsm_viewer.gui.state.view_state import ViewState
from tests.e2e.conftest import Desk, photograph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

COUNT = 10_000


def test_that_a_folder_of_ten_thousand_is_listed_whole_and_only_the_first_is_read(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    photograph(folder / "00000.png")
    for number in range(1, COUNT):
        (folder / f"{number:05}.png").touch()
    desk.open(folder)
    desk.settle()
    rows = desk.window.folder.list.model()
    assert rows.rowCount() == COUNT
    assert rows.index(COUNT - 1, 0).data() == "09999.png"
    assert desk.state.image is not None
    assert desk.state.image.name == "00000.png"
    # The last of them is empty; had all been read, all would be known as unreadable.
    assert desk.state.unreadable == frozenset()
    desk.parts.image_loader.open_at(COUNT - 1)
    desk.wait(lambda: desk.state.failure is not None)
    assert len(desk.state.unreadable) == 1
    assert "(not readable)" in rows.index(COUNT - 1, 0).data()


def test_that_a_list_of_ten_thousand_asks_for_no_file(tmp_path: Path) -> None:
    model = FolderModel()
    model.show_state(ViewState(folder=tuple(str(tmp_path / f"{number}.png") for number in range(COUNT))))
    assert model.rowCount() == COUNT
    assert model.index(7).data(Qt.ItemDataRole.DisplayRole) == "7.png"
