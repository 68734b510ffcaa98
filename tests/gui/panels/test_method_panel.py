"""The window's constants of the method: presets, what was changed, and every choice in plain words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.method_presets import PRESET_DESCRIPTIONS, PRESET_TITLES, PRESETS
from dcsm_viewer.core.parameters import CHOICES
from dcsm_viewer.core.settings import PresetName
from dcsm_viewer.core.types import EngineReady
from dcsm_viewer.gui.panels.maps_panel import MapsPanel
from dcsm_viewer.gui.panels.method_panel import MethodPanel, changed_constants
from dcsm_viewer.gui.state.store import Store
from tests.results import make_model_card


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def panel(qtbot: QtBot, store: Store) -> MethodPanel:
    panel = MethodPanel(store)
    qtbot.addWidget(panel)
    return panel


@pytest.fixture
def maps(qtbot: QtBot, store: Store) -> MapsPanel:
    card = replace(make_model_card(), gradient_layers=("input", "blocks.1", *make_model_card().layer_names))
    store.change(engine=EngineReady("cpu", "float32", "", (card,)))
    panel = MapsPanel(store)
    qtbot.addWidget(panel)
    return panel


def pick(panel: MethodPanel, preset: str) -> None:
    panel.preset.activated.emit(panel.preset.findData(preset))


@pytest.mark.parametrize("preset", PRESETS)
def test_that_a_preset_sets_every_constant_and_shows_its_name_and_origin(
    panel: MethodPanel, store: Store, preset: PresetName
) -> None:
    pick(panel, preset)
    assert store.state.settings.method == PRESETS[preset]
    assert panel.preset.currentText() == PRESET_TITLES[preset]
    assert panel.words == PRESET_DESCRIPTIONS[preset]
    assert not panel.reset.isEnabled()


@pytest.mark.parametrize("field", [field for field in CHOICES if field != "method.attribution"])
def test_that_a_changed_choice_marks_the_preset_as_modified_and_names_it(
    panel: MethodPanel, store: Store, field: str
) -> None:
    control = panel.choices[field].control
    if isinstance(control, QCheckBox):
        control.click()
    else:
        control.activated.emit((control.currentIndex() + 1) % control.count())
    name = field.removeprefix("method.")
    assert getattr(store.state.settings.method, name) != getattr(PRESETS["tuned"], name)
    assert panel.preset.currentText() == f"Modified: {PRESET_TITLES['tuned']}"
    assert panel.words.endswith(f"Modified: {CHOICES[field].label.lower()}.")
    panel.reset.click()
    assert store.state.settings.method == PRESETS["tuned"]
    assert panel.preset.count() == len(PRESETS)


@pytest.mark.parametrize("field", [field for field in CHOICES if field != "method.attribution"])
def test_that_a_choice_says_in_a_tooltip_what_each_option_means(panel: MethodPanel, field: str) -> None:
    control = panel.choices[field].control
    assert control.toolTip() == CHOICES[field].words
    if isinstance(control, QComboBox):
        assert [control.itemText(index) for index in range(control.count())] == [
            option.title for option in CHOICES[field].options
        ]


def test_that_constants_shown_elsewhere_are_named_too() -> None:
    method = replace(PRESETS["tuned"], min_candidates=2, layers=("input",), scales=(400,), attribution="gradient")
    assert changed_constants(method) == ("N", "scales", "layers", "attribution method")


def test_that_any_layer_can_be_added_and_taken_away_again(maps: MapsPanel, store: Store) -> None:
    names = make_model_card().layer_names
    assert [maps.more_layers.itemText(index) for index in range(maps.more_layers.count())] == ["input", "blocks.1"]
    maps.add_layer.click()
    assert store.state.settings.method.layers == ("input", *names)
    assert [maps.more_layers.itemText(index) for index in range(maps.more_layers.count())] == ["blocks.1"]
    ticks = {tick.text(): tick for tick in maps.layers.findChildren(QCheckBox)}
    ticks["input"].click()
    assert store.state.settings.method.layers == ()


def test_that_a_baseline_leaves_the_layers_alone_and_says_why(maps: MapsPanel, store: Store) -> None:
    settings = store.state.settings
    store.edit(replace(settings, method=PRESETS["gradcam"]))
    assert not maps.layers.isEnabled()
    assert not maps.add_layer.isEnabled()
    store.edit(settings)
    assert maps.layers.isEnabled()
