"""Where the engine's thread meets Qt's: one signal that carries every report home."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from dcsm_viewer.queries.query import Report


class Bridge(QObject):
    """`reported(report)` is emitted on the thread that calls `report`; connect it queued."""

    reported = Signal(object)

    def report(self, report: Report) -> None:
        self.reported.emit(report)
