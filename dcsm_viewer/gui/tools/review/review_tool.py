"""Looking through the masks of an export folder: a queue by doubt, verdicts by keys, a brush for the last touch."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import is_current
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.review.loaded_mask import LoadedMask, image_path
from dcsm_viewer.gui.tools.review.review_bar import ReviewBar
from dcsm_viewer.gui.tools.review.review_panes import ReviewPanes
from dcsm_viewer.gui.tools.review.review_parameters import MARGIN
from dcsm_viewer.gui.tools.review.review_queue import QueueModel, QueueView
from dcsm_viewer.gui.tools.review.review_session import ReviewSession
from dcsm_viewer.gui.tools.review.review_text import doubt_words, progress_words, verdict_words
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.widgets.form_row import choice_box, form_row
from dcsm_viewer.gui.widgets.number_box import NumberBox
from dcsm_viewer.review.review_file import Verdict

_SHOWN = {
    "all": "All masks",
    "undecided": "To do",
    "accepted": "Accepted",
    "rejected": "Rejected",
    "edited": "Edited",
}
_QUEUE_PX = 180


class ReviewTool(Tool):
    """The queue on the left, the mask and its controls on the right; it needs no image in the window."""

    watched = ("image", "settings", "focus", "result", "paint", "pending_serial", "reading")

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self.setObjectName("triage")
        self.session = ReviewSession(self)
        self.folder = QLineEdit(context.user_settings.text("triage/folder"), self)
        self.panes = ReviewPanes(self)
        self.bar = ReviewBar(self)
        self.queue = QueueView(self)
        self.model = QueueModel(self.session)
        self.shown = choice_box(_SHOWN, self)
        self.margin = NumberBox(MARGIN, self)
        self.words = QLabel(self)
        self.counts = QLabel(self)
        self.news = QLabel(self)
        self.progress = QProgressBar(self)
        self.export = QPushButton("Export accepted...", self)
        self.report = QPushButton("Summary report", self)
        self._awaited: tuple[str, Settings] | None = None
        self._dress()
        self._lay_out()
        self._connect()
        self._keys = self._bound_keys()
        self._show_loaded(None)

    @override
    def show_state(self, state: ViewState) -> None:
        self.panes.show_paint(state.paint)
        self._show_take_over(state)

    @override
    def stop(self) -> None:
        self.panes.end_stroke()
        self.session.stop()

    def open_folder(self, folder: str) -> None:
        """Looks through the export in this folder from now on."""
        self.panes.end_stroke()
        self.folder.setText(folder)
        if folder:
            self.context.user_settings.keep("triage/folder", folder)
            self.session.open(Path(folder))

    @override
    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and _key_of(event) in self._keys
        ):
            # In here the key is the triage's, whatever it does in the rest of the window.
            event.accept()
            return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._keys.get(_key_of(event))
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def _bound_keys(self) -> dict[int, Callable[[], object]]:
        bar, control = self.bar, Qt.KeyboardModifier.ControlModifier.value
        shift = Qt.KeyboardModifier.ShiftModifier.value
        return {
            Qt.Key.Key_Y.value: partial(self._decide, "accepted"),
            Qt.Key.Key_N.value: partial(self._decide, "rejected"),
            Qt.Key.Key_D.value: partial(self._step, 1),
            Qt.Key.Key_A.value: partial(self._step, -1),
            Qt.Key.Key_U.value: self._on_undo_decision,
            Qt.Key.Key_L.value: partial(bar.choose_hand, "look"),
            Qt.Key.Key_B.value: partial(bar.choose_hand, "brush"),
            Qt.Key.Key_E.value: partial(bar.choose_hand, "eraser"),
            Qt.Key.Key_I.value: self._on_ignore,
            Qt.Key.Key_Z.value | control: self.panes.undo,
            Qt.Key.Key_Z.value | control | shift: self.panes.redo,
        }

    def _connect(self) -> None:
        session, bar, panes = self.session, self.bar, self.panes
        self.folder.returnPressed.connect(self._open_typed)
        self.queue.clicked.connect(self._on_row)
        self.queue.selectionModel().currentChanged.connect(self._on_row)
        self.shown.activated.connect(self._on_shown)
        self.margin.valueChanged.connect(session.set_q_margin)
        session.listed.connect(self._mark_row)
        session.changed.connect(self._note)
        session.loaded.connect(self._show_loaded)
        session.surveyed.connect(self._show_survey)
        session.message.connect(self.news.setText)
        session.export_progress.connect(self._show_gathering)
        self.model.modelReset.connect(self._mark_row)
        bar.accept.clicked.connect(partial(self._decide, "accepted"))
        bar.reject.clicked.connect(partial(self._decide, "rejected"))
        bar.previous.clicked.connect(partial(self._step, -1))
        bar.next.clicked.connect(partial(self._step, 1))
        bar.take_back.clicked.connect(self._on_undo_decision)
        bar.taken.connect(panes.take)
        bar.undo.clicked.connect(panes.undo)
        bar.redo.clicked.connect(panes.redo)
        bar.restore.clicked.connect(panes.restore)
        bar.threshold.value_moved.connect(self._rethreshold)
        bar.threshold.let_go.connect(panes.end_stroke)
        bar.open.clicked.connect(self._open_in_window)
        bar.take_over.clicked.connect(self._on_reexport)
        panes.edited.connect(self._keep_labels)
        self.export.clicked.connect(self._export)
        self.report.clicked.connect(session.write_summary)
        self.context.image_loader.opened.connect(self._note_opened)

    def _open_typed(self) -> None:
        self.open_folder(self.folder.text().strip())

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Export folder", self.folder.text())
        if folder:
            self.open_folder(folder)

    def _on_row(self, index: QModelIndex, _before: object = None) -> None:
        stem = self.model.stem_at(index)
        # A queue sorted anew marks its row again, which must not end a stroke on the mask that stays.
        if stem is not None and stem != self.session.current:
            self.panes.end_stroke()
            self.session.select(stem)

    def _decide(self, verdict: Verdict, *_: object) -> None:
        # What was set by hand last, a threshold typed say, belongs to this mask.
        self.panes.end_stroke()
        self.session.decide(verdict)

    def _step(self, by: int, *_: object) -> None:
        self.panes.end_stroke()
        self.session.step(by)

    def _on_undo_decision(self) -> None:
        self.panes.end_stroke()
        self.session.take_back()

    def _on_shown(self) -> None:
        self.model.show_only(self.shown.currentData())

    def _on_ignore(self) -> None:
        if self.session.loaded_mask is not None:
            self.bar.choose_label(self.session.loaded_mask.ignore)

    def _rethreshold(self, _field: str, threshold: float) -> None:
        self.panes.rethreshold(threshold)

    def _keep_labels(self) -> None:
        canvas = self.panes.canvas
        if canvas is not None:
            self.session.keep_labels(canvas.labels, self.panes.threshold)
            self._show_strokes()

    def _show_loaded(self, loaded_mask: LoadedMask | None) -> None:
        self.panes.show_mask(loaded_mask, has_folder=self.session.review_file is not None)
        self.bar.show_mask(loaded_mask)
        self._mark_row()
        self._show_words()
        self._show_strokes()
        self._show_take_over(self.context.store.state)

    def _note(self, _stem: str) -> None:
        self._show_words()

    def _show_words(self) -> None:
        session = self.session
        has_book = session.review_file is not None
        self.export.setEnabled(has_book)
        self.report.setEnabled(has_book)
        self.bar.take_back.setEnabled(session.can_take_back)
        for button in (self.bar.previous, self.bar.next):
            button.setEnabled(has_book)
        self.counts.setText("" if session.review_file is None else progress_words(session.review_file.entries.values()))
        if session.review_file is None or session.current is None:
            self.words.setText("")
            return
        entry = session.entry(session.current)
        verdict = verdict_words(entry) or "no verdict yet"
        doubt = entry.error or doubt_words(entry.measured, session.q_margin)
        self.words.setText(f"<b>{escape(entry.stem)}</b>  {verdict}<br>{escape(doubt)}")

    def _show_strokes(self) -> None:
        canvas = self.panes.canvas
        self.bar.undo.setEnabled(canvas is not None and canvas.can_undo)
        self.bar.redo.setEnabled(canvas is not None and canvas.can_redo)

    def _show_survey(self, done: int, of: int) -> None:
        self.progress.setFormat("doubts %v of %m")
        self.progress.setRange(0, of)
        self.progress.setValue(done)
        self.progress.setVisible(done < of)
        self._show_words()

    def _show_gathering(self, done: int, of: int) -> None:
        self.progress.setFormat("exported %v of %m")
        self.progress.setRange(0, max(1, of))
        self.progress.setValue(done)
        self.progress.setVisible(done < of)
        self.export.setText("Stop the export" if self.session.is_gathering else "Export accepted...")

    def _mark_row(self) -> None:
        row = self.model.row_of(self.session.current)
        if row is not None and row != self.queue.currentIndex().row():
            self.queue.setCurrentIndex(self.model.index(row, 0))

    def _export(self) -> None:
        if self.session.is_gathering:
            self.session.stop_gathering()
            return
        out = QFileDialog.getExistingDirectory(self, "Folder for the accepted masks")
        if out:
            self.export_to(out)

    def export_to(self, out: str) -> None:
        """The accepted masks, as edited, to this folder."""
        self.session.export_accepted(Path(out))

    def _open_in_window(self) -> None:
        loaded_mask, review_file = self.session.loaded_mask, self.session.review_file
        path = (
            None if loaded_mask is None or review_file is None else image_path(review_file.folder, loaded_mask.exported)
        )
        if loaded_mask is None or path is None:
            self.news.setText("The recipe does not say where the photograph is; open it by hand.")
            return
        self._awaited = (str(path), loaded_mask.exported.recipe.settings)
        self.context.store.change(view="compare")
        self.context.image_loader.open_paths([str(path)])

    def _note_opened(self, path: str) -> None:
        if self._awaited is not None and os.path.realpath(path) == os.path.realpath(self._awaited[0]):
            settings = self._awaited[1]
            self._awaited = None
            self.context.store.edit(settings)

    def _on_reexport(self) -> None:
        result = self._window_result(self.context.store.state)
        if result is not None:
            self.session.take_over(result)

    def _show_take_over(self, state: ViewState) -> None:
        self.bar.take_over.setEnabled(self._window_result(state) is not None)

    def _window_result(self, state: ViewState) -> Result | None:
        """What the window shows, if it is the last word on the photograph of this mask."""
        result, loaded_mask = state.result, self.session.loaded_mask
        if result is None or loaded_mask is None or result.completeness != "settled" or not is_current(state, result):
            return None
        same = result.request.image.digest == loaded_mask.exported.recipe.image.pixels_sha256
        return result if same else None

    def _dress(self) -> None:
        self.folder.setAccessibleName("Export folder")
        self.folder.setPlaceholderText("a folder of exported masks with .npz and .json")
        self.queue.setModel(self.model)
        self.queue.setAccessibleName("Masks, the most doubtful first")
        self.queue.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.queue.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.queue.setTabKeyNavigation(False)
        self.queue.setShowGrid(False)
        self.queue.setWordWrap(False)
        self.queue.verticalHeader().hide()
        self.queue.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        head = self.queue.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        head.resizeSection(0, self.fontMetrics().horizontalAdvance("Doubt") + 16)
        head.resizeSection(2, self.fontMetrics().horizontalAdvance("✓ ✎") + 12)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setWordWrap(True)
        self.words.setAccessibleName("Selected mask")
        self.margin.setValue(MARGIN.default)
        self.counts.setWordWrap(True)
        self.counts.setAccessibleName("How many masks are decided")
        self.news.setWordWrap(True)
        self.news.setAccessibleName("What came of it")
        self.progress.hide()
        self.progress.setAccessibleName("Progress")
        self.export.setToolTip("Accepted masks as edited, as palette PNGs with lists; their other formats are copied.")
        self.report.setToolTip("Writes yield.json, yield.csv and yield.md beside the masks.")

    def _lay_out(self) -> None:
        browse = QToolButton(self)
        browse.setText("...")
        browse.setAccessibleName("Choose export folder")
        browse.clicked.connect(self._ask_folder)
        open_button = QPushButton("Open", self)
        open_button.setAutoDefault(False)
        open_button.clicked.connect(self._open_typed)
        top = QHBoxLayout()
        top.addLayout(form_row("Export folder", self.folder, "Where masks, numbers and recipes were written."), 1)
        for part in (browse, open_button):
            top.addWidget(part)
        left, right = QWidget(self), QWidget(self)
        self.shown.setAccessibleName("Masks shown")
        queue = QVBoxLayout(left)
        queue.setContentsMargins(0, 0, 0, 0)
        queue.setSpacing(3)
        queue.addWidget(self.shown)
        queue.addWidget(self.queue, 1)
        queue.addLayout(form_row("Uncertain <", self.margin, MARGIN.explanation))
        queue.addWidget(self.progress)
        queue.addWidget(self.counts)
        queue.addWidget(self.report)
        queue.addWidget(self.export)
        desk = QVBoxLayout(right)
        desk.setContentsMargins(0, 0, 0, 0)
        desk.setSpacing(3)
        desk.addWidget(self.words)
        desk.addWidget(self.panes, 1)
        desk.addWidget(self.bar)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(left)
        split.addWidget(right)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(1, 1)
        split.setSizes([_QUEUE_PX, 3 * _QUEUE_PX])
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(split, 1)
        column.addWidget(self.news)


def _key_of(event: QKeyEvent) -> int:
    return int(event.keyCombination().toCombined())
