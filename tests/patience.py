"""How long a test waits for what other threads and processes do: long, because a machine may be busy.

A test that succeeds never waits this long, so one length does for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot

PATIENCE_S = 120
PATIENCE_MS = 1000 * PATIENCE_S


class PatientBot(QtBot):
    """pytest-qt's `qtbot`, which gives up after `PATIENCE_MS` unless told otherwise, not after 5 s."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:  # noqa: N802
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **more: Any) -> Any:  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **more)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE_MS, **more: Any) -> Any:  # noqa: N802
        return super().waitSignals(signals, timeout=timeout, **more)
