"""Sets the program up in .venv and starts it (`run`) or tests it (`test`), on a machine that has only Python.

Standard library only: this runs before anything is installed. `make run` and `make test` call it; on Windows use
`py bootstrap.py run` and `py bootstrap.py test`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
SAMPLE = ROOT / "resources" / "samples" / "dog-bicycle.jpg"
# Shared libraries that Qt loads and a bare Debian or Ubuntu lacks.
QT_LIBRARIES = ("libegl1", "libgl1", "libxkbcommon0", "libdbus-1-3", "libfontconfig1", "libxcb-cursor0")
# Twice quiet: errors only. Pip's warnings about an index would bury what a failed test says.
PIP_INSTALL = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "-c", "constraints.txt")
QT_PROBE = "from PySide6 import QtGui, QtSvg, QtWidgets"


def say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def python(*arguments: str) -> int:
    return subprocess.call([str(PYTHON), *arguments], cwd=ROOT)


def imports(statement: str) -> bool:
    """Whether the environment can; silent either way."""
    return subprocess.run([str(PYTHON), "-c", statement], capture_output=True, check=False).returncode == 0


def must(*arguments: str) -> None:
    code = python(*arguments)
    if code:
        say(f"'python {' '.join(arguments)}' failed with exit code {code}; its output is above.")
        sys.exit(code)


def pip(*arguments: str) -> None:
    must(*PIP_INSTALL, *arguments)


def install(extra: str) -> None:
    """The environment for `extra` ("" or "dev"), made once per state of pyproject.toml and constraints.txt."""
    wanted = hashlib.sha256(
        extra.encode() + (ROOT / "pyproject.toml").read_bytes() + (ROOT / "constraints.txt").read_bytes()
    ).hexdigest()
    made = VENV / f"made-for-{extra or 'run'}"
    if made.exists() and made.read_text() == wanted:
        return
    if sys.version_info < (3, 11):
        say(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        sys.exit(2)
    if not PYTHON.exists():
        say("Making .venv ...")
        make_environment()
    say("Installing the program and what it needs (a few minutes the first time) ...")
    pip("-e", f".[{extra}]" if extra else ".")
    install_pydensecrf()
    install_qt_libraries()
    made.write_text(wanted)


def make_environment() -> None:
    try:
        venv.create(VENV, with_pip=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        say("Python cannot make a virtual environment here. On Debian and Ubuntu: sudo apt-get install python3-venv")
        sys.exit(1)


def install_pydensecrf() -> None:
    """The optional second CRF backend, which has to be compiled."""
    if imports("import pydensecrf"):
        return
    if not any(shutil.which(compiler) for compiler in ("c++", "g++", "clang++", "cl")):
        say("No C++ compiler here: pydensecrf is left out. The program's own CRF does the work.")
        return
    say("Building pydensecrf (about a minute) ...")
    if python(*PIP_INSTALL, ".[pydensecrf]"):
        say("pydensecrf could not be built: it is left out. The program's own CRF does the work.")


def install_qt_libraries() -> None:
    if imports(QT_PROBE):
        return
    command = ("apt-get", "install", "-y", "-qq", *QT_LIBRARIES)
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("Qt lacks system libraries: installing " + " ".join(QT_LIBRARIES))
        subprocess.call(("apt-get", "update", "-qq"))
        subprocess.call(command)
    if python("-c", QT_PROBE):
        say(f"Qt cannot start: a system library is missing (see above). On Debian: sudo {' '.join(command)}")
        sys.exit(1)


def run(arguments: list[str]) -> int:
    install("")
    return python("main.py", *(arguments or [str(SAMPLE)]))


def test(arguments: list[str]) -> int:
    install("dev")
    for check in (
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "ruff", "check", "."),
        ("-m", "mypy"),
        ("-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"),
        ("-m", "deptry", "dcsm_viewer"),
    ):
        must(*check)
    return python("-m", "pytest", *(arguments or ("-n", str(min(4, os.cpu_count() or 1)))))


if __name__ == "__main__":
    commands = {"run": run, "test": test}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        say("Say 'run' or 'test'.")
        sys.exit(2)
    sys.exit(commands[sys.argv[1]](sys.argv[2:]))
