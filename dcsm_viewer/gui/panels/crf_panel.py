"""The dense CRF in plain words: on or off, whose constants, how many steps, how far and how strongly it pulls."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from dcsm_viewer.core.crf_presets import CRF_PRESETS
from dcsm_viewer.core.parameters import LIMITS
from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.gui.panels.crf_choices import (
    BACKENDS,
    backend_words,
    in_place,
    is_usable,
    modified,
    nearest_preset,
    preset_of,
)
from dcsm_viewer.gui.panels.crf_words import SettingWords
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.form_row import choice_box, form_row, show_choice
from dcsm_viewer.gui.widgets.slider_group import SliderGroup

_FIELDS = tuple(path for path in LIMITS if path.startswith("crf."))
_MODIFIED = "custom"


class CrfPanel(QWidget):
    """The named presets set the constants and leave on/off and the backend as they are.

    A changed constant marks the preset as modified; each row's reset goes back to that preset.
    """

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._picked = ""
        self._pydensecrf_is_there = is_usable("pydensecrf")
        self._enabled = QCheckBox("Refine labels with the CRF", self)
        self._enabled.setToolTip("Pulls the labels to the edges of the photograph.")
        self._preset = choice_box({name: preset.title for name, preset in CRF_PRESETS.items()}, self)
        for index, preset in enumerate(CRF_PRESETS.values()):
            self._preset.setItemData(index, preset.origin, Qt.ItemDataRole.ToolTipRole)
        self._backend = choice_box({str(name): title for name, title in BACKENDS.items()}, self)
        self._grey_missing_backends()
        self._backend_words = QLabel(self)
        self._backend_words.setTextFormat(Qt.TextFormat.PlainText)
        self._backend_words.setWordWrap(True)
        self._backend_words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._sliders = SliderGroup(store, _FIELDS, self)
        self.words = SettingWords(self._sliders.rows, self)
        column = QVBoxLayout(self)
        column.setSpacing(6)
        column.addWidget(self._enabled)
        column.addLayout(form_row("Preset", self._preset, "The constants other people published, by name."))
        column.addWidget(self.words)
        column.addWidget(self._sliders)
        column.addLayout(form_row("Backend", self._backend, "Ours in torch, or the original C++ for comparison."))
        column.addWidget(self._backend_words)
        self._enabled.clicked.connect(self._on_enabled)
        self._preset.activated.connect(self._on_preset)
        self._backend.activated.connect(self._on_backend)
        store.watch(self._on_state_changed, "settings")
        self.show_state(store.state)

    @property
    def backend_words(self) -> str:
        """What stands below the choice of the backend."""
        return self._backend_words.text()

    def show_state(self, state: ViewState) -> None:
        crf = state.settings.crf
        self._enabled.setChecked(crf.enabled)
        for widget in (self._sliders, self._preset, self._backend):
            widget.setEnabled(crf.enabled)
        show_choice(self._backend, crf.backend)
        self._backend_words.setText(backend_words(crf.backend, other_is_there=self._pydensecrf_is_there))
        self._show_preset(crf)

    def _show_preset(self, crf: CrfSettings) -> None:
        name = nearest_preset(crf, self._picked)
        changed = modified(name, crf)
        index = self._preset.findData(_MODIFIED)
        if changed and index < 0:
            self._preset.addItem("", _MODIFIED)
            index = self._preset.count() - 1
        if changed:
            self._preset.setItemText(index, f"Modified: {CRF_PRESETS[name].title}")
        elif index >= 0:
            self._preset.removeItem(index)
        show_choice(self._preset, _MODIFIED if changed else name)
        preset = in_place(name, crf)
        for field, row in self._sliders.rows.items():
            row.set_default(float(getattr(preset, field.removeprefix("crf."))))
        what = ", ".join(LIMITS[f"crf.{field}"].label.lower() for field in changed)
        self.words.show_plain(CRF_PRESETS[name].origin + (f" Modified: {what}." if what else ""))

    def _grey_missing_backends(self) -> None:
        model = self._backend.model()
        assert isinstance(model, QStandardItemModel), "a combo box makes its own model"
        for index, backend in enumerate(BACKENDS):
            model.item(index).setEnabled(is_usable(backend))
            model.item(index).setToolTip(backend_words(backend, other_is_there=self._pydensecrf_is_there))

    def _on_state_changed(self, before: ViewState, after: ViewState) -> None:
        exact = preset_of(after.settings.crf, self._picked)
        self._picked = exact or self._picked or nearest_preset(before.settings.crf)
        self.show_state(after)

    def _on_enabled(self, on: bool) -> None:
        self._store.edit(with_field(self._store.state.settings, "crf.enabled", on))

    def _on_preset(self, index: int) -> None:
        name = self._preset.itemData(index)
        if name == _MODIFIED:
            self.show_state(self._store.state)
            return
        self._picked = name
        settings = self._store.state.settings
        self._store.edit(replace(settings, crf=in_place(name, settings.crf)))
        # Two presets may have the same constants: then there is nothing to edit, but another name to show.
        self.show_state(self._store.state)

    def _on_backend(self, index: int) -> None:
        backend = self._backend.itemData(index)
        self._store.edit(with_field(self._store.state.settings, "crf.backend", backend))
