"""A file is there whole, or what was there before is."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_write, raise_user_error


def _write_half(path: Path, interruption: BaseException) -> None:
    with atomic_write(path) as stream:
        stream.write(b"half")
        raise interruption


def test_that_a_finished_block_replaces_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")
    with atomic_write(tmp_path / "a.bin") as stream:
        stream.write(b"new")
        assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert (tmp_path / "a.bin").read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.bin"]


@pytest.mark.parametrize("interruption", [ValueError("bad"), KeyboardInterrupt()])
def test_that_an_interrupted_block_keeps_the_old_file_and_leaves_nothing_else(
    tmp_path: Path, interruption: BaseException
) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")
    with pytest.raises(type(interruption)):
        _write_half(tmp_path / "a.bin", interruption)
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.bin"]


def test_that_the_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with atomic_write(tmp_path / "a") as stream:
        stream.write(b"x")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_that_a_link_keeps_pointing_to_the_file_that_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with atomic_write(tmp_path / "link") as stream:
        stream.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_that_a_full_disk_is_said_and_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(UserError, match=r"The disk is full, so .*a was not written"), atomic_write(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_that_a_missing_folder_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match="gone is not there, so a cannot be written; choose another folder"),
        atomic_write(tmp_path / "gone" / "a"),
    ):
        pass


def test_that_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(UserError, match="is a folder, so no file can take its place"), atomic_write(tmp_path / "a"):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_that_a_read_only_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def refuse(path: Path, mode: str) -> Iterator[None]:
        raise PermissionError(errno.EACCES, "Permission denied", str(path), mode)
        yield

    monkeypatch.setattr(Path, "open", refuse)
    with (
        pytest.raises(UserError, match="does not let a be written; choose a folder of your own"),
        atomic_write(tmp_path / "a"),
    ):
        pass


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "does not let a.png be written"),
        (errno.ENOTDIR, "is no folder"),
        (errno.ENAMETOOLONG, "is too long for a file name"),
        (errno.EIO, "could not be written (Input/output error)"),
    ],
)
def test_that_each_trouble_has_its_sentence(number: int, words: str) -> None:
    with pytest.raises(UserError) as refused:
        raise_user_error(OSError(number, os.strerror(number)), Path("out/a.png"))
    assert words in str(refused.value)
    assert "a.png" in str(refused.value)
