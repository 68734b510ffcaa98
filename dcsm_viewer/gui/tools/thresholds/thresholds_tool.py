"""Threshold tuning: three handles, the ignore band painted live, curves, and a suggestion without ground truth."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.gui.files.export_controller import default_folder, exportable
from dcsm_viewer.gui.link.background_tasks import BackgroundTasks
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.thresholds.thresholds_curves import SeedScore, seed_score
from dcsm_viewer.gui.tools.thresholds.thresholds_files import FolderSweep, read_mask, write_seed
from dcsm_viewer.gui.tools.thresholds.thresholds_plot import Drawing, chart_of
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import (
    GRID,
    HANDLES,
    STEP,
    THRESHOLD_PRESETS,
    HandleName,
    ThresholdPreset,
    Thresholds,
    seed_labels,
    with_seed,
)
from dcsm_viewer.gui.tools.thresholds.thresholds_text import status_text, thresholds_from_text, thresholds_to_text
from dcsm_viewer.gui.tools.thresholds.thresholds_view import ThresholdsView
from dcsm_viewer.gui.tools.thresholds.thresholds_work import ThresholdMeasurement, ThresholdsWorker
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.widgets.plot import Plot

_KEPT = "thresholds/values"
_MASKS = "Masks (*.png *.bmp *.tif *.tiff *.gif);;All files (*)"
_OWN = "Own"
_HELP: dict[HandleName, str] = {
    "bg": "Up to this a pixel is background in the seed.",
    "eval": "Above this a pixel is its class where no pixel is ignored.",
    "fg": "Above this a pixel is its class in the seed; between bg and fg it is ignored (255).",
}


class ThresholdsTool(Tool):
    """Boxes and buttons in a header, the panes with the plot among them, and the words that say what came out."""

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.thresholds = thresholds_from_text(context.user_settings.text(_KEPT))
        self._masks: dict[str, tuple[Path, NDArray[np.uint16]]] = {}
        self._measured: ThresholdMeasurement | None = None
        self._requested: tuple[Result, bool] | None = None
        self._swept: FolderSweep | None = None
        self._error = ""
        self.work = ThresholdsWorker(self)
        self._files = BackgroundTasks("threshold files", self)
        self.preset = QComboBox(self)
        self.boxes = {name: _box(name, self) for name in HANDLES}
        self.suggest = _button(
            "Use suggestion", "Moves eval to the suggestion, bg and fg to the ends of the stable interval", self
        )
        self.load = _button(
            "Load mask...", "A palette or index PNG of the image's size: what is true, to compare with", self
        )
        self.clear = _button("Clear mask", "Removes the ground truth", self)
        self.folder = _button("Sweep folder...", "The same curves over all exported .npz files of a folder", self)
        self.halt = _button("Stop", "Ends the sweep", self)
        self.single = _button("This image", "Back to the curves of the displayed image", self)
        self.export = _button("Export seed...", "Writes the seed with its 255 band as a VOC palette PNG", self)
        self.progress = QProgressBar(self)
        self.words = QLabel("", self)
        self.drawing: Drawing | None = None
        self.plot = Plot("Thresholds", self)
        self.plot.setToolTip("Drag bg, eval or fg. Keys: left and right move one, up and down choose which.")
        self.view = ThresholdsView(context.viewport, self.plot, self)
        self._fill()
        self._lay_out()
        self._connect()
        self._show_thresholds()

    @property
    def measured(self) -> ThresholdMeasurement | None:
        """The curves of the image on show."""
        return self._measured

    @override
    def show_state(self, state: ViewState) -> None:
        result = state.result
        if result is not None and result.detected_ids:
            mask = self._mask(result)
            key = (result, mask is not None)
            if self._requested is None or self._requested[0] is not result or self._requested[1] != key[1]:
                self._requested = key
                self.work.measure(result, mask)
        elif self._measured is not None:
            self._measured, self._requested = None, None
            self.view.show_peaks(None, None)
            self._show_curves()
        self.view.show_state(state)
        self._show_standing()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # Its result is not needed any more, and the window may be closing.
        self.work.stop_sweep()

    @override
    def stop(self) -> None:
        """Files under way are finished, a sweep ends after the file it reads."""
        self.work.stop()
        self._files.stop()

    def take_thresholds(self, thresholds: Thresholds) -> None:
        """From now on these."""
        if thresholds != self.thresholds:
            self.thresholds = thresholds
            self._show_thresholds()

    def load_mask(self, path: Path) -> None:
        """Ground truth for the image on show, read away from the window's thread."""
        state = self.context.store.state
        result = state.result
        if result is None:
            self._fail("Open an image first; the mask must have its size.")
            return
        image = result.request.image
        work = partial(read_mask, path, image.shape, len(result.model.class_names))
        self._files.send(work, partial(self._on_mask, image.digest, path), self._fail)

    def sweep_folder(self, folder: Path) -> None:
        """Curves over the exported maps of a folder, with the masks that lie beside the loaded one."""
        loaded = self._loaded()
        self._error = ""
        self.work.sweep(folder, None if loaded is None else loaded[0].parent)
        self._show_progress(0, 0)
        self._show_standing()

    def export_to(self, path: Path) -> None:
        """The seed as a VOC mask, away from the window's thread."""
        store = self.context.store
        try:
            result = exportable(store.state)
            if self._measured is None or self._measured.result is not result:
                raise UserError("Not exported: the displayed maps are still being measured; export again in a moment.")
            seed = with_seed(result, self._measured.peaks, self.thresholds)
        except UserError as error:
            self._fail(str(error))
            return
        self._files.send(partial(write_seed, seed, path), self._say_written, self._fail)

    def _say_written(self, path: Path) -> None:
        self._error = ""
        self.context.store.change(message=f"The seed was written to {path}.")
        self._show_standing()

    def _fail(self, sentence: str) -> None:
        self._error = sentence
        self._show_standing()

    def _on_mask(self, digest: str, path: Path, mask: NDArray[np.uint16]) -> None:
        self._masks[digest] = (path, mask)
        self._requested, self._error = None, ""
        self.show_state(self.context.store.state)

    def _forget_mask(self) -> None:
        measured = self._measured
        if measured is not None:
            self._masks.pop(measured.peaks.digest, None)
            self._requested = None
            self.show_state(self.context.store.state)

    def _mask(self, result: Result) -> NDArray[np.uint16] | None:
        found = self._masks.get(result.request.image.digest)
        return None if found is None else found[1]

    def _loaded(self) -> tuple[Path, NDArray[np.uint16]] | None:
        image = self.context.store.state.image
        return None if image is None else self._masks.get(image.digest)

    def _on_measured(self, measured: ThresholdMeasurement) -> None:
        image = self.context.store.state.image
        if image is None or measured.peaks.digest != image.digest:
            return
        self._measured = measured
        self.view.show_peaks(measured.peaks, measured.mask)
        self._show_curves()
        self._show_standing()

    def _on_sweep_done(self, swept: FolderSweep | None) -> None:
        self._swept = swept or self._swept
        self.progress.hide()
        self._show_curves()
        self._show_standing()

    def _show_one_image(self) -> None:
        self._swept = None
        self._show_curves()
        self._show_standing()

    def _show_progress(self, done: int, total: int) -> None:
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.progress.setFormat(f"{done} of {total} files" if total else "")
        self.progress.show()

    def _published(self) -> ThresholdPreset | None:
        index = self.preset.currentIndex() - 1
        return THRESHOLD_PRESETS[index] if 0 <= index < len(THRESHOLD_PRESETS) else None

    def _searched(self) -> NDArray[np.bool_]:
        published = self._published()
        return np.ones(len(GRID), dtype=np.bool_) if published is None else published.searched

    def _show_curves(self) -> None:
        curves = self._swept.curves if self._swept else self._measured.curves if self._measured else None
        result = self.context.store.state.result
        if curves is None:
            self.drawing = None
            self.plot.show_chart(None)
            return
        names = {} if result is None else {c + 1: name for c, name in enumerate(result.model.class_names)}
        self.drawing = Drawing(curves, {0: "background", **names}, curves.best(self._searched()))
        self._draw()

    def _draw(self) -> None:
        if self.drawing is not None:
            # The keys move eval until another is chosen.
            active = self.plot.active or "eval"
            self.plot.show_chart(chart_of(self.drawing, self.thresholds), active=active)

    def _show_thresholds(self) -> None:
        for name, box in self.boxes.items():
            with QSignalBlocker(box):
                box.setValue(self.thresholds.of(name))
        published = self._published()
        if published is not None and published.applied(self.thresholds) != self.thresholds:
            with QSignalBlocker(self.preset):
                self.preset.setCurrentIndex(0)
        self._draw()
        self.view.show_thresholds(self.thresholds)
        self._show_standing()

    def _show_standing(self) -> None:
        """Words and buttons for what is known now."""
        curves = None if self.drawing is None else self.drawing.curves
        self.suggest.setEnabled(curves is not None and curves.suggestion is not None)
        self.export.setEnabled(self._measured is not None)
        self.load.setEnabled(self.context.store.state.result is not None)
        self.clear.setVisible(self._loaded() is not None)
        self.halt.setVisible(self.work.sweeping)
        self.folder.setVisible(not self.work.sweeping)
        self.single.setVisible(self._swept is not None)
        sweep = "" if self._swept is None else self._swept.words
        message = status_text(self._error, sweep, self.drawing, self._seed_score(), self.thresholds)
        self.words.setText(message)

    def _seed_score(self) -> SeedScore | None:
        measured = self._measured
        if measured is None or measured.mask is None or self._swept is not None:
            return None
        return seed_score(seed_labels(measured.peaks, self.thresholds), measured.mask, measured.peaks.unsure)

    def _on_box(self, name: HandleName, value: float) -> None:
        self.take_thresholds(self.thresholds.moved(name, value))
        self._keep()

    def _on_handle(self, name: str, value: float) -> None:
        self.take_thresholds(self.thresholds.moved(name, value))  # type: ignore[arg-type]  # the plot's own names

    def _on_preset(self) -> None:
        published = self._published()
        if published is not None:
            self.take_thresholds(published.applied(self.thresholds))
            self._keep()
        self._show_curves()
        self._show_standing()

    def _on_suggestion(self) -> None:
        drawing = self.drawing
        if drawing is not None and drawing.curves.suggestion is not None:
            found = drawing.curves.suggestion
            self.take_thresholds(Thresholds(found.first, found.at, found.last))
            self._keep()

    def _keep(self) -> None:
        self.context.user_settings.keep(_KEPT, thresholds_to_text(self.thresholds))

    def _ask_mask(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self, "Load mask", self._image_folder(), _MASKS)
        if path:
            self.load_mask(Path(path))

    def _ask_folder(self) -> None:
        first = default_folder(self.context.store.state)
        path = QFileDialog.getExistingDirectory(self, "Folder of exported .npz files", first)
        if path:
            self.sweep_folder(Path(path))

    def _ask_export(self) -> None:
        state = self.context.store.state
        name = "seed.png" if state.image is None else f"{Path(state.image.name).stem}.png"
        first = str(Path(default_folder(state)) / name)
        path, _kind = QFileDialog.getSaveFileName(self, "Export seed", first, "VOC mask (*.png)")
        if path:
            self.export_to(Path(path))

    def _image_folder(self) -> str:
        image = self.context.store.state.image
        return str(Path.home() if image is None or image.path is None else Path(image.path).parent)

    def _fill(self) -> None:
        self.preset.addItem(_OWN)
        for published in THRESHOLD_PRESETS:
            self.preset.addItem(published.title)
        self.preset.setAccessibleName("Published thresholds")
        self.preset.setToolTip("\n".join(f"{each.title}: {each.words}" for each in THRESHOLD_PRESETS))
        self.progress.setAccessibleName("Files of the sweep done")
        self.progress.hide()
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.words.setMinimumHeight(2 * self.fontMetrics().lineSpacing())

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.addWidget(self.preset)
        for name, box in self.boxes.items():
            label = QLabel(name, self)
            label.setBuddy(box)
            label.setToolTip(_HELP[name])
            first.addWidget(label)
            first.addWidget(box)
        first.addWidget(self.suggest)
        first.addStretch(1)
        first.addWidget(self.export)
        second = QHBoxLayout()
        for widget in (self.load, self.clear, self.folder, self.single, self.halt, self.progress):
            second.addWidget(widget)
        second.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 0)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.words)
        column.addWidget(self.view, 1)

    def _connect(self) -> None:
        for name, box in self.boxes.items():
            box.valueChanged.connect(partial(self._on_box, name))
        self.preset.activated.connect(self._on_preset)
        self.plot.moved.connect(self._on_handle)
        self.plot.let_go.connect(self._keep)
        self.hear_plot(self.plot)
        self.suggest.clicked.connect(self._on_suggestion)
        self.load.clicked.connect(self._ask_mask)
        self.clear.clicked.connect(self._forget_mask)
        self.folder.clicked.connect(self._ask_folder)
        self.halt.clicked.connect(self.work.stop_sweep)
        self.single.clicked.connect(self._show_one_image)
        self.export.clicked.connect(self._ask_export)
        self.work.measured.connect(self._on_measured)
        self.work.progressed.connect(self._show_progress)
        self.work.swept.connect(self._on_sweep_done)
        self.work.failed.connect(self._fail)


def _box(name: HandleName, parent: QWidget) -> QDoubleSpinBox:
    box = QDoubleSpinBox(parent)
    box.setRange(0.0, 1.0)
    box.setSingleStep(STEP)
    box.setDecimals(2)
    box.setKeyboardTracking(False)
    box.setAccessibleName(f"Threshold {name}")
    box.setToolTip(_HELP[name])
    return box


def _button(words: str, help_words: str, parent: QWidget) -> QPushButton:
    button = QPushButton(words, parent)
    button.setToolTip(help_words)
    return button
