"""The dense CRF in plain words: on or off, whose constants, how many steps, how far and how strongly it pulls."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from dcsm_viewer.crf_presets import CRF_PRESETS
from dcsm_viewer.gui.edits import with_field
from dcsm_viewer.gui.panels.labelled import choice_box, labelled, show_choice
from dcsm_viewer.gui.panels.slider_group import SliderGroup
from dcsm_viewer.gui.state import ViewState
from dcsm_viewer.gui.store import Store
from dcsm_viewer.values import CrfSettings

_FIELDS = (
    "crf.iterations", "crf.gaussian_sxy", "crf.gaussian_compat", "crf.bilateral_sxy", "crf.bilateral_srgb",
    "crf.bilateral_compat", "crf.unary_floor",
)  # fmt: skip
_BACKENDS = {"torch": "Torch", "pydensecrf": "pydensecrf"}
_CUSTOM = "custom"


class CrfPanel(QWidget):
    """The named presets set the constants and leave on/off and the backend as they are."""

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._enabled = QCheckBox("Refine labels with the CRF", self)
        self._enabled.setToolTip("Pulls the labels to the edges of the photograph.")
        self._preset = choice_box(
            {**{name: preset.title for name, preset in CRF_PRESETS.items()}, _CUSTOM: "Custom"}, self
        )
        for place, preset in enumerate(CRF_PRESETS.values()):
            self._preset.setItemData(place, preset.origin, Qt.ItemDataRole.ToolTipRole)
        self._picked = ""
        self._backend = choice_box(_BACKENDS, self)
        self._sliders = SliderGroup(store, _FIELDS, self)
        column = QVBoxLayout(self)
        column.setSpacing(6)
        column.addWidget(self._enabled)
        column.addLayout(labelled("Preset", self._preset, "The constants other people published, by name."))
        column.addWidget(self._sliders)
        column.addLayout(labelled("Backend", self._backend, "Ours in torch, or the original C++ for comparison."))
        self._enabled.clicked.connect(self._take_enabled)
        self._preset.activated.connect(self._take_preset)
        self._backend.activated.connect(self._take_backend)
        store.changed.connect(self._follow)
        self.show_state(store.state)

    def show_state(self, state: ViewState) -> None:
        crf = state.settings.crf
        self._enabled.setChecked(crf.enabled)
        self._sliders.setEnabled(crf.enabled)
        self._preset.setEnabled(crf.enabled)
        self._backend.setEnabled(crf.enabled)
        show_choice(self._backend, crf.backend)
        show_choice(self._preset, preset_of(crf, self._picked))

    def _follow(self, before: ViewState, after: ViewState) -> None:
        if before.settings != after.settings:
            self.show_state(after)

    def _take_enabled(self, on: bool) -> None:
        self._store.edit(with_field(self._store.state.settings, "crf.enabled", on))

    def _take_preset(self, place: int) -> None:
        name = self._preset.itemData(place)
        if name == _CUSTOM:
            self.show_state(self._store.state)
            return
        self._picked = name
        settings = self._store.state.settings
        crf = replace(CRF_PRESETS[name].settings, enabled=settings.crf.enabled, backend=settings.crf.backend)
        self._store.edit(replace(settings, crf=crf))

    def _take_backend(self, place: int) -> None:
        backend = self._backend.itemData(place)
        self._store.edit(with_field(self._store.state.settings, "crf.backend", backend))


def preset_of(crf: CrfSettings, picked: str = "") -> str:
    """Name of the preset whose constants these are, among equals the one `picked` last; else "custom"."""
    names = sorted(CRF_PRESETS, key=lambda name: name != picked)
    for name in names:
        if replace(CRF_PRESETS[name].settings, enabled=crf.enabled, backend=crf.backend) == crf:
            return name
    return _CUSTOM
