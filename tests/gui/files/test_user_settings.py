"""What is kept between two runs, and what happens where that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from dcsm_viewer.gui.files.user_settings import UserSettings


def file_at(path: Path) -> QSettings:
    return QSettings(str(path), QSettings.Format.IniFormat)


def test_that_what_is_kept_is_there_in_the_next_run(tmp_path: Path) -> None:
    file = file_at(tmp_path / "kept.ini")
    kept = UserSettings(file)
    kept.keep("window/theme", "dark")
    kept.keep("export/npz", False)
    kept.keep("window/docks", QByteArray(b"\x00\x01state"))
    kept.opened("/photos/a.png")
    file.sync()
    again = UserSettings(file_at(tmp_path / "kept.ini"))
    assert again.text("window/theme") == "dark"
    assert again.flag("export/npz", default=True) is False
    assert again.blob("window/docks") == QByteArray(b"\x00\x01state")
    assert again.recent == ("/photos/a.png",)


def test_that_recent_images_come_newest_first_each_once_and_ten_at_most() -> None:
    kept = UserSettings()
    for number in [*range(12), 5]:
        kept.opened(f"{number}.png")
    assert kept.recent == ("5.png", "11.png", "10.png", "9.png", "8.png", "7.png", "6.png", "4.png", "3.png", "2.png")


def test_that_an_unreadable_file_gives_defaults_and_a_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "bad.ini"
    path.write_bytes(b"\x00\xff[[[ no such = \n]=\nwindow/theme")
    kept = UserSettings(file_at(path))
    assert "cannot be read; the window starts with its defaults" in str(kept.complaint)
    assert kept.text("window/theme") == ""
    assert kept.recent == ()
    assert "cannot be read" in caplog.text


def test_that_values_of_another_kind_are_left_out(tmp_path: Path) -> None:
    file = file_at(tmp_path / "odd.ini")
    file.setValue("recent", {"a": 1})
    file.setValue("window/docks", 7)
    file.setValue("export/npz", "perhaps")
    kept = UserSettings(file)
    assert kept.recent == ()
    assert kept.blob("window/docks").isEmpty()
    assert kept.flag("export/npz", default=True) is True


def test_that_without_a_file_nothing_outlives_the_run() -> None:
    kept = UserSettings()
    kept.keep("window/theme", "dark")
    assert kept.text("window/theme") == "dark"
    kept.remove("window/theme")
    assert kept.text("window/theme") == ""
    assert UserSettings().text("window/theme") == ""
