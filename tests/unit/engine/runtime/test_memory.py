"""Freed memory goes back to the system, where the C library knows how."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from dcsm_viewer.engine.runtime.memory import malloc_trim

MIB = 1024**2


def resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives freed memory back when asked")
def test_that_holes_between_what_is_kept_go_back_to_the_system() -> None:
    blocks = [bytearray(b"x" * 60_000) for _ in range(2000)]
    kept = blocks[::100]  # holds the end of the heap, so that freeing the rest gives nothing back by itself
    del blocks
    before = resident()
    malloc_trim()
    assert before - resident() > 50 * MIB
    assert all(block[-1] == ord("x") for block in kept)


def test_that_giving_back_twice_or_with_nothing_freed_is_no_fault() -> None:
    malloc_trim()
    malloc_trim()
