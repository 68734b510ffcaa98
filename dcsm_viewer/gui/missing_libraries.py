"""Which shared libraries Qt lacks on this machine, and the Debian packages that bring them."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

# Libraries whose packages do not follow Debian's rule for names.
_IRREGULAR = {"glib-2.0.so.0": "libglib2.0-0", "gthread-2.0.so.0": "libglib2.0-0", "z.so.1": "zlib1g"}
_LDD_S = 30


def qt_files(platforms: Iterable[str]) -> list[Path]:
    """Return the files that Qt loads to show widgets on these platforms ('xcb', 'wayland'), without importing Qt.

    Empty where PySide6 is not installed; platforms that Qt has no plugin for are left out.
    """
    found = importlib.util.find_spec("PySide6")
    if found is None or not found.submodule_search_locations:
        return []
    folder = Path(next(iter(found.submodule_search_locations)))
    modules = [file for name in ("QtGui", "QtWidgets", "QtSvg") for file in sorted(folder.glob(f"{name}.*so"))]
    plugins = [folder / "Qt" / "plugins" / "platforms" / f"libq{platform}.so" for platform in platforms]
    return [file for file in (*modules, *plugins) if file.exists()]


def missing_libraries(files: Sequence[Path]) -> tuple[str, ...]:
    """Return the names of shared libraries ('libxcb-icccm.so.4') that the loader does not find for these files.

    All of them at once, those that libraries need in turn too; empty where there is no `ldd` to ask.
    """
    ldd = shutil.which("ldd")
    if ldd is None or not files:
        return ()
    try:
        told = subprocess.run(  # noqa: S603  # files of the installed PySide6 only
            [ldd, *map(str, files)], capture_output=True, text=True, timeout=_LDD_S, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(sorted(set(re.findall(r"^\s*(\S+) => not found", told, re.MULTILINE))))


def debian_packages(libraries: Iterable[str]) -> tuple[str, ...]:
    """Return the Debian packages that bring these libraries: 'libxcb-icccm4' for 'libxcb-icccm.so.4'."""
    return tuple(sorted({package for name in libraries if (package := _package(name))}))


def _package(library: str) -> str | None:
    """By Debian's rule: name and version of the library, with a hyphen between where the name ends in a digit."""
    found = re.fullmatch(r"lib(.+)\.so\.(\d+)", library)
    if not found:
        return None
    name, version = found.groups()
    if irregular := _IRREGULAR.get(f"{name}.so.{version}"):
        return irregular
    # libxkbcommon-x11.so.0 is in libxkbcommon-x11-0, libdbus-1.so.3 in libdbus-1-3.
    between = "-" if name[-1].isdigit() else ""
    return f"lib{name.lower()}{between}{version}"
