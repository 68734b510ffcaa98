"""The options of a figure: panels to tick, columns, width, resolution, words, and where it goes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from dcsm_viewer.gui.tools.figure.figure_draw import FigureStyle
from dcsm_viewer.gui.tools.figure.figure_panels import TITLES, PanelName, panels_of_view
from dcsm_viewer.gui.widgets.form_row import choice_box, form_row
from dcsm_viewer.gui.widgets.wheel_focus import ignore_wheel_unless_focused

_SETS = {
    "compare": "Panes of Compare",
    "grid": "Panes of Grid",
    "overlay": "Panes of Overlay",
    "labels": "Panes of Labels",
    "compare_ab": "Two results",
    "own": "Own choice",
}
_WIDTHS_MM = (20, 400)
_DPI = (72, 1200)


class FigureOptions(QWidget):
    """Signals: `changed` an option is another; `save_wanted`, `copy_wanted`."""

    changed = Signal()
    save_wanted = Signal()
    copy_wanted = Signal()

    def __init__(self, names: Sequence[PanelName], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        first = FigureStyle()
        self.sets = choice_box(_SETS, self)
        self.ticks = {name: QCheckBox(title, self) for name, title in TITLES.items()}
        self.columns = _spin(QSpinBox(self), 1, 12, first.columns, "")
        self.columns_slider = QSlider(Qt.Orientation.Horizontal, self)
        self.width_mm = QDoubleSpinBox(self)
        self.width_slider = QSlider(Qt.Orientation.Horizontal, self)
        self.dpi = _spin(QSpinBox(self), *_DPI, first.dpi, " dpi")
        self.dpi_slider = QSlider(Qt.Orientation.Horizontal, self)
        self.captions = QCheckBox("Captions", self)
        self.letters = QCheckBox("Letters (a), (b)", self)
        self.scales = QCheckBox("Bars, legends, scales", self)
        self._save = QPushButton("Save figure...", self)
        self._copy = QPushButton("Copy", self)
        self._fill(first)
        self._lay_out()
        self._connect()
        self._tick(names)

    @property
    def names(self) -> tuple[PanelName, ...]:
        return tuple(name for name, tick in self.ticks.items() if tick.isChecked())

    @property
    def figure_style(self) -> FigureStyle:
        return FigureStyle(
            columns=self.columns.value(),
            width_mm=self.width_mm.value(),
            dpi=self.dpi.value(),
            captions=self.captions.isChecked(),
            letters=self.letters.isChecked(),
            scales=self.scales.isChecked(),
        )

    def allow(self, *, can_be_set: bool) -> None:
        """Saving waits for maps that belong to what is set."""
        for button in (self._save, self._copy):
            button.setEnabled(can_be_set)
            button.setToolTip("" if can_be_set else "Wait for the maps of these settings.")

    def choose(self, names: Sequence[PanelName]) -> None:
        """These panels and no others."""
        self._tick(names)
        self.changed.emit()

    def _tick(self, names: Sequence[PanelName]) -> None:
        for name, tick in self.ticks.items():
            with QSignalBlocker(tick):
                tick.setChecked(name in names)
        self._name_set()

    def _name_set(self) -> None:
        now = self.names
        fitting = next((view for view in _SETS if view != "own" and set(panels_of_view(view)) == set(now)), "own")
        with QSignalBlocker(self.sets):
            self.sets.setCurrentIndex(self.sets.findData(fitting))

    def _on_set(self) -> None:
        view = self.sets.currentData()
        if view != "own":
            self.choose(panels_of_view(view))

    def _on_tick(self) -> None:
        self._name_set()
        self.changed.emit()

    def _fill(self, first: FigureStyle) -> None:
        self.width_mm.setDecimals(1)
        self.width_mm.setRange(*_WIDTHS_MM)
        self.width_mm.setValue(first.width_mm)
        self.width_mm.setSuffix(" mm")
        self.width_mm.setKeyboardTracking(False)
        for tick, on, explanation in (
            (self.captions, first.captions, "The title of each pane above its picture"),
            (self.letters, first.letters, "A letter before each caption, to speak of it in the text"),
            (self.scales, first.scales, "Colour bars with numbers, legends of labels, how each colour scale is made"),
        ):
            tick.setChecked(on)
            tick.setToolTip(explanation)
            tick.setAccessibleDescription(explanation)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(form_row("Panels", self.sets, "A set of panels to begin with; tick others below"))
        for tick in self.ticks.values():
            column.addWidget(tick)
        grid = QGridLayout()
        grid.setVerticalSpacing(1)
        numbers: tuple[tuple[str, QSlider, QSpinBox | QDoubleSpinBox, str], ...] = (
            ("Columns", self.columns_slider, self.columns, "Pictures beside each other"),
            ("Width", self.width_slider, self.width_mm, "Width of the whole figure on paper"),
            ("Resolution", self.dpi_slider, self.dpi, "Dots per inch of a PNG and of the copy; others have none"),
        )
        for row, (name, slider, box, explanation) in enumerate(numbers):
            _joined(name, slider, box, explanation)
            grid.addWidget(QLabel(name, self), 2 * row, 0)
            grid.addWidget(box, 2 * row, 1)
            grid.addWidget(slider, 2 * row + 1, 0, 1, 2)
        column.addLayout(grid)
        for tick in (self.captions, self.letters, self.scales):
            column.addWidget(tick)
        column.addStretch(1)
        column.addWidget(self._save)
        column.addWidget(self._copy)

    def _connect(self) -> None:
        self.sets.activated.connect(self._on_set)
        for tick in self.ticks.values():
            tick.toggled.connect(self._on_tick)
        for box in (self.columns, self.width_mm, self.dpi):
            box.valueChanged.connect(self.changed)
        for tick in (self.captions, self.letters, self.scales):
            tick.toggled.connect(self.changed)
        self._save.clicked.connect(self.save_wanted)
        self._copy.clicked.connect(self.copy_wanted)


def _joined(name: str, slider: QSlider, box: QSpinBox | QDoubleSpinBox, explanation: str) -> None:
    """One number with two handles."""
    slider.setRange(round(box.minimum()), round(box.maximum()))
    slider.setValue(round(box.value()))
    slider.setAccessibleName(f"{name}, slider")
    box.setAccessibleName(name)
    for widget in (slider, box):
        widget.setToolTip(explanation)
        ignore_wheel_unless_focused(widget)
    slider.valueChanged.connect(box.setValue)

    def follow(value: float) -> None:
        with QSignalBlocker(slider):
            slider.setValue(round(value))

    box.valueChanged.connect(follow)


def _spin(box: QSpinBox, low: int, high: int, value: int, unit: str) -> QSpinBox:
    box.setRange(low, high)
    box.setValue(value)
    box.setSuffix(unit)
    box.setKeyboardTracking(False)
    box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.UpDownArrows)
    return box
