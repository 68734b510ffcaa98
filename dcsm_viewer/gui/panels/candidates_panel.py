"""Which classes are detected and how many are compared: threshold, N, and what to do when nothing is found."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from dcsm_viewer.gui.state.settings_edits import use_top1
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.slider_group import SliderGroup

CANDIDATE_FIELDS = ("method.threshold", "method.min_candidates")


class CandidatesPanel(QWidget):
    """Threshold and N as sliders, top-1 as a tick."""

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.sliders = SliderGroup(store, CANDIDATE_FIELDS, self)
        self._top1 = QCheckBox("Use top-1 where none is detected", self)
        self._top1.setToolTip("When no class is above the threshold, the best one counts as detected.")
        column = QVBoxLayout(self)
        column.setSpacing(6)
        column.addWidget(self.sliders)
        column.addWidget(self._top1)
        self._top1.clicked.connect(self._on_top1)
        store.watch(self._on_state_changed, "settings")
        self._top1.setChecked(store.state.settings.choice.top1_if_none)

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self._top1.setChecked(after.settings.choice.top1_if_none)

    def _on_top1(self, on: bool) -> None:
        self._store.edit(use_top1(self._store.state.settings, on=on))
