"""The CRF laboratory: a scrubber through the steps, their curves, and what a clicked pixel is tied to."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.gui.canvas.crf_kernels import INVITATION, KernelName, PixelFootprints
from dcsm_viewer.gui.views.crf_plot import chart_of
from dcsm_viewer.gui.views.crf_steps import CrfSteps
from dcsm_viewer.gui.widgets.plot import Plot

_LEAST = QSize(262, 232)
_KERNELS: dict[KernelName, tuple[str, str]] = {
    "appearance": ("Appearance", "Weights of the kernel that looks at place and colour"),
    "smoothness": ("Smoothness", "Weights of the kernel that looks at the place alone"),
}


class CrfLab(QWidget):
    """Signals:
    stop_chosen: the scrubber stands at this place of `CrfSteps.stops`.
    kernel_chosen: the kernel whose weights are wanted on the photograph.
    cleared: no pixel is wanted any more.
    """

    stop_chosen = Signal(int)
    kernel_chosen = Signal(str)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = CrfSteps()
        self.scrubber = QSlider(Qt.Orientation.Horizontal, self)
        self.scrubber.setAccessibleName("CRF step")
        self.scrubber.setToolTip("Labels after this step; 0 is before the CRF. Nothing is computed anew.")
        self.scrubber.setPageStep(1)
        self._step = QLabel(self)
        self._step.setMinimumWidth(self.fontMetrics().horizontalAdvance("Step 88 of 88 "))
        self.words = _wrapped(self)
        self.plot = Plot("Energy and changes over the CRF steps", self)
        self.plot.setToolTip("Energy falls as the labels settle. Click, or drag the line, to see the labels of a step.")
        self.reach = _wrapped(self)
        self._clear = QToolButton(self)
        self._clear.setText("Clear")
        self._clear.setToolTip("Show the photograph alone again")
        self._buttons = {name: _kernel_button(name, self) for name in _KERNELS}
        self._group = QButtonGroup(self)
        for button in self._buttons.values():
            self._group.addButton(button)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._lay_out()
        self.scrubber.valueChanged.connect(self.stop_chosen)
        self.plot.moved.connect(self._on_iteration)
        self._group.buttonClicked.connect(self._on_kernel)
        self._clear.clicked.connect(self.cleared)
        self.show_footprints(None)

    def show_steps(self, steps: CrfSteps, stop: int, waiting: str) -> None:
        """Scrubber and curves at a place of `steps.stops`; `waiting` says why there are none just now.

        The last curves stay, greyed, while others are on their way, so that nothing flickers under a moving slider.
        """
        for widget in (self.scrubber, self.plot):
            widget.setEnabled(not waiting)
        self.words.setText(waiting)
        if waiting:
            return
        self._steps = steps
        at = steps.stops[stop]
        with QSignalBlocker(self.scrubber):
            self.scrubber.setRange(0, len(steps.stops) - 1)
            self.scrubber.setValue(stop)
        self._step.setText(f"Step {at} of {steps.last}")
        self.words.setText("Before the CRF. " + steps.sentence(at) if at == 0 else steps.sentence(at))
        self.plot.show_chart(chart_of(steps, at))

    def show_footprints(self, reach: PixelFootprints | None) -> None:
        self.reach.setText(INVITATION if reach is None else reach.sentence)
        for name, button in self._buttons.items():
            button.setEnabled(reach is not None)
            button.setChecked(name == (reach.shown if reach else "appearance"))
        self._clear.setEnabled(reach is not None)

    def kernel_button(self, name: KernelName) -> QToolButton:
        return self._buttons[name]

    @override
    def minimumSizeHint(self) -> QSize:
        return _LEAST

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() > 2 * self.height()
        self._box.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def _on_iteration(self, _line: str, iteration: float) -> None:
        self.scrubber.setValue(self._steps.nearest_stop(round(iteration)))

    def _on_kernel(self) -> None:
        for name, button in self._buttons.items():
            if button.isChecked():
                self.kernel_chosen.emit(name)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.addWidget(self._step)
        line.addWidget(self.scrubber, 1)
        steps = QVBoxLayout()
        steps.setSpacing(2)
        steps.addLayout(line)
        steps.addWidget(self.words)
        steps.addWidget(self.plot, 1)
        keys = QHBoxLayout()
        for button in self._buttons.values():
            keys.addWidget(button)
        keys.addStretch(1)
        keys.addWidget(self._clear)
        pixel = QVBoxLayout()
        pixel.setSpacing(2)
        pixel.addLayout(keys)
        pixel.addWidget(self.reach)
        pixel.addStretch(1)
        self._box.setContentsMargins(6, 4, 6, 2)
        self._box.setSpacing(6)
        self._box.addLayout(steps, 1)
        self._box.addLayout(pixel)
        self.reach.setMinimumHeight(4 * self.fontMetrics().lineSpacing())
        self.reach.setMinimumWidth(240)


def _wrapped(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def _kernel_button(name: KernelName, parent: QWidget) -> QToolButton:
    title, explanation = _KERNELS[name]
    button = QToolButton(parent)
    button.setText(title)
    button.setToolTip(explanation)
    button.setCheckable(True)
    # Auto-raised like the buttons of the views: on a dark ground a framed button hides which of the two is chosen.
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
