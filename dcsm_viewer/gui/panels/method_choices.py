"""One constant of the method that is chosen: a box of its options, or a tick, kept in step with the store."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from dcsm_viewer.core.parameter_rows import Choice
from dcsm_viewer.core.parameters import CHOICES
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.form_row import choice_box, form_row, show_choice


class MethodChoice(QWidget):
    """The constant of this field; its tooltip says what it is about and what each option means."""

    def __init__(self, store: Store, field: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._choice: Choice = CHOICES[field]
        self.setObjectName(field)
        self.control: QComboBox | QCheckBox
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        if isinstance(self._choice.options[0].value, bool):
            self.control = self._tick()
            column.addWidget(self.control)
        else:
            self.control = self._box()
            column.addLayout(form_row(self._choice.label, self.control, self._choice.words))
        store.watch(self._on_state_changed, "settings")
        self._show(store.state)

    def _tick(self) -> QCheckBox:
        tick = QCheckBox(self._choice.label, self)
        tick.setToolTip(self._choice.words)
        tick.setAccessibleDescription(self._choice.words)
        tick.clicked.connect(self._take)
        return tick

    def _box(self) -> QComboBox:
        box = choice_box({str(option.value): option.title for option in self._choice.options}, self)
        for index, option in enumerate(self._choice.options):
            box.setItemData(index, option.words, Qt.ItemDataRole.ToolTipRole)
        box.activated.connect(self._on_index)
        return box

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self._show(after)

    def _show(self, state: ViewState) -> None:
        value = getattr(state.settings.method, self._choice.field.removeprefix("method."))
        if isinstance(self.control, QCheckBox):
            self.control.setChecked(value)
        else:
            show_choice(self.control, value)

    def _on_index(self, index: int) -> None:
        self._take(self._choice.options[index].value)

    def _take(self, value: str | bool) -> None:
        self._store.edit(with_field(self._store.state.settings, self._choice.field, value))
