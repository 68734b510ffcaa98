"""`dcsm-viewer doctor`: what this machine offers the program, as one JSON line and in words."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dcsm_viewer.cli.terminal import print_json, print_message

PACKAGES = ("dcsm-viewer", "PySide6-Essentials", "torch", "torchvision", "numpy", "pillow", "pydensecrf2", "grad-cam")


def doctor() -> None:
    """Versions, devices, models, CRF backends and the display, for a report or before a first run."""
    print_message("Looking at this machine ...")
    from dcsm_viewer.engine.machine_report import engine_facts
    from dcsm_viewer.gui.display import display_facts
    from dcsm_viewer.gui.screen_probe import ScreenProbe

    facts: dict[str, Any] = {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        **engine_facts(),
        "display": {**display_facts(), "window": ScreenProbe().found().error or "can be shown"},
    }
    print_json(facts)
    for name, value in facts.items():
        print_message(f"{name}: {_in_words(value)}")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_in_words(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_in_words(part) for part in value)
    return "not installed" if value is None else str(value)
