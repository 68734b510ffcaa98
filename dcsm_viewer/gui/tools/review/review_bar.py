"""The controls of the triage: verdicts, what the hand holds, and the threshold."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.gui.tools.review.loaded_mask import LoadedMask
from dcsm_viewer.gui.tools.review.review_pane import Hand
from dcsm_viewer.gui.tools.review.review_parameters import BRUSH, THRESHOLD
from dcsm_viewer.gui.widgets.flow_layout import FlowLayout
from dcsm_viewer.gui.widgets.slider_row import SliderRow
from dcsm_viewer.gui.widgets.wheel_focus import ignore_wheel_unless_focused
from dcsm_viewer.render.palette import class_colour

_CHIP_PX = 12
_HANDS: dict[Hand, tuple[str, str]] = {
    "look": ("Look", "Drags move the picture (L)."),
    "brush": ("Brush", "Drags paint the class chosen here; with Shift they move the picture (B)."),
    "eraser": ("Eraser", "Drags paint background (E)."),
}


class ReviewBar(QWidget):
    """`taken(hand, label, brush_px)` whenever what the hand holds is another."""

    taken = Signal(str, int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.accept = self._push("Accept (Y)", "This mask is good; the next undecided one comes.")
        self.reject = self._push("Reject (N)", "This mask is not to be used; the next undecided one comes.")
        self.previous = self._push("Previous (A)", "The mask before in the queue.")
        self.next = self._push("Next (D)", "The next mask in the queue, without a verdict on this one.")
        self.take_back = self._push("Undo verdict (U)", "Removes the last verdict and shows its mask again.")
        self.hands = QButtonGroup(self)
        self._hands = {hand: self._hand(text, tip) for hand, (text, tip) in _HANDS.items()}
        self._hands["look"].setChecked(True)
        self.label = QComboBox(self)
        self.label.setAccessibleName("Class to paint with")
        self.label.setToolTip("What the brush paints: a class, or 'ignore', which training leaves out (255).")
        self.label.setIconSize(QSize(_CHIP_PX, _CHIP_PX))
        self.label.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.label.setMinimumContentsLength(9)
        ignore_wheel_unless_focused(self.label)
        self.undo = self._tool("↶", "Undo the last stroke", "Undo the last stroke (Ctrl+Z).")
        self.redo = self._tool("↷", "Redo the stroke", "Redo the last undone stroke (Ctrl+Shift+Z).")
        self.restore = self._push("As exported", "The exported labels again; a step that can be undone.")
        self.brush = SliderRow(BRUSH, self)
        self.threshold = SliderRow(THRESHOLD, self)
        self.open = self._push("Open in the window", "Opens the photograph with the settings its mask was made with.")
        self.take_over = self._push(
            "Re-export", "Exports what the window shows of this photograph in place of this mask, in all its formats."
        )
        self._lay_out()
        self.hands.buttonClicked.connect(self._tell)
        self.label.activated.connect(self._on_label)
        self.brush.value_moved.connect(self._tell)

    @property
    def hand(self) -> Hand:
        return next(hand for hand, button in self._hands.items() if button.isChecked())

    @property
    def brush_px(self) -> int:
        return round(self.brush.value)

    @property
    def painted_label(self) -> int:
        """What the brush paints with; 0 before there is a mask."""
        chosen = self.label.currentData()
        return chosen if isinstance(chosen, int) else 0

    def choose_hand(self, hand: Hand) -> None:
        self._hands[hand].setChecked(True)
        self._tell()

    def choose_label(self, label: int) -> None:
        """Takes the brush with this label."""
        index = self.label.findData(label)
        if index >= 0:
            self.label.setCurrentIndex(index)
            self.choose_hand("brush")

    def show_mask(self, loaded_mask: LoadedMask | None) -> None:
        """Its classes to choose from; the one chosen before stays chosen where it is among them."""
        for widget in (self.accept, self.reject, self.restore, self.open, self.threshold, self.brush, self.label):
            widget.setEnabled(loaded_mask is not None)
        if loaded_mask is None:
            return
        names, before = loaded_mask.names, self.painted_label
        offered = (*(class_id + 1 for class_id in loaded_mask.paintable), loaded_mask.ignore)
        if [self.label.itemData(index) for index in range(self.label.count())] != list(offered):
            self.label.clear()
            for label in offered:
                colour = class_colour(IGNORE_INDEX - 1 if label == loaded_mask.ignore else label - 1)
                self.label.addItem(_chip(colour), names[label], label)
        detected = loaded_mask.exported.detected_ids
        usual = detected[0] + 1 if detected else offered[0]
        kept = before if before in {*(c + 1 for c in detected), loaded_mask.ignore} else usual
        self.label.setCurrentIndex(max(0, self.label.findData(kept)))
        self._tell()

    def _tell(self) -> None:
        self.taken.emit(self.hand, self.painted_label, self.brush_px)

    def _on_label(self) -> None:
        # Who chooses a colour wants to paint with it.
        self.choose_hand("brush")

    def _push(self, text: str, explanation: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(explanation)
        button.setAccessibleDescription(explanation)
        button.setAutoDefault(False)
        return button

    def _tool(self, text: str, name: str, explanation: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAccessibleName(name)
        button.setToolTip(explanation)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _hand(self, text: str, tip: str) -> QToolButton:
        button = self._tool(text, text, tip)
        button.setCheckable(True)
        self.hands.addButton(button)
        return button

    def _lay_out(self) -> None:
        sliders = QHBoxLayout()
        sliders.setSpacing(12)
        sliders.addWidget(self.brush, 1)
        sliders.addWidget(self.threshold, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(FlowLayout(self.accept, self.reject, self.previous, self.next, self.take_back))
        tools = (*self._hands.values(), self.label, self.undo, self.redo, self.restore, self.open, self.take_over)
        column.addLayout(FlowLayout(*tools))
        column.addLayout(sliders)


def _chip(colour: tuple[int, int, int]) -> QIcon:
    picture = QPixmap(_CHIP_PX, _CHIP_PX)
    picture.fill(QColor(*colour))
    return QIcon(picture)
