"""Two results of one image against each other: swipe, blink, difference, side by side."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.save_snapshot import save_snapshot
from dcsm_viewer.gui.state.snapshots import LIVE, Comparison, without
from dcsm_viewer.gui.state.view_state import SHOWN_MAPS, ViewState
from dcsm_viewer.gui.tools.compare_ab.compare_ab_view import CompareABView
from dcsm_viewer.gui.tools.tool_context import Tool, ToolContext
from dcsm_viewer.gui.widgets.form_row import choice_box, show_choice

FASTEST_HZ = 3.0
"""Flashing faster than three times a second can harm people with photosensitive epilepsy (WCAG 2.3.1)."""

_MODES = {"swipe": "Swipe", "side": "Side by side", "blink": "Blink", "difference": "Difference"}
_MODE_HELP = (
    "Swipe: a divider between the two\nSide by side: two linked panes\n"
    "Blink: one after the other in the same place (B)\nDifference: where they differ, B minus A"
)
_SUBJECTS = {"labels": "Labels", "before": "Labels before CRF", "distinct": "Distinct map", "raw": "Raw map"}


class CompareABTool(Tool):
    """Chooses what is compared with what, and how; the panes below show it."""

    watched = (*SHOWN_MAPS, "comparison", "snapshots")

    def __init__(self, context: ToolContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.a, self.b = choice_box({}, self), choice_box({}, self)
        self.swap = _button("⇄", "Swap A and B", self)
        self.keep = _button("Save snapshot", "Saves the displayed result under a name (K)", self)
        self.drop = _button("Delete snapshot", "Deletes the snapshot chosen as A", self)
        self.mode = choice_box(_MODES, self)
        self.subject = choice_box(_SUBJECTS, self)
        self.divider, self.divider_box = _slider_and_box("Divider", 0, 100, 1, " %", self)
        self.speed, self.speed_box = _slider_and_box("Blinks in a second", 0, FASTEST_HZ, 0.25, " Hz", self)
        self.speed_box.setSpecialValueText("by hand")
        self.numbers, self.settings = _words("Difference in numbers", self), _words("Settings that differ", self)
        self.view = CompareABView(context.viewport, self)
        self._timer = QTimer(self)
        self._lay_out()
        self._name()
        self._connect()

    @override
    def show_state(self, state: ViewState) -> None:
        comparison = state.comparison
        for box, chosen in ((self.a, comparison.a), (self.b, comparison.b)):
            _offer(box, state)
            show_choice(box, chosen)
        show_choice(self.mode, comparison.mode)
        show_choice(self.subject, comparison.subject)
        self._adjust.setCurrentIndex({"swipe": 0, "blink": 1}.get(comparison.mode, 2))
        _show_number(self.divider, self.divider_box, 100 * comparison.divider)
        _show_number(self.speed, self.speed_box, comparison.hz)
        self.drop.setEnabled(comparison.a != LIVE)
        self.keep.setEnabled(state.result is not None and state.result.completeness == "settled")
        self.view.show_state(state)
        self._beat(comparison)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _beat(self, comparison: Comparison) -> None:
        """Starts, stops or re-times the blinking; a blink under way is not begun anew."""
        wanted = comparison.mode == "blink" and comparison.hz > 0 and self.isVisible()
        if not wanted:
            self._timer.stop()
            return
        interval = math.ceil(1000 / min(comparison.hz, FASTEST_HZ))
        if not self._timer.isActive() or self._timer.interval() != interval:
            self._timer.start(interval)

    def _change(self, **fields: object) -> None:
        comparison = replace(self.context.store.state.comparison, **fields)  # type: ignore[arg-type]  # one of its own
        self.context.store.change(comparison=comparison)

    def _on_side(self) -> None:
        self._change(a=self.a.currentData(), b=self.b.currentData())

    def _on_swap(self) -> None:
        now = self.context.store.state.comparison
        self._change(a=now.b, b=now.a)

    def _on_mode(self) -> None:
        self._change(mode=self.mode.currentData())

    def _on_target(self) -> None:
        self._change(subject=self.subject.currentData())

    def _on_divider(self, percent: float) -> None:
        self._change(divider=percent / 100)

    def _on_share(self, share: float) -> None:
        self._change(divider=share)

    def _on_speed_slider(self, step: int) -> None:
        self._change(hz=step * self.speed_box.singleStep())

    def _on_speed(self, hz: float) -> None:
        self._change(hz=hz)

    def _turn(self) -> None:
        side = self.context.store.state.comparison.side
        self._change(side="b" if side == "a" else "a")

    def _on_keep(self) -> None:
        save_snapshot(self.context.store)

    def _on_drop(self) -> None:
        store = self.context.store
        name = store.state.comparison.a
        store.change(snapshots=without(store.state.snapshots, name), comparison=replace(store.state.comparison, a=LIVE))

    def _tell(self) -> None:
        self.numbers.setText(self.view.sides.numbers)
        words = self.view.sides.settings
        self.settings.setText(f"From A to B: {words}." if words else "")
        self.settings.setToolTip(as_tip(words))

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(4)
        first.addWidget(_letter("A", self.a, self))
        first.addWidget(self.a, 1)
        first.addWidget(self.swap)
        first.addWidget(_letter("B", self.b, self))
        first.addWidget(self.b, 1)
        first.addWidget(self.keep)
        first.addWidget(self.drop)
        second.addWidget(self.mode)
        second.addWidget(self.subject)
        self._adjust = QStackedWidget(self)
        for controls in ((self.divider, self.divider_box), (self.speed, self.speed_box), ()):
            page = QWidget(self._adjust)
            line = QHBoxLayout(page)
            line.setContentsMargins(0, 0, 0, 0)
            for control in controls:
                line.addWidget(control, 1 if isinstance(control, QSlider) else 0)
            self._adjust.addWidget(page)
        self._adjust.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        second.addWidget(self._adjust, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(3)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.view, 1)
        column.addWidget(self.numbers)
        column.addWidget(self.settings)

    def _name(self) -> None:
        for widget, name, explanation in (
            (self.a, "A", "What stands left of the divider, or first"),
            (self.b, "B", "What stands right of the divider, or second"),
            (self.mode, "How to compare", _MODE_HELP),
            (self.subject, "What to compare", "Labels, or a map of the displayed class"),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(explanation)

    def _connect(self) -> None:
        for box in (self.a, self.b):
            box.activated.connect(self._on_side)
        self.swap.clicked.connect(self._on_swap)
        self.keep.clicked.connect(self._on_keep)
        self.drop.clicked.connect(self._on_drop)
        self.mode.activated.connect(self._on_mode)
        self.subject.activated.connect(self._on_target)
        self.divider.valueChanged.connect(self._on_divider)
        self.divider_box.valueChanged.connect(self._on_divider)
        self.speed.valueChanged.connect(self._on_speed_slider)
        self.speed_box.valueChanged.connect(self._on_speed)
        self.view.divider_moved.connect(self._on_share)
        self.view.compared.connect(self._tell)
        self._timer.timeout.connect(self._turn)


def _offer(box: QComboBox, state: ViewState) -> None:
    """The result on show, then what is kept; the box is filled anew only where that is another list."""
    wanted = [("on show", LIVE)]
    for snapshot in state.snapshots:
        gone = "" if snapshot.result is not None else ", settings only"
        wanted.append((f"{snapshot.name} · {snapshot.image_name}{gone}", snapshot.name))
    there = [(box.itemText(index), box.itemData(index)) for index in range(box.count())]
    if wanted != there:
        with QSignalBlocker(box):
            box.clear()
            for title, name in wanted:
                box.addItem(title, name)


def _show_number(slider: QSlider, box: QDoubleSpinBox, value: float) -> None:
    with QSignalBlocker(slider), QSignalBlocker(box):
        if not slider.isSliderDown():
            slider.setValue(round(value / box.singleStep()))
        box.setValue(value)


def _slider_and_box(
    name: str, low: float, high: float, step: float, unit: str, parent: QWidget
) -> tuple[QSlider, QDoubleSpinBox]:
    slider, box = QSlider(Qt.Orientation.Horizontal, parent), QDoubleSpinBox(parent)
    slider.setRange(round(low / step), round(high / step))
    slider.setAccessibleName(f"{name}, slider")
    box.setRange(low, high)
    box.setSingleStep(step)
    box.setDecimals(0 if step >= 1 else 2)
    box.setSuffix(unit)
    box.setAccessibleName(name)
    box.setKeyboardTracking(False)
    for widget in (slider, box):
        widget.setToolTip(name)
    return slider, box


def _button(text: str, explanation: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText(text)
    button.setToolTip(explanation)
    button.setAccessibleName(explanation)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _letter(letter: str, buddy: QWidget, parent: QWidget) -> QLabel:
    label = QLabel(letter, parent)
    label.setBuddy(buddy)
    return label


def _words(name: str, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAccessibleName(name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return label
