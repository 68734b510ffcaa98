"""Whatever the system says of a file becomes one sentence that names the file and what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_path, atomic_write, ensure_folder, raise_user_error
from dcsm_viewer.io.os_errors import reason_of, sentence_on
from dcsm_viewer.io.plain_file import plain_bytes, plain_json

KINDS = sorted(errno.errorcode)


@pytest.mark.parametrize("number", KINDS, ids=lambda number: errno.errorcode[number])
def test_that_every_error_about_a_file_is_one_sentence(number: int) -> None:
    error = OSError(number, os.strerror(number), "a.jpg")

    sentence = sentence_on(error)

    assert sentence is not None
    assert sentence.startswith("a.jpg ")
    assert sentence.endswith(".")
    assert "; " in sentence
    assert "Errno" not in sentence


@pytest.mark.parametrize("number", KINDS, ids=lambda number: errno.errorcode[number])
def test_that_every_error_of_writing_is_one_sentence(number: int) -> None:
    with pytest.raises(UserError, match=r"^[^\n]*a\.png[^\n]*; [^\n]*\.$"):
        raise_user_error(OSError(number, os.strerror(number)), Path("folder/a.png"))


def test_that_an_error_without_words_has_a_reason() -> None:
    assert reason_of(OSError()) == "OSError"
    assert reason_of(ValueError("")) == "ValueError"
    assert reason_of(OSError("two\nlines.")) == "two lines"


def test_that_what_is_not_about_a_file_gets_no_sentence() -> None:
    assert sentence_on(ValueError("x")) is None
    assert sentence_on(BrokenPipeError(errno.EPIPE, "Broken pipe")) is None
    assert sentence_on(OSError(errno.ENOSPC, "No space left on device")) == "The disk is full; make room."


def test_that_a_null_character_in_a_name_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a\0b" / "c"
    with pytest.raises(UserError, match="null character"), atomic_write(path):
        pass
    with pytest.raises(UserError, match="null character"), atomic_path(path):
        pass
    with pytest.raises(UserError, match="null character"):
        ensure_folder(path)
    with pytest.raises(OSError, match="null character") as caught:
        plain_bytes(path)
    assert "null character" in reason_of(caught.value)
    with pytest.raises(ValueError, match="null") as raised:
        path.open()
    assert sentence_on(raised.value) == "A path holds a null character, which no file name can; check the path."


@pytest.mark.parametrize("stored", [b"NaN", b"[1e999]", b"-Infinity", b"1" * 5000, b"[" * 200_000, b"\xff", b""])
def test_that_what_json_cannot_hold_is_a_value_error(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        plain_json(stored)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_that_json_is_read_in_every_encoding_it_may_have(encoding: str) -> None:
    assert plain_json('{"name": "犬", "size": 1.5}'.encode(encoding)) == {"name": "犬", "size": 1.5}


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EROFS])
def test_that_a_failing_disk_is_said_where_the_system_names_no_file(number: int) -> None:
    sentence = sentence_on(OSError(number, os.strerror(number)))
    assert sentence is not None
    assert sentence.endswith("check the disk it is on.")


def test_that_a_refused_connection_is_not_taken_for_a_file() -> None:
    assert sentence_on(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")) is None
