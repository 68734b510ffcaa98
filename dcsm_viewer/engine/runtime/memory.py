"""Freed memory that the C library holds, returned to the OS: a night's run must not grow by fragments."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def malloc_trim() -> None:
    """Return freed heap pages to the OS, where the C library can do that (glibc malloc_trim, about 20 ms).

    Maps of many sizes, made and let go by several threads, otherwise leave holes: giving them back halved what 2,000
    images added to the resident memory (issue 8, docs/many-images.md).
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """glibc's; None for other C libraries and systems."""
    if not sys.platform.startswith("linux"):
        return None
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim
