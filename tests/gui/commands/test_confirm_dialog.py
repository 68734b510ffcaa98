"""A file whose name gets its ending after the dialog is not replaced without a question."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.commands.confirm_dialog import with_ending
from dcsm_viewer.gui.files.sessions.session_file import ENDING
from tests.e2e.conftest import Desk, desk

__all__ = ["desk"]


@pytest.mark.parametrize("answer", [QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No])
def test_that_only_a_file_that_is_there_is_asked_about(
    answer: QMessageBox.StandardButton, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    asked: list[str] = []

    def answered(box: QMessageBox) -> int:
        asked.append(box.text())
        return answer

    monkeypatch.setattr(QMessageBox, "exec", answered)
    assert with_ending(parent, str(tmp_path / "new"), ".pdf") == str(tmp_path / "new.pdf")
    assert not asked
    (tmp_path / "old.pdf").touch()
    wanted = str(tmp_path / "old.pdf") if answer == QMessageBox.StandardButton.Yes else ""
    assert with_ending(parent, str(tmp_path / "old"), ".pdf") == wanted
    assert asked == ["Replace old.pdf?"]


def test_that_a_session_of_that_name_stays_where_the_user_says_no(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / f"mine{ENDING}"
    there.write_text("an older session")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.No)
    desk.window.ask_where_to_save()
    desk.window.sessions.stop()
    assert there.read_text() == "an older session"
