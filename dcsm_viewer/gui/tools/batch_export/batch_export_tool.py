"""Masks of a whole folder with the settings of the window, which stays usable all the while."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTableView,
    QVBoxLayout,
)
from typing_extensions import override

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.batch_export.batch_export_form import BatchExportForm
from dcsm_viewer.gui.tools.batch_export.batch_export_job import BatchExportJob
from dcsm_viewer.gui.tools.batch_export.failed_images import FailuresModel
from dcsm_viewer.gui.tools.batch_export.run_progress import ACTIVE, RunProgress, sentence
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext

_NARROW_PX, _LOW_PX = 120, 24
_AROUND_PX = 20
_BAR_PX = 18


class BatchExportTool(Tool):
    """What to run on the left; how it goes, and what failed, on the right. A run goes on while the tool is hidden."""

    watched = ("image", "settings", "engine", "result", "folder")

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self.setObjectName("folder_run")
        self.job = BatchExportJob(context.controller, self)
        self.form = BatchExportForm(context.user_settings, self)
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName("Images done")
        self.bar.setFormat("%v of %m")
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setAccessibleName("Progress of the export")
        self.start = self._button("Run", "Exports the files of every image with the settings of the window.")
        self.pause = self._button("Pause", "Finishes the current image, then waits.")
        self.cancel = self._button("Cancel", "Stops the current image; written files stay.")
        self._failures = FailuresModel()
        self.failures = QTableView(self)
        self.failures.setModel(self._failures)
        self.failures.setAccessibleName("Images that failed")
        self.failures.setTabKeyNavigation(False)
        self.failures.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.failures.verticalHeader().hide()
        self.failures.horizontalHeader().setStretchLastSection(True)
        self.failures.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.failures.setWordWrap(False)
        self.failures.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.failures.setMinimumSize(_NARROW_PX, _LOW_PX)
        self.failures.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self._lay_out()
        self.start.clicked.connect(self._start)
        self.pause.clicked.connect(self._pause_or_go_on)
        self.cancel.clicked.connect(self.job.cancel)
        self.job.changed.connect(self.show_progress)
        self.show_progress(self.job.progress)

    @override
    def show_state(self, state: ViewState) -> None:
        self.form.show_state(state)
        self._show_buttons()

    @override
    def under_way(self) -> str:
        progress = self.job.progress
        if not self.job.is_active:
            return ""
        return (
            f"The batch export has done {progress.done:,} of {progress.total:,} images. Closing ends it; "
            "what is written stays, whole, and the same run with Resume ticked goes on from there."
        )

    @override
    def stop(self) -> None:
        self.job.stop()

    def show_progress(self, progress: RunProgress) -> None:
        """Everything the run's state changes: bar, words, buttons and the table."""
        # 0 to 0 is Qt's bar that only says something is under way, which it is while the folder is listed.
        self.bar.setRange(0, progress.total if progress.phase != "idle" else 1)
        self.bar.setValue(progress.done)
        self.bar.setTextVisible(progress.phase != "idle")
        self.words.setText(sentence(progress))
        self._failures.show_failures(progress.failures)
        self._show_buttons()

    def _show_buttons(self) -> None:
        progress, has_engine = self.job.progress, self.context.store.state.engine is not None
        active = progress.phase in ACTIVE
        self.form.setEnabled(not active)
        self.start.setEnabled(not active and has_engine)
        self.pause.setEnabled(progress.phase in {"running", "paused"})
        self.cancel.setEnabled(progress.phase in {"running", "paused"})
        self.pause.setText("Go on" if progress.phase == "paused" else "Pause")
        if progress.phase == "idle":
            ready = "Run exports masks of every image with the settings of the window."
            self.words.setText(ready if has_engine else "The engine is loading; then a run can start.")

    def _start(self) -> None:
        try:
            plan = self.form.plan(self.context.store.state)
        except UserError as error:
            self.words.setText(str(error))
            return
        self.job.start(plan)

    def _pause_or_go_on(self) -> None:
        if self.job.progress.phase == "paused":
            self.job.go_on()
        else:
            self.job.pause()

    def _button(self, text: str, explanation: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(explanation)
        button.setAccessibleDescription(explanation)
        return button

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(4)
        buttons = QHBoxLayout()
        for button in (self.start, self.pause, self.cancel):
            # Narrower than a style's button, so that three fit where a dock is small.
            button.setMinimumWidth(self.fontMetrics().horizontalAdvance(button.text()) + _AROUND_PX)
            buttons.addWidget(button)
        right.addLayout(buttons)
        right.addWidget(self.bar)
        right.addWidget(self.words)
        right.addWidget(self.failures, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(12)
        scrolled = QScrollArea(self)
        scrolled.setWidget(self.form)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolled.setMinimumSize(self.form.minimumSizeHint().width() + _BAR_PX, _BAR_PX)
        row.addWidget(scrolled, 3)
        row.addLayout(right, 2)
