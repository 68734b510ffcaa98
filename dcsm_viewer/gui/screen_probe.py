"""Whether Qt can show a window here, tried by a process of its own: where Qt cannot, it aborts the process that asks.

`python -m dcsm_viewer.gui.screen_probe` prints what was found as one JSON line; `bootstrap.py` installs by it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from dcsm_viewer.gui.display import has_display
from dcsm_viewer.gui.missing_libraries import debian_packages, missing_libraries, qt_files

# No core file of the process that is expected to abort.
PROBE = """
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from PySide6 import QtGui, QtSvg, QtWidgets
QtGui.QGuiApplication([])
"""
# Far beyond what a start takes (0.2 s): a display that was reached and does not answer must not hang the program.
_ANSWER_S = 30


@dataclass(frozen=True, slots=True)
class Screen:
    """What was found: `error` is a sentence with the remedy, or "" where a window can be shown.

    packages: Debian packages that would bring what is missing. offscreen: whether Qt can draw without a screen.
    """

    error: str = ""
    packages: tuple[str, ...] = ()
    offscreen: bool = True


class ScreenProbe:
    """Starts Qt's platform plugin in another process at once; `found` waits for how that ended.

    Windows and macOS always have a screen and bring all that Qt needs, so nothing is started there; nor where this
    process runs Qt already.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        system: str = sys.platform,
        command: Sequence[str] = (sys.executable, "-c", PROBE),
    ) -> None:
        self._environment = environment
        self._command = command
        self._display = has_display(environment, system)
        needed = self._display and not system.startswith(("win", "darwin")) and not _runs_already()
        self._process = self._start(environment) if needed else None

    def found(self) -> Screen:
        """Wait for the other process; what it met, in a sentence."""
        if not self._display:
            return self._without("There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).", ())
        if self._process is None:
            return Screen()
        told = self._ended(self._process)
        if told is None:
            return Screen()
        platforms = _platforms(self._environment)
        missing = missing_libraries(qt_files(platforms))
        return self._without(_sentence(told, platforms, missing, self._environment), debian_packages(missing))

    def _without(self, error: str, packages: tuple[str, ...]) -> Screen:
        """The error, and whether Qt can at least draw without a screen."""
        told = self._ended(self._start({**self._environment, "QT_QPA_PLATFORM": "offscreen"}))
        if told is None:
            return Screen(error, packages)
        missing = missing_libraries(qt_files(("offscreen",)))
        if not packages and missing:
            error = f"{error} {_libraries_missing('Qt', missing)}"
        return Screen(error, packages or debian_packages(missing), offscreen=False)

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603  # this Python, or what a test gives
            self._command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )

    @staticmethod
    def _ended(process: subprocess.Popen[str]) -> str | None:
        """What Qt said of its failure, None where it started."""
        try:
            _, told = process.communicate(timeout=_ANSWER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"no answer within {_ANSWER_S} s"
        return None if process.returncode == 0 else told


def _runs_already() -> bool:
    gui = sys.modules.get("PySide6.QtGui")
    return gui is not None and gui.QGuiApplication.instance() is not None


def _platforms(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The plugins that Qt tries, in its order; QT_QPA_PLATFORM may name several, each with options behind a colon."""
    if platforms := environment.get("QT_QPA_PLATFORM"):
        return tuple(part.partition(":")[0] for part in platforms.split(";") if part)
    tried = (("WAYLAND_DISPLAY", "wayland"), ("DISPLAY", "xcb"))
    return tuple(name for variable, name in tried if environment.get(variable))


def _sentence(told: str, platforms: Sequence[str], missing: Sequence[str], environment: Mapping[str, str]) -> str:
    """One sentence of Qt's own lines and of what the loader misses.

    Parameters
    ----------
    told : what the process wrote to its standard error
    platforms : the plugins that were tried
    missing : shared libraries that were not found
    environment : the environment it was started in
    """
    plugins = " and ".join(platforms) or "its own"
    if missing:
        return _libraries_missing(f"Qt's platform plugin ({plugins})", missing)
    if "Could not find the Qt platform plugin" in told:
        return f"QT_QPA_PLATFORM asks for {plugins}, a platform plugin that Qt does not have here; unset it."
    if "could not connect to display" in told or "Failed to create wl_display" in told or "no answer" in told:
        named = [environment[name] for name in ("WAYLAND_DISPLAY", "DISPLAY") if environment.get(name)]
        return f"The display {' or '.join(named)} does not answer; is its server running, and may this user use it?"
    return f"Qt cannot start its platform plugin ({plugins}): {_telling_line(told).rstrip('.')}."


def _telling_line(told: str) -> str:
    """The first line of Qt's, the last of a traceback."""
    # Qt suggests xcb-cursor0 whatever library of X11 is missing or broken.
    lines = [line.strip() for line in told.splitlines() if line.strip() and "xcb-cursor0" not in line]
    if not lines:
        return "it ended without a word"
    return lines[-1 if lines[0].startswith("Traceback") else 0]


def _libraries_missing(what: str, missing: Sequence[str]) -> str:
    return (
        f"{what} needs shared libraries that are not installed: {', '.join(missing)} "
        f"(on Debian and Ubuntu: sudo apt-get install {' '.join(debian_packages(missing))})."
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(ScreenProbe().found())) + "\n")
