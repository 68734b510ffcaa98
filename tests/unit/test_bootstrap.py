"""What `make run` does about system libraries that Qt lacks: installs them where it may, and goes on where not."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

LACKING = {"error": "Qt lacks libxcb-icccm.so.4.", "packages": ["libxcb-icccm4"], "offscreen": True}
FINE = {"error": "", "packages": [], "offscreen": True}


@pytest.fixture
def bootstrap() -> ModuleType:
    """bootstrap.py is no part of the package and is loaded from its file."""
    spec = importlib.util.spec_from_file_location("bootstrap", Path(__file__).parents[2] / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def called(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands that were started, on a Debian whose probe is mended by the second look."""
    commands: list[tuple[str, ...]] = []
    screens = iter([LACKING, FINE])

    def call(command: Sequence[str], **_more: object) -> int:
        commands.append(tuple(command))
        return 0

    monkeypatch.setattr(bootstrap, "screen", lambda _platform=None: next(screens))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    return commands


def test_that_root_installs_what_the_probe_names(
    bootstrap: ModuleType, called: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0, raising=False)
    assert bootstrap.install_qt_libraries() == FINE
    assert [(*command[:2], command[-1]) for command in called] == [
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "libxcb-icccm4"),
    ]


def test_that_who_is_not_root_is_told_and_nothing_is_installed(
    bootstrap: ModuleType, called: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000, raising=False)
    assert bootstrap.install_qt_libraries() == LACKING
    assert called == []


def test_that_tests_are_not_started_where_qt_cannot_draw(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "install", lambda _extra: None)
    monkeypatch.setattr(bootstrap, "install_qt_libraries", lambda _platform: LACKING)
    with pytest.raises(SystemExit) as ended:
        bootstrap.install_for_tests()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "The tests cannot draw. Qt lacks libxcb-icccm.so.4.\n"


def test_that_the_probe_of_the_installed_program_is_asked(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    found: dict[str, Any] = bootstrap.screen("nonexistent")
    assert "nonexistent" in found["error"] or sys.platform in {"win32", "darwin"}
    assert bootstrap.screen("offscreen") == FINE


def test_that_building_pydensecrf_leaves_the_program_editable(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, ...]] = []

    def python(*arguments: str) -> int:
        calls.append(arguments)
        return 0

    monkeypatch.setattr(bootstrap, "imports", lambda _statement: False)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: "/usr/bin/c++")
    monkeypatch.setattr(bootstrap, "python", python)
    bootstrap.install_pydensecrf()
    # Without -e a copy of the program takes the place of this folder, and grows old there.
    assert calls[0][-2:] == ("-e", ".[pydensecrf]")
