"""Figures for a paper: which panes, how wide, and where to; what is seen on the page is what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QPalette, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QWidget
from typing_extensions import override

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.canvas.result_access import is_stale, why_no_result
from dcsm_viewer.gui.commands.confirm_dialog import with_ending
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.state.view_state import SHOWN_MAPS, ViewState
from dcsm_viewer.gui.tools.figure.figure_draw import Figure, FigureStyle
from dcsm_viewer.gui.tools.figure.figure_files import COPIED_PX, image_of, write_figure
from dcsm_viewer.gui.tools.figure.figure_options import FigureOptions
from dcsm_viewer.gui.tools.figure.figure_panels import PanelName, panels_of, panels_of_view
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext

_FILTERS = "PNG, pixels (*.png);;SVG, text stays text (*.svg);;PDF, fonts embedded (*.pdf)"
_CALM_MS = 60
"""A hand that keeps moving makes one preview when it rests, not one a step."""


@dataclass(frozen=True, slots=True)
class FigureJob:
    """What is to be set: a state's panels of these names."""

    state: ViewState
    names: tuple[PanelName, ...]
    figure_style: FigureStyle

    def figure(self) -> Figure:
        """Raises UserError where not one of the panels can be shown."""
        panels = panels_of(self.state, self.names)
        if not panels:
            raise UserError("Nothing to set: none of the ticked panels can be shown yet.")
        return Figure.of(panels, self.figure_style)


class FigureTool(Tool):
    """Options at the right, the figure as it will be at the left; everything slow happens on a thread of its own."""

    watched = (*SHOWN_MAPS, "comparison", "snapshots")

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._tasks = BackgroundTasks("figures", self)
        self._serial = 0
        self._shown: object = None
        self._image = QImage()
        self.preview = QLabel(self)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setAccessibleName("Preview of the figure")
        self.preview.setWordWrap(True)
        self.preview.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        # A figure taller than the page scrolls instead of shrinking until it is illegible.
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.preview)
        self._scroll.setBackgroundRole(QPalette.ColorRole.Mid)
        self.options = FigureOptions(panels_of_view(context.store.view_before), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        row.addWidget(self._scroll, 1)
        row.addWidget(self.options)
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._set)
        self.options.changed.connect(self._calm.start)
        self.options.save_wanted.connect(self._ask_where)
        self.options.copy_wanted.connect(self.copy)

    @override
    def show_state(self, state: ViewState) -> None:
        can_be_set = state.result is not None and not is_stale(state)
        self.options.allow(can_be_set=can_be_set)
        seen = (state.image, state.result, state.paint, state.comparison, state.snapshots, state.engine is None)
        if self._shown is None or any(a is not b for a, b in zip(seen, self._shown, strict=True)):  # type: ignore[call-overload]  # a tuple once it is one
            self._shown = seen
            self._calm.start()

    @override
    def stop(self) -> None:
        self._tasks.stop()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._calm.start()

    def job(self) -> FigureJob:
        return FigureJob(self.context.store.state, self.options.names, self.options.figure_style)

    def save(self, path: str) -> None:
        """Writes what is on the page; what came of it is the store's message or failure."""
        self.context.store.change(message=f"Writing {Path(path).name}...", failure=None)
        job = self.job()
        self._tasks.send(partial(_written, job, Path(path)), self._say_written, self._say_failed)

    def copy(self) -> None:
        """What is on the page goes to the clipboard."""
        self._copy(self.job())

    def copy_view(self, view: str) -> None:
        """The panes of this view go to the clipboard, in a row, or layers by scales for the grid."""
        state = self.context.store.state
        if view == "figure":
            self.copy()
            return
        names = panels_of_view(view)
        self._copy(FigureJob(state, names, FigureStyle(columns=columns_for(state, names))))

    def _copy(self, job: FigureJob) -> None:
        self._tasks.send(partial(_pixels, job), self._on_copy, self._say_failed)

    def _ask_where(self) -> None:
        image = self.context.store.state.image
        home = Path.home() if image is None or image.path is None else Path(image.path).parent
        name = "figure" if image is None else f"{Path(image.name).stem}-figure"
        path, kind = QFileDialog.getSaveFileName(self, "Save figure", str(home / f"{name}.pdf"), _FILTERS)
        if path and not Path(path).suffix:
            path = with_ending(self, path, f".{kind[:3].lower()}")
        if path:
            self.save(path)

    def _set(self) -> None:
        """Asks for a preview as wide as there is room; only the newest is shown."""
        if not self.isVisible():
            return
        state = self.context.store.state
        if state.result is None:
            self.preview.setText(why_no_result(state))
            return
        self._serial += 1
        ratio = self.devicePixelRatioF()
        # Whether there is a scroll bar or not, so that its coming makes no other preview.
        max_width = self._scroll.width() - self._scroll.verticalScrollBar().sizeHint().width() - 8
        serial = partial(_previewed, self.job(), max(50, round(max_width * ratio)), ratio)
        self._tasks.send(serial, partial(self._show, self._serial), partial(self._show_why, self._serial))

    def _show(self, serial: int, image: QImage) -> None:
        if serial == self._serial:
            self._image = image
            self.preview.setPixmap(QPixmap.fromImage(image))
            high = round(image.height() / image.devicePixelRatio())
            self.preview.setMinimumSize(QSize(0, high + 8))

    def _show_why(self, serial: int, sentence: str) -> None:
        if serial == self._serial:
            self.preview.setText(sentence)

    def _say_written(self, path: Path) -> None:
        self.context.store.change(message=f"The figure is written to {path}.")

    def _say_failed(self, sentence: str) -> None:
        self.context.store.change(failure=sentence, message=None)

    def _on_copy(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        size = f"{image.width()} x {image.height()} px"
        self.context.store.change(message=f"The figure is on the clipboard, {size}.", failure=None)


def columns_for(state: ViewState, names: Sequence[PanelName]) -> int:
    """Scales side by side where tiles of the grid are among the panels, else all panels, at most three."""
    if any(name in {"grid_raw", "grid_distinct"} for name in names):
        return max(1, len(state.settings.method.scales))
    return min(3, max(1, len(names)))


def _written(job: FigureJob, path: Path) -> Path:
    return write_figure(job.figure(), path)


def _pixels(job: FigureJob) -> QImage:
    return image_of(job.figure(), most_px=COPIED_PX)


def _previewed(job: FigureJob, width_px: int, ratio: float) -> QImage:
    image = image_of(job.figure(), width_px)
    image.setDevicePixelRatio(ratio)
    return image
