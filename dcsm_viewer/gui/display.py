"""Whether there is a screen to show a window on."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def has_display(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> bool:
    """False on a Unix without X11 or Wayland, unless Qt was told to use a platform of its own."""
    if system.startswith(("win", "darwin")) or environment.get("QT_QPA_PLATFORM"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def display_facts() -> dict[str, object]:
    """Qt's version and the platform a window would get."""
    from PySide6.QtCore import qVersion

    platform = os.environ.get("QT_QPA_PLATFORM")
    found = platform or ("offscreen, there is no display" if not has_display() else "the system's own")
    return {"qt": qVersion(), "platform": found}
