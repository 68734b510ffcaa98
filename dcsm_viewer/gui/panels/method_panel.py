"""Whose form of the method: the preset, which of its constants were changed, and each constant that is chosen."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from dcsm_viewer.core.method_presets import PRESET_DESCRIPTIONS, PRESET_TITLES, PRESETS
from dcsm_viewer.core.parameters import CHOICES, LIMITS
from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.gui.panels.method_choices import MethodChoice
from dcsm_viewer.gui.state.settings_edits import with_preset
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.form_row import choice_box, form_row, show_choice

_MODIFIED = "modified"
# How gradients go back stands with the layers they go back to, in the Maps panel.
_FIELDS = tuple(field for field in CHOICES if field != "method.attribution")


class MethodPanel(QWidget):
    """Choosing a preset sets every constant, those of the panels Candidates and Maps too.

    A changed constant marks the preset as modified and is named; the button takes all of them back.
    """

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.preset = choice_box({str(name): title for name, title in PRESET_TITLES.items()}, self)
        for index, text in enumerate(PRESET_DESCRIPTIONS.values()):
            self.preset.setItemData(index, text, Qt.ItemDataRole.ToolTipRole)
        self.reset = QPushButton("Reset to the preset", self)
        self._words = QLabel(self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        # Whatever it says, the dock stays as narrow as it is.
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.choices = {field: MethodChoice(store, field, self) for field in _FIELDS}
        column = QVBoxLayout(self)
        column.setSpacing(6)
        column.addLayout(form_row("Preset", self.preset, "A published form of the method: sets every constant."))
        column.addWidget(self._words)
        row = QHBoxLayout()
        row.addWidget(self.reset)
        row.addStretch(1)
        column.addLayout(row)
        for choice in self.choices.values():
            column.addWidget(choice)
        self.preset.activated.connect(self._on_preset)
        self.reset.clicked.connect(self._on_reset)
        store.watch(self._on_state_changed, "settings")
        self.show_state(store.state)

    @property
    def words(self) -> str:
        """What stands below the preset."""
        return self._words.text()

    def show_state(self, state: ViewState) -> None:
        method = state.settings.method
        changed = changed_constants(method)
        index = self.preset.findData(_MODIFIED)
        if changed and index < 0:
            self.preset.addItem("", _MODIFIED)
            index = self.preset.count() - 1
        if changed:
            self.preset.setItemText(index, f"Modified: {PRESET_TITLES[method.preset]}")
        elif index >= 0:
            self.preset.removeItem(index)
        show_choice(self.preset, _MODIFIED if changed else method.preset)
        what = f" Modified: {', '.join(changed)}." if changed else ""
        self._words.setText(f"{PRESET_DESCRIPTIONS[method.preset]}{what}")
        self.reset.setEnabled(bool(changed))
        self.reset.setToolTip(f"Sets every constant as {PRESET_TITLES[method.preset]} has it.")

    def _on_state_changed(self, before: ViewState, after: ViewState) -> None:
        if before.settings.method != after.settings.method:
            self.show_state(after)

    def _on_preset(self, index: int) -> None:
        name = self.preset.itemData(index)
        if name != _MODIFIED:
            self._store.edit(with_preset(self._store.state.settings, name))
        self.show_state(self._store.state)

    def _on_reset(self) -> None:
        settings = self._store.state.settings
        self._store.edit(with_preset(settings, settings.method.preset))


def changed_constants(method: MethodSettings) -> tuple[str, ...]:
    """Labels of the constants that are others than in the preset the settings are named after."""
    preset = PRESETS[method.preset]
    return tuple(
        _label(field.name) for field in fields(method) if getattr(preset, field.name) != getattr(method, field.name)
    )


def _label(name: str) -> str:
    path = f"method.{name}"
    labels = {field: limit.label for field, limit in LIMITS.items()} | {field: c.label for field, c in CHOICES.items()}
    label = labels.get(path, name)
    return label if len(label) == 1 else label.lower()
