"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.part_writer import is_running, this_writer

TEMPORARY_MARK = ".part-"  # how the names of files begin that are not yet whole
_CODE = 12
_FORGOTTEN_S = 24 * 3600  # no file takes a day to write: a part older than that has no writer any more


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write to, which takes the place of `path` when the block ends without an exception.

    Until then it lies under another name in the same folder (a rename across disks would be a copy, which can stop
    half way). After an exception nothing of it is left, and a file that stood at `path` is untouched.
    Raises UserError for a folder that is missing, read-only or on a full disk.
    """
    final = _behind_links(path)  # through a link to the file it names, instead of replacing the link
    partial = temporary_path(final)
    try:
        with partial.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(final)
    except OSError as error:
        raise_user_error(error, final)
    finally:
        with suppress(OSError):  # it is gone already when all went well
            partial.unlink()


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, for writers that want a name; the same promises as `atomic_write`.

    The folder of `path` is made if it is missing.
    """
    final = _behind_links(path)
    draft = temporary_path(final)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        with draft.open("rb+") as stream:
            os.fsync(stream.fileno())
        draft.replace(final)
    except OSError as error:
        raise_user_error(error, final)
    finally:
        with suppress(OSError):
            draft.unlink()


def _behind_links(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise UserError(f"{path!s} could not be written ({reason_of(error)}); choose another name.") from error


def temporary_path(final: Path) -> Path:
    """A name that is not in use, beside `final`, for what is not yet whole; `owner_of` tells whose it is.

    A part of a part belongs to the same owner.
    """
    return final.with_name(f"{TEMPORARY_MARK}{owner_of(final.name)}-{this_writer()}-{secrets.token_hex(8)}")


def is_abandoned(part: Path) -> bool:
    """Return True if no process writes `part` any more: its process ended on this machine, or it is a day old.

    What a process of another machine writes cannot be asked after, so it counts as written until it is a day old.
    """
    _, _, rest = part.name.removeprefix(TEMPORARY_MARK).partition("-")
    if is_running(rest.rpartition("-")[0]) is False:
        return True
    try:
        return time.time() - part.stat().st_mtime > _FORGOTTEN_S
    except OSError:  # it is gone: its writer has just put it in its place
        return False


def owner_of(name: str) -> str:
    """Who a part named `name` was begun for, or who `name` would be as an owner: the same short code.

    So that what a killed process left can be removed by the process that makes the same file again, and by no other.
    """
    if name.startswith(TEMPORARY_MARK):
        return name.removeprefix(TEMPORARY_MARK)[:_CODE]
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:_CODE]


def ensure_folder(folder: Path) -> None:
    """The folder and those above it, made if they are missing. Raises UserError where they cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a null character in its name
        raise UserError(f"The folder {folder} cannot be made ({reason_of(error)}); choose another.") from error


def raise_user_error(error: OSError, path: Path) -> NoReturn:
    """Raises UserError with what `error` means for somebody who wants a file at `path`."""
    folder = path.parent
    match error.errno:
        case errno.ENOENT:
            sentence = f"{folder} is not there, so {path.name} cannot be written; choose another folder."
        case errno.ENOTDIR | errno.EEXIST:
            sentence = f"{folder} is no folder, so {path.name} cannot be written; choose another."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            sentence = f"{folder} does not let {path.name} be written; choose a folder of your own."
        case errno.ENOSPC | errno.EDQUOT:
            sentence = f"The disk is full, so {path} was not written; make room or choose another disk."
        case errno.EISDIR:
            sentence = f"{path} is a folder, so no file can take its place; choose another name."
        case errno.ENAMETOOLONG:
            sentence = f"{path.name} is too long for a file name; choose a shorter one."
        case errno.ELOOP:
            sentence = f"{path} lies behind a link that leads to itself; choose another folder."
        case _:
            sentence = f"{path} could not be written ({reason_of(error)}); choose another folder."
    raise UserError(sentence) from error
