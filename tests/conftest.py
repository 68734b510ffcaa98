"""No screen, no real home folder and no real settings, set before Qt is loaded."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.patience import PatientBot

# No test is timed: a busy machine must not fail one.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--headed", action="store_true", help="show the windows on the real screen")


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Before torch is loaded: each of several processes with all cores would only make them wait for each other.
        # Who names a number wants it: `make test-machines` runs with two.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if not config.getoption("--headed"):
        # Without it the whole process aborts on a machine with no screen.
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        # Said once for each window that has a least size; seen with the offscreen plugin only, which has no frames.
        config.addinivalue_line("qt_log_ignore", "This plugin does not support propagateSizeHints")


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's, with the patience that a busy machine asks for."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a home of its own, so that no setting or cache of the user is read or written."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    for name, folder in (("CONFIG", "config"), ("CACHE", "cache"), ("DATA", "data")):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QSettings

        # Qt reads the environment once and then keeps the folder, so it has to be told each time.
        for kind in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
            QSettings.setPath(kind, QSettings.Scope.UserScope, str(home / "config"))
    return home


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The worst figure of every kind that tests recorded: how far from its reference the program came."""
    worst: dict[str, float] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name.startswith("worst") and isinstance(value, float):
                worst[name] = max(worst.get(name, 0.0), value)
    if worst:
        terminalreporter.section("worst figures against the references")
        for name, value in sorted(worst.items()):
            terminalreporter.line(f"{name}: {value:.3g}")
