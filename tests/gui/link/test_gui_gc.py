"""Who takes garbage apart, and when."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.link.gui_gc import GuiThreadGc


class Ring:
    """Garbage that only the collector finds: it holds itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def gui_gc(qtbot: QtBot) -> Iterator[GuiThreadGc]:
    assert qtbot is not None
    made = GuiThreadGc()
    yield made
    made.stop()


def rings(count: int) -> list[weakref.ref[Ring]]:
    """So many rings that were dropped at once."""
    return [weakref.ref(Ring()) for _ in range(count)]


def test_that_no_other_thread_takes_garbage_apart(gui_gc: GuiThreadGc) -> None:
    assert gui_gc is not None
    gc.collect()
    found: list[weakref.ref[Ring]] = []
    # Far more than Python's own thresholds ask for.
    thread = threading.Thread(target=lambda: found.extend(rings(20_000)))
    thread.start()
    thread.join()
    assert all(ring() is not None for ring in found)


def test_that_the_windows_thread_takes_it_apart_soon(gui_gc: GuiThreadGc, qtbot: QtBot) -> None:
    assert gui_gc is not None
    found = rings(20_000)
    qtbot.waitUntil(lambda: all(ring() is None for ring in found))


def test_that_garbage_is_found_also_after_the_engine_was_loaded(gui_gc: GuiThreadGc, qtbot: QtBot) -> None:
    gui_gc.settle()
    assert gc.get_freeze_count() > 0
    found = rings(20_000)
    qtbot.waitUntil(lambda: all(ring() is None for ring in found))


def test_that_python_collects_by_itself_again_afterwards(qtbot: QtBot) -> None:
    assert qtbot is not None
    made = GuiThreadGc()
    assert not gc.isenabled()
    made.settle()
    made.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
