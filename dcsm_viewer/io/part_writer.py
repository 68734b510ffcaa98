"""Who writes a half-made file: which process of which machine, and whether it is still there."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path


def this_writer() -> str:
    """Return a short name for this process, for file names: a code of the machine, then the process id."""
    return f"{_machine()}.{os.getpid()}"


def is_running(writer: str) -> bool | None:
    """Return whether the process that `this_writer` named is still there; None where that cannot be known from here.

    A process id that another process has by now counts as running: a part too many is harmless, one too few is not.
    """
    machine, dot, number = writer.partition(".")
    if not dot or machine != _machine() or not number.isdecimal():
        return None
    return _is_process(int(number))


@cache
def _machine() -> str:
    """The same text for all processes that see each other's process ids, and for no others.

    Containers have process ids of their own, machines may share a name, and after a start of the machine its ids begin
    anew: hence the name space and the boot, which Linux tells; elsewhere the machine's name has to do.
    """
    parts = [socket.gethostname(), sys.platform]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
    with suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _is_process(number: int) -> bool:
    if sys.platform == "win32":
        return _is_windows_process(number)
    try:
        os.kill(number, 0)  # signal 0 is not delivered; it asks whether one could be sent
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's process
        return True
    return True


def _is_windows_process(number: int) -> bool:
    # os.kill would end the process there.
    import ctypes

    query, still_active = 0x1000, 259
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]  # Windows only
    handle = kernel.OpenProcess(query, False, number)  # noqa: FBT003 - the order of Windows' own function
    if not handle:
        return bool(kernel.GetLastError() == 5)  # denied: it is there, and another user's
    code = ctypes.c_ulong()
    known = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return not known or code.value == still_active
