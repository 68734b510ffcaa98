"""Which network and which form of the method, and on what it really runs: the corner of the menu bar."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from dcsm_viewer.core.method_presets import PRESET_DESCRIPTIONS, PRESET_TITLES, is_modified
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.settings_edits import with_model, with_preset
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.form_row import choice_box, show_choice

_OPEN = "\N{NULL}open"


class EngineBar(QWidget):
    """`weights_wanted`: the user wants to choose a weights file."""

    weights_wanted = Signal()

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._model = choice_box({}, self)
        self._model.setMinimumContentsLength(20)
        self._model.setAccessibleName("Model")
        self._preset = choice_box({str(name): title for name, title in PRESET_TITLES.items()}, self)
        self._preset.setMinimumContentsLength(24)
        self._preset.setAccessibleName("Preset")
        for index, text in enumerate(PRESET_DESCRIPTIONS.values()):
            self._preset.setItemData(index, text, Qt.ItemDataRole.ToolTipRole)
        self._device = QLabel(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 1, 8, 1)
        row.setSpacing(6)
        for widget in (self._model, self._preset, self._device):
            row.addWidget(widget)
        for box in (self._model, self._preset):
            # No taller than a menu's name, which would otherwise hang at the top of the bar.
            box.setFixedHeight(self.fontMetrics().height() + 6)
        self._model.activated.connect(self._on_model)
        self._preset.activated.connect(self._on_preset)
        store.watch(self._on_state_changed, "settings", "engine", "result")
        self.show_state(store.state)

    def show_state(self, state: ViewState) -> None:
        self._show_models(models(state))
        show_choice(self._model, state.settings.model)
        self._model.setToolTip(as_tip(f"The network that is looked into: {self._model.currentText()}"))
        method = state.settings.method
        changed = is_modified(method)
        for index, (preset, title) in enumerate(PRESET_TITLES.items()):
            self._preset.setItemText(index, f"{title} *" if changed and preset == method.preset else title)
        show_choice(self._preset, method.preset)
        self._preset.setToolTip(
            f"{PRESET_DESCRIPTIONS[method.preset]}{' * Some of its constants were changed.' if changed else ''}"
        )
        text, explanation = device_in_words(state)
        self._device.setText(text)
        self._device.setToolTip(as_tip(explanation))
        self._device.setAccessibleName(f"Device: {text}")

    def _show_models(self, wanted: tuple[tuple[str, str], ...]) -> None:
        entries = (*wanted, (_OPEN, "Open weights file..."))
        shown = tuple((self._model.itemData(i), self._model.itemText(i)) for i in range(self._model.count()))
        if entries != shown:
            self._model.clear()
            for name, title in entries:
                self._model.addItem(title, name)
                self._model.setItemData(self._model.count() - 1, as_tip(title), Qt.ItemDataRole.ToolTipRole)

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self.show_state(after)

    def _on_model(self, index: int) -> None:
        name = self._model.itemData(index)
        if name == _OPEN:
            show_choice(self._model, self._store.state.settings.model)
            self.weights_wanted.emit()
            return
        self._store.edit(with_model(self._store.state.settings, name))

    def _on_preset(self, index: int) -> None:
        self._store.edit(with_preset(self._store.state.settings, self._preset.itemData(index)))


def models(state: ViewState) -> tuple[tuple[str, str], ...]:
    """(name, title) of every network that can be chosen, among them the chosen one before the engine names it."""
    cards = () if state.engine is None else state.engine.models
    known = {card.name: card.title for card in cards}
    chosen = state.settings.model
    return tuple({chosen: Path(chosen).stem, **known}.items()) if chosen not in known else tuple(known.items())


def device_in_words(state: ViewState) -> tuple[str, str]:
    """("cpu · float32", why): what the maps on show were really made on, else what the engine reports."""
    source = state.result or state.engine
    if source is None:
        return "loading...", "The engine is loading."
    note = "" if state.engine is None else state.engine.note
    return f"{source.device} · {source.precision}", note or "Where the maps were computed, and how exactly."
