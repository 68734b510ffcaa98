"""The line of controls over the panes: which view, which maps, and how they are painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QDoubleSpinBox, QHBoxLayout, QMenu, QSizePolicy, QSlider, QToolButton, QWidget
from typing_extensions import override

from dcsm_viewer.gui.plain_text import as_control
from dcsm_viewer.gui.state.save_snapshot import compare_with, save_snapshot
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import Paint, ViewState
from dcsm_viewer.gui.widgets.form_row import choice_box, show_choice
from dcsm_viewer.render.colormaps import ON_REQUEST, POSITIVE, lookup_table

_RANGES = {"own": "Range: own", "shared": "Range: shared", "absolute": "Range: absolute"}
_RANGE_HELP = (
    "own: each pane from 0 to its own maximum\nshared: all panes of one kind to their common maximum\n"
    "absolute: up to the largest possible value"
)
_KINDS = {"both": "Raw + distinct", "raw": "Raw", "distinct": "Distinct"}
_OPACITY = Paint().opacity
_OVERLAYS = {"class": "Overlay: class", "labels": "Overlay: labels"}


class ViewBar(QWidget):
    """View buttons (they are the actions of the View menu), then kind, overlay, range, colormap and opacity."""

    def __init__(self, store: Store, views: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._kind = choice_box(_KINDS, self)
        self._overlay_of = choice_box(_OVERLAYS, self)
        self._range = choice_box(_RANGES, self)
        self._colormap = choice_box({}, self)
        self._opacity = QSlider(Qt.Orientation.Horizontal, self)
        self._opacity_box = QDoubleSpinBox(self)
        self._reset = QToolButton(self)
        self._compare = QToolButton(self)
        self._fill()
        controls = [
            self._compare,
            self._kind,
            self._overlay_of,
            self._range,
            self._colormap,
            self._opacity,
            self._opacity_box,
            self._reset,
        ]
        self._groups = (_group([_view_button(action, self) for action in views], self), _group(controls, self))
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setSizeConstraint(QBoxLayout.SizeConstraint.SetNoConstraint)
        self._line.setContentsMargins(6, 3, 6, 3)
        self._line.addWidget(self._groups[0], 0, Qt.AlignmentFlag.AlignLeft)
        self._line.addWidget(self._groups[1], 0, Qt.AlignmentFlag.AlignRight)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._kind.activated.connect(self._on_kind)
        self._overlay_of.activated.connect(self._on_overlay_of)
        self._range.activated.connect(self._on_range)
        self._colormap.activated.connect(self._on_colormap)
        self._opacity.valueChanged.connect(self._on_opacity)
        self._opacity_box.valueChanged.connect(self._on_opacity_box)
        self._reset.clicked.connect(self._on_reset)
        store.watch(self._on_state_changed, "paint", "view")
        self.show_state(store.state)

    def show_state(self, state: ViewState) -> None:
        paint = state.paint
        show_choice(self._kind, paint.kind)
        show_choice(self._overlay_of, paint.overlay_of)
        show_choice(self._range, paint.range_mode)
        self._offer(paint.colormap)
        show_choice(self._colormap, paint.colormap)
        with QSignalBlocker(self._opacity), QSignalBlocker(self._opacity_box):
            self._opacity.setValue(round(paint.opacity * 100))
            self._opacity_box.setValue(paint.opacity)
        self._reset.setEnabled(paint.opacity != _OPACITY)
        # Each view has the controls that act on it. Hiding comes before showing: with all of them at once the line
        # would be wider than a narrow window, which would grow.
        wanted = {
            self._compare: state.view == "labels",
            self._kind: state.view == "grid",
            self._overlay_of: state.view in {"overlay", "compare"},
            self._range: state.view != "labels",
            self._colormap: state.view != "labels",
        }
        for widget, is_wanted in sorted(wanted.items(), key=lambda item: item[1]):
            widget.setVisible(is_wanted)
        self._break_line()

    @override
    def minimumSizeHint(self) -> QSize:
        """As wide as the wider group: the other one can go below."""
        margins = self._line.contentsMargins()
        widest = max(group.sizeHint().width() for group in self._groups)
        return QSize(widest + margins.left() + margins.right(), self._line.minimumSize().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._break_line()

    def _break_line(self) -> None:
        """One line where both groups have room beside each other, else two."""
        margins = self._line.contentsMargins()
        needed = sum(group.sizeHint().width() for group in self._groups) + self._line.spacing()
        width = self.width() - margins.left() - margins.right()
        one, two = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._line.setDirection(one if width >= needed else two)
        side = Qt.AlignmentFlag.AlignRight if width >= needed else Qt.AlignmentFlag.AlignLeft
        self._line.setAlignment(self._groups[1], side)
        self.updateGeometry()

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self.show_state(after)

    def _on_kind(self, index: int) -> None:
        self._repaint(kind=self._kind.itemData(index))

    def _on_overlay_of(self, index: int) -> None:
        self._repaint(overlay_of=self._overlay_of.itemData(index), overlay_on=True)

    def _on_range(self, index: int) -> None:
        self._repaint(range_mode=self._range.itemData(index))

    def _on_colormap(self, index: int) -> None:
        self._repaint(colormap=self._colormap.itemData(index))

    def _on_opacity(self, percent: int) -> None:
        self._repaint(opacity=percent / 100)

    def _on_opacity_box(self, opacity: float) -> None:
        self._repaint(opacity=round(opacity, 2))

    def _on_reset(self) -> None:
        self._repaint(opacity=_OPACITY)

    def _repaint(self, **fields: object) -> None:
        self._store.change(paint=replace(self._store.state.paint, **fields))  # type: ignore[arg-type]  # one of Paint's

    def _offer_kept(self) -> None:
        """Every kept result to compare the labels on show with, and a way to keep these."""
        menu = self._compare.menu()
        menu.clear()
        menu.addAction("Save a snapshot first", partial(save_snapshot, self._store))
        for snapshot in self._store.state.snapshots:
            words = as_control(f"{snapshot.name} · {snapshot.image_name}")
            menu.addAction(words, partial(compare_with, self._store, snapshot.name))

    def _offer(self, colormap: str) -> None:
        """A colormap that came from the command line is offered too."""
        if self._colormap.findData(colormap) < 0:
            self._colormap.addItem(_swatch(colormap), colormap, colormap)

    def _fill(self) -> None:
        for name in (*POSITIVE, *ON_REQUEST):
            self._colormap.addItem(_swatch(name), name, name)
        self._colormap.setIconSize(QSize(24, 10))
        self._compare.setText("Compare with...")
        self._compare.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._compare.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._compare.setMenu(QMenu(self._compare))
        self._compare.menu().aboutToShow.connect(self._offer_kept)
        self._opacity.setRange(0, 100)
        self._opacity.setFixedWidth(80)
        self._reset.setText("↺")
        self._reset.setAutoRaise(True)
        self._reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._opacity_box.setRange(0, 1)
        self._opacity_box.setSingleStep(0.05)
        self._opacity_box.setKeyboardTracking(False)
        for widget, name, explanation in (
            (self._compare, "Compare with", "These labels against those of a saved snapshot"),
            (self._kind, "Kind of map", "Raw maps, distinct maps or both (X)"),
            (self._overlay_of, "Overlay", "Over the photograph: the chosen class's map, or all labels"),
            (self._range, "Range", _RANGE_HELP),
            (self._colormap, "Colormap", "The colours of the maps"),
            (self._opacity, "Opacity, slider", "How much the maps cover the photograph"),
            (self._opacity_box, "Opacity", "How much the maps cover the photograph, from 0 to 1"),
            (self._reset, "Reset opacity", f"Back to {_OPACITY:g}"),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(explanation)


def _group(widgets: Sequence[QWidget], parent: QWidget) -> QWidget:
    group = QWidget(parent)
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget)
    return group


def _view_button(action: QAction, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setDefaultAction(action)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _swatch(colormap: str) -> QIcon:
    table = lookup_table(colormap)[None, :, :3].copy()
    strip = QImage(table.data, 256, 1, 3 * 256, QImage.Format.Format_RGB888)
    return QIcon(QPixmap.fromImage(strip.scaled(24, 10)))
