"""The pixel inspector: click a pixel and read the whole account of it, from the gradients to the label."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QTabWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import class_name, is_stale
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.pixel.pixel_csv import csv_of
from dcsm_viewer.gui.tools.pixel.pixel_label_rows import LabelAccount
from dcsm_viewer.gui.tools.pixel.pixel_rows import COLUMNS, lines_of, sentence_of, standing_of
from dcsm_viewer.gui.tools.pixel.pixel_tree import ContributionModel
from dcsm_viewer.gui.tools.pixel.pixel_waterfall import chart_of
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.widgets.plot import Plot
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.queries.pixel_query import PixelContributions, PixelQuestion
from dcsm_viewer.queries.query import Answer

INVITATION = "Click a pixel in any pane, or type its row and column, to see its values."
_ACCOUNT_CHARS = 24
_WIDE_PX = 640
_TALL_PX = 190
_LEAST = QSize(300, 108)


class PixelTool(Tool):
    """A line for the pixel, its account as a tree and as a table of labels, and the waterfall of one class."""

    question = PixelQuestion

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._pixel: tuple[int, int] | None = None
        self._requested: tuple[object, ...] | None = None
        self._requested_of: Result | None = None
        self._shown: tuple[Result, PixelContributions] | None = None
        self._failure = ""
        self._whole = False
        self._shared_out = False
        self._tasks: BackgroundTasks | None = None
        self.row, self.col = _box("Row of the pixel", self), _box("Column of the pixel", self)
        self.words = QLabel(INVITATION, self)
        self.copy = QPushButton("Copy CSV", self)
        self.save = QPushButton("Save CSV...", self)
        self.model = ContributionModel(self)
        self.tree = _tree(self.model, self)
        self.labels = LabelAccount(self)
        self.waterfall = Plot("Waterfall: no pixel is chosen", self)
        self.hear_plot(self.waterfall)
        self._tabs, self._split = QTabWidget(self), QSplitter(Qt.Orientation.Horizontal, self)
        self.sentence = QLabel("", self)
        self._lay_out()
        context.pixels.clicked.connect(self.choose_pixel)
        self.row.valueChanged.connect(self._on_boxes)
        self.col.valueChanged.connect(self._on_boxes)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save)
        self.tree.selectionModel().currentChanged.connect(self._show_class)

    @property
    def shown(self) -> PixelContributions | None:
        """The account on show."""
        return None if self._shown is None else self._shown[1]

    def choose_pixel(self, row: int, col: int) -> None:
        """The account of this pixel from now on, also when it is clicked while the tool is closed."""
        self._pixel = (row, col)
        for box, value in ((self.row, row), (self.col, col)):
            with QSignalBlocker(box):
                box.setRange(0, max(box.maximum(), value))
                box.setValue(value)
        if self.isVisible():
            self.show_state(self.context.store.state)

    @override
    def show_state(self, state: ViewState) -> None:
        image = state.image
        height, width = (0, 0) if image is None else image.shape
        for box, size in ((self.row, height), (self.col, width)):
            box.setEnabled(size > 0)
            if size:
                with QSignalBlocker(box):
                    box.setRange(0, size - 1)
        result = state.result
        if image is not None and self._pixel is not None:
            self._pixel = (min(self._pixel[0], image.shape[0] - 1), min(self._pixel[1], image.shape[1] - 1))
        if result is not None and result.completeness == "settled" and not is_stale(state) and self._pixel is not None:
            self._ask(result, self._pixel)
        self._show_standing(state)

    @override
    def show_answer(self, answer: Answer) -> None:
        self._whole = answer.is_last
        if answer.failure is not None:
            self._failure = answer.failure
        elif isinstance(answer.value, PixelContributions) and self._requested_of is not None:
            self._failure = ""
            self._show_contributions(self._requested_of, answer.value)
        self._show_standing(self.context.store.state)

    @override
    def stop(self) -> None:
        """A file under way is finished."""
        if self._tasks is not None:
            self._tasks.stop()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_waterfall()
        self.sentence.setVisible(self.height() >= _TALL_PX)

    @override
    def minimumSizeHint(self) -> QSize:
        # The tables scroll, so the panes above may keep their room in a small window.
        return _LEAST

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not self._whole:
            # The query is cancelled while the tool is hidden; it is submitted again when it is shown.
            self._requested = None

    def _ask(self, result: Result, pixel: tuple[int, int]) -> None:
        request = result.request
        key = (request.image.digest, request.settings, pixel)
        if key == self._requested:
            # The class in focus is another one: the account is the same, but there may be one more map to check with.
            if self._shown is not None and self._shown[0] is not result:
                self._requested_of = result
                self._show_contributions(result, self._shown[1])
            return
        self._requested, self._requested_of, self._whole = key, result, False
        self.submit_query(request, PixelQuestion(*pixel))

    def _show_contributions(self, result: Result, contributions: PixelContributions) -> None:
        before = self.model.rowCount()
        index = self._class_index(result, contributions)
        self._shown = (result, contributions)
        self.model.show_lines(lines_of(result, contributions))
        self.labels.show_account(result, contributions)
        if self.model.rowCount() and (before != self.model.rowCount() or not self.tree.currentIndex().isValid()):
            self.tree.setCurrentIndex(self.model.index(index, 0))
            self.tree.expand(self.model.index(index, 0))
            self.tree.expand(self.model.index(0, 0, self.model.index(index, 0)))
        self._show_class()

    def _class_index(self, result: Result, contributions: PixelContributions) -> int:
        """Where the class on show stands among those of the account; the first where it is none of them."""
        ids = [entry.class_id for entry in contributions.classes]
        wanted = None if result.focus is None else result.focus.class_id
        return ids.index(wanted) if wanted in ids else 0

    def _show_class(self, *_: QModelIndex) -> None:
        index = self.model.class_index(self.tree.currentIndex())
        if self._shown is None or index is None or index >= len(self._shown[1].classes):
            self.waterfall.show_chart(None)
            self.sentence.setText("")
            return
        result, contributions = self._shown
        entry = contributions.classes[index]
        method = result.request.settings.method
        name = class_name(result, entry.class_id)
        self.waterfall.show_chart(chart_of(entry, name, final_tanh=method.final_tanh))
        self.sentence.setText(sentence_of(result, contributions, entry))
        self.sentence.setToolTip(as_tip(self.sentence.text()))

    def _show_standing(self, state: ViewState) -> None:
        """What the line above the account says, and whether the account is of now."""
        current = self._shown is not None and self._shown[1].question == _question(self._pixel) and not is_stale(state)
        for part in (self.tree, self.waterfall, self.labels):
            part.setEnabled(current)
        for button in (self.copy, self.save):
            button.setEnabled(self._shown is not None)
        self.words.setText(self._standing(state, current=current))
        self.words.setToolTip(as_tip(self.words.text()))

    def _standing(self, state: ViewState, *, current: bool) -> str:
        if state.image is None:
            return "Open an image, then click a pixel to see its values."
        if self._failure:
            return self._failure
        if self._pixel is None:
            return INVITATION
        if state.result is None:
            return "The network is loading." if state.engine is None else "Pixel values follow when the maps are final."
        if not current or self._shown is None:
            return (
                "Pixel values are being computed."
                if not is_stale(state)
                else "Pixel values are out of date; the maps are being recomputed."
            )
        return standing_of(*self._shown)

    def _on_boxes(self) -> None:
        self.context.viewport.point(self.row.value() + 0.5, self.col.value() + 0.5)
        self.choose_pixel(self.row.value(), self.col.value())

    def _copy(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(csv_of(*self._shown))
            self.context.store.change(message="Pixel values copied as CSV.")

    def _save(self) -> None:
        if self._shown is None:
            return
        image, question = self._shown[0].request.image, self._shown[1].question
        folder = Path.home() if image.path is None else Path(image.path).parent
        name = f"{Path(image.name).stem}-pixel-{question.row}-{question.col}.csv"
        path, _kind = QFileDialog.getSaveFileName(self, "Save pixel values", str(folder / name), "CSV (*.csv)")
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Writes the account on show to a file, away from the window's thread."""
        assert self._shown is not None, "the button is off without an account"
        if self._tasks is None:
            self._tasks = BackgroundTasks("ledger", self)
        text = csv_of(*self._shown)
        store = self.context.store
        self._tasks.send(
            partial(_write, path, text),
            lambda _: store.change(message=f"Pixel values saved to {path}."),
            lambda sentence: store.change(failure=sentence),
        )

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        for name, box in (("&Row", self.row), ("C&ol", self.col)):
            label = QLabel(name, self)
            label.setBuddy(box)
            head.addWidget(label)
            head.addWidget(box)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(self.words, 1)
        head.addWidget(self.copy)
        head.addWidget(self.save)
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(self.tree, "Class maps")
        self._tabs.addTab(self.labels, "Label")
        self._split.addWidget(self._tabs)
        self._split.addWidget(self.waterfall)
        self._split.setStretchFactor(0, 3)
        self._split.setStretchFactor(1, 2)
        self._split.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._split, 1)
        column.addWidget(self.sentence)

    def _place_waterfall(self) -> None:
        """Beside the tables where there is room for both, else behind a tab of its own."""
        beside = self._split.indexOf(self.waterfall) >= 0
        wide = self.width() >= _WIDE_PX
        if wide and not beside:
            self._tabs.removeTab(self._tabs.indexOf(self.waterfall))
            self._split.addWidget(self.waterfall)
            self.waterfall.show()
        if wide and not self._shared_out:
            self._shared_out = True
            self._split.setSizes([3 * self.width() // 5, 2 * self.width() // 5])
        elif beside and not wide:
            self._tabs.insertTab(1, self.waterfall, "Waterfall")


def _question(pixel: tuple[int, int] | None) -> PixelQuestion | None:
    return None if pixel is None else PixelQuestion(*pixel)


def _box(name: str, parent: QWidget) -> QSpinBox:
    box = QSpinBox(parent)
    box.setAccessibleName(name)
    box.setToolTip(f"{name}, px from the upper left corner")
    box.setKeyboardTracking(False)
    box.setEnabled(False)
    return box


def _tree(model: ContributionModel, parent: QWidget) -> QTreeView:
    tree = QTreeView(parent)
    tree.setModel(model)
    tree.setAccessibleName("Class map values at the pixel")
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(True)
    tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    header = tree.header()
    metrics = tree.fontMetrics()
    header.setStretchLastSection(False)
    header.resizeSection(0, metrics.averageCharWidth() * _ACCOUNT_CHARS)
    for column in range(1, len(COLUMNS)):
        widest = max(metrics.horizontalAdvance(words) for words in (COLUMNS[column], "8.8e-8"))
        header.resizeSection(column, widest + 16)
    tree.setMinimumHeight(3 * metrics.height())
    return tree


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))
