"""Slider rows for some numbers of the settings, kept in step with the store."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.parameters import LIMITS, value_of
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.slider_row import SliderRow


class SliderGroup(QWidget):
    """One row a field, from top to bottom. One drag is one step of undo."""

    def __init__(self, store: Store, fields: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.rows = {field: SliderRow(LIMITS[field], self) for field in fields}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for row in self.rows.values():
            column.addWidget(row)
            row.value_moved.connect(self._on_value)
            row.let_go.connect(self._on_let_go)
        store.watch(self._on_state_changed, "settings")
        self._show(store.state.settings)

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self._show(after.settings)

    def _show(self, settings: Settings) -> None:
        preset = Settings(method=PRESETS[settings.method.preset])
        for field, row in self.rows.items():
            row.set_default(float(value_of(LIMITS[field], preset)))
            row.show_value(float(value_of(LIMITS[field], settings)))

    def _on_value(self, field: str, value: float) -> None:
        self._store.edit(with_field(self._store.state.settings, field, value), merge_key=field)

    def _on_let_go(self, _field: str) -> None:
        self._store.end_merge()
