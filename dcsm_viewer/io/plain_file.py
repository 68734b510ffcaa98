"""The bytes of a file, and the JSON in them; what is no file (a pipe, a device) is refused and not waited for."""

from __future__ import annotations

import errno
import json
import math
import stat
from pathlib import Path
from typing import NoReturn

from dcsm_viewer.io.os_errors import NULL_CHARACTER

# What a shell hands over as a file, as in --classes <(ls): somebody writes to it.
_HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")


def check_plain(path: Path) -> None:
    """Raise OSError, and nothing else, for what is not there, a folder, a pipe or a device."""
    try:
        mode = path.stat().st_mode
    except ValueError:
        raise OSError(errno.EINVAL, NULL_CHARACTER, str(path)) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
    if not stat.S_ISREG(mode) and not str(path).startswith(_HANDED_OVER):
        raise OSError(errno.EINVAL, "it is a pipe or a device and no file", str(path))


def plain_bytes(path: Path) -> bytes:
    """What the file holds. Raises OSError, and nothing else, as `check_plain` does."""
    check_plain(path)
    return path.read_bytes()


def plain_json(stored: bytes) -> object:
    """The JSON document in `stored`: UTF-8, -16 or -32, with or without a byte order mark.

    Raises ValueError, and nothing else, for what is no JSON, numbers that are not finite, and nesting too deep.
    """
    try:
        return json.loads(stored, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is no finite number")
    return value
