"""Whether a window can be shown: tried in another process, told in a sentence, whatever is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dcsm_viewer.gui import screen_probe as module
from dcsm_viewer.gui.missing_libraries import debian_packages, missing_libraries, qt_files
from dcsm_viewer.gui.screen_probe import PROBE, Screen, ScreenProbe

X11 = {"DISPLAY": ":77"}


@pytest.fixture(autouse=True)
def nothing_of_qt_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_runs_already", lambda: False)


def found(environment: dict[str, str], code: str, system: str = "linux") -> Screen:
    return ScreenProbe(environment, system, (sys.executable, "-c", code)).found()


def aborting(told: str, *, offscreen: bool = True) -> str:
    """A process that says this and aborts, as Qt does; offscreen it lives, or not."""
    return (
        "import os, sys, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        f"if {offscreen} and os.environ.get('QT_QPA_PLATFORM') == 'offscreen': raise SystemExit(0)\n"
        f"sys.stderr.write({told!r}); sys.stderr.flush(); os.abort()"
    )


@pytest.fixture
def nothing_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "missing_libraries", lambda _files: ())


def test_that_qt_itself_is_started_without_a_screen() -> None:
    assert found({"QT_QPA_PLATFORM": "offscreen"}, PROBE) == Screen()


def test_that_a_plugin_that_qt_does_not_have_is_named_and_drawing_still_works() -> None:
    screen = found({"QT_QPA_PLATFORM": "nonexistent"}, PROBE)
    assert (
        screen.error == "QT_QPA_PLATFORM asks for nonexistent, a platform plugin that Qt does not have here; unset it."
    )
    assert screen.offscreen


def test_that_a_display_without_a_server_is_told_in_one_sentence() -> None:
    # Where libraries are missing as well, they are named first.
    screen = found({"DISPLAY": "127.0.0.1:7777"}, PROBE)
    assert re.search("The display 127.0.0.1:7777 does not answer|shared libraries that are not installed", screen.error)
    assert "\n" not in screen.error
    assert screen.offscreen


@pytest.mark.usefixtures("nothing_missing")
@pytest.mark.parametrize(
    ("environment", "told", "sentence"),
    [
        (
            X11,
            "qt.qpa.xcb: could not connect to display :77\nThis application failed",
            "The display :77 does not answer",
        ),
        (
            {"WAYLAND_DISPLAY": "wayland-3"},
            "Failed to create wl_display (No such file or directory)",
            "The display wayland-3 does not answer",
        ),
        (X11, "something new.\nand more", "Qt cannot start its platform plugin (xcb): something new."),
        (
            X11,
            "qt.qpa.plugin: From 6.5.0, xcb-cursor0 or libxcb-cursor0 is needed.\nCould not load the plugin.",
            "Qt cannot start its platform plugin (xcb): Could not load the plugin.",
        ),
        (
            X11,
            "Traceback (most recent call last):\n  File ...\nImportError: libEGL.so.1: file too short\n",
            "Qt cannot start its platform plugin (xcb): ImportError: libEGL.so.1: file too short.",
        ),
        (X11, "", "Qt cannot start its platform plugin (xcb): it ended without a word."),
    ],
)
def test_that_what_qt_says_becomes_a_sentence(environment: dict[str, str], told: str, sentence: str) -> None:
    screen = found(environment, aborting(told))
    assert screen.error.startswith(sentence)
    assert (screen.packages, screen.offscreen) == ((), True)


def test_that_a_server_that_never_answers_does_not_hang_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ANSWER_S", 0.5)
    monkeypatch.setattr(module, "missing_libraries", lambda _files: ())
    screen = found(X11, "import threading; threading.Event().wait()")
    assert screen.error.startswith("The display :77 does not answer")
    assert not screen.offscreen


def test_that_all_missing_libraries_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ("libxcb-icccm.so.4", "libxcb-keysyms.so.1")
    asked: list[Path] = []

    def missing_of(files: Sequence[Path]) -> tuple[str, ...]:
        asked.extend(files)
        return missing

    monkeypatch.setattr(module, "missing_libraries", missing_of)
    screen = found(X11, aborting("From 6.5.0, xcb-cursor0 or libxcb-cursor0 is needed"))
    assert screen.packages == ("libxcb-icccm4", "libxcb-keysyms1")
    assert screen.error == (
        "Qt's platform plugin (xcb) needs shared libraries that are not installed: libxcb-icccm.so.4, "
        "libxcb-keysyms.so.1 (on Debian and Ubuntu: sudo apt-get install libxcb-icccm4 libxcb-keysyms1)."
    )
    assert "libqxcb.so" in {file.name for file in asked} or sys.platform != "linux"


def test_that_without_a_display_what_drawing_needs_is_still_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "missing_libraries", lambda _files: ("libEGL.so.1",))
    screen = found({}, aborting("ImportError: libEGL.so.1: cannot open shared object file", offscreen=False))
    assert screen.error == (
        "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). Qt needs shared libraries that are not "
        "installed: libEGL.so.1 (on Debian and Ubuntu: sudo apt-get install libegl1)."
    )
    assert (screen.packages, screen.offscreen) == (("libegl1",), False)


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_that_nothing_is_started_where_there_is_always_a_screen(system: str) -> None:
    assert found({}, "raise SystemExit('started')", system) == Screen()


def test_that_nothing_is_started_where_qt_runs_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_runs_already", lambda: True)
    assert found(X11, "raise SystemExit('started')") == Screen()


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libxcb-icccm.so.4", "libxcb-icccm4"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libEGL.so.1", "libegl1"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
        ("libz.so.1", "zlib1g"),
    ],
)
def test_that_libraries_have_the_package_debian_puts_them_in(library: str, package: str) -> None:
    assert debian_packages([library]) == (package,)


def test_that_a_name_that_is_no_shared_library_has_no_package() -> None:
    assert debian_packages(["libqxcb.so", "ld-linux"]) == ()


def test_that_the_loader_is_asked_for_everything_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = "a.so:\n\tlibc.so.6 => /lib/libc.so.6 (0x0)\n\tlibb.so.1 => not found\n\tliba.so.2 => not found\n"
    told += "b.so:\n\tlibb.so.1 => not found\n"
    monkeypatch.setattr("shutil.which", lambda _name: "ldd")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: subprocess.CompletedProcess([], 1, told, ""))
    assert missing_libraries([tmp_path]) == ("liba.so.2", "libb.so.1")


def test_that_without_ldd_nothing_is_known_to_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert missing_libraries([tmp_path]) == ()


@pytest.mark.skipif(sys.platform != "linux", reason="the plugin of X11 is Linux's")
def test_that_the_files_of_qt_are_found_without_importing_it() -> None:
    names = {file.name.partition(".")[0] for file in qt_files(("xcb", "nonexistent"))}
    assert names == {"QtGui", "QtWidgets", "QtSvg", "libqxcb"}
