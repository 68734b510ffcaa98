"""Sets the program up in .venv and starts it (`run`) or tests it (`test`), on a machine that has only Python.

Standard library only: this runs before anything is installed. `make run` and `make test` call it; on Windows use
`py bootstrap.py run` and `py bootstrap.py test`. `test-machines` runs the tests as other processors would.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
SAMPLE = ROOT / "resources" / "samples" / "dog-bicycle.jpg"
# Twice quiet: errors only. Pip's warnings about an index would bury what a failed test says.
PIP_INSTALL = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "-c", "constraints.txt")


def print_line(sentence: str) -> None:
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
        print_line(f"'python {' '.join(arguments)}' failed with exit code {code}; its output is above.")
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
        print_line(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        sys.exit(2)
    if not PYTHON.exists():
        print_line("Making .venv ...")
        make_environment()
    print_line("Installing the program and what it needs (a few minutes the first time) ...")
    pip("-e", f".[{extra}]" if extra else ".")
    install_pydensecrf()
    made.write_text(wanted)


def make_environment() -> None:
    try:
        venv.create(VENV, with_pip=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        print_line(
            "Python cannot make a virtual environment here. On Debian and Ubuntu: sudo apt-get install python3-venv"
        )
        sys.exit(1)


def install_pydensecrf() -> None:
    """The optional second CRF backend, which has to be compiled."""
    if imports("import pydensecrf"):
        return
    if not any(shutil.which(compiler) for compiler in ("c++", "g++", "clang++", "cl")):
        print_line("No C++ compiler here: pydensecrf is left out. The program's own CRF does the work.")
        return
    print_line("Building pydensecrf (about a minute) ...")
    if python(*PIP_INSTALL, "-e", ".[pydensecrf]"):
        print_line("pydensecrf could not be built: it is left out. The program's own CRF does the work.")


def screen(platform: str | None = None) -> dict[str, Any]:
    """What the program's own probe of Qt finds: `error`, `packages` that would mend it, `offscreen`."""
    environment = dict(os.environ) if platform is None else {**os.environ, "QT_QPA_PLATFORM": platform}
    told = subprocess.run(
        [str(PYTHON), "-m", "dcsm_viewer.gui.screen_probe"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def install_qt_libraries(platform: str | None = None) -> dict[str, Any]:
    """What `screen` finds, after the system libraries that Qt lacks were installed where that is allowed."""
    found = screen(platform)
    packages = found["packages"]
    if not packages or not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return found
    print_line("Qt lacks system libraries: installing " + " ".join(packages))
    quiet = {"stdout": subprocess.DEVNULL}
    subprocess.call(("apt-get", "update", "-qq"), **quiet)
    subprocess.call(("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages), **quiet)
    return screen(platform)


def run(arguments: list[str]) -> int:
    install("")
    # Each time: a display may have come since. The program itself says what is still missing and goes on without.
    install_qt_libraries()
    return python("main.py", *(arguments or [str(SAMPLE)]))


def install_for_tests() -> None:
    install("dev")
    found = install_qt_libraries("offscreen")
    if found["error"]:
        print_line(f"The tests cannot draw. {found['error']}")
        sys.exit(1)


def test(arguments: list[str]) -> int:
    install_for_tests()
    for check in (
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "ruff", "check", "."),
        ("-m", "mypy"),
        ("-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"),
        ("-m", "deptry", "dcsm_viewer"),
    ):
        must(*check)
    return python("-m", "pytest", *(arguments or ("-n", str(min(4, os.cpu_count() or 1)))))


def test_machines(arguments: list[str]) -> int:
    install_for_tests()
    return python("-m", "tests.machines", *arguments)


if __name__ == "__main__":
    commands = {"run": run, "test": test, "test-machines": test_machines}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        print_line("Say 'run', 'test' or 'test-machines'.")
        sys.exit(2)
    sys.exit(commands[sys.argv[1]](sys.argv[2:]))
