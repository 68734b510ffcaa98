"""The dialog with all layers: what a row says, the filter, ticks by stride, memory, and what it gives back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.layer_memory import gradient_bytes
from dcsm_viewer.core.types import EngineReady, LayerInfo, ModelCard
from dcsm_viewer.gui.panels.layer_dialog import LayerDialog
from dcsm_viewer.gui.panels.maps_panel import MapsPanel
from dcsm_viewer.gui.state.settings_edits import with_model
from dcsm_viewer.gui.state.store import Store
from tests.gui.hands import click, type_into

LAYERS = (
    LayerInfo("conv1", "Conv2d", 64, 2, (112, 160)),
    LayerInfo("layer2", "Sequential", 128, 8, (28, 40)),
    LayerInfo("layer2.0.conv1", "Conv2d", 128, 8, (28, 40)),
    LayerInfo("layer3", "Sequential", 256, 16, (14, 20)),
)
CARD = ModelCard(
    "mine",
    "My net",
    ("cat",),
    ("layer2", "layer3"),
    "digest",
    "RGB",
    gradient_layers=("input", *(layer.name for layer in LAYERS)),
    layers=LAYERS,
)


@pytest.fixture
def dialog(qtbot: QtBot) -> LayerDialog:
    made = LayerDialog(CARD, ("layer3",), 400)
    qtbot.addWidget(made)
    made.show()
    return made


def texts(dialog: LayerDialog) -> list[list[str]]:
    return [[item.text(column) for column in range(4)] for item in dialog._items()]


def test_that_a_row_says_name_kind_channels_and_stride(dialog: LayerDialog) -> None:
    assert texts(dialog)[2] == ["layer2", "Sequential", "128", "8"]
    assert texts(dialog)[0] == ["input", "", "", ""]
    assert dialog.chosen == ("layer3",)


def test_that_the_filter_hides_rows_and_keeps_their_ticks(dialog: LayerDialog) -> None:
    type_into(dialog.filter, "conv2d")
    assert [item.text(0) for item in dialog._items() if not item.isHidden()] == ["conv1", "layer2.0.conv1"]
    assert dialog.chosen == ("layer3",)


def test_that_a_stride_ticks_what_the_filter_shows_of_it(dialog: LayerDialog) -> None:
    assert list(dialog.strides) == [2, 8, 16]
    click(dialog.strides[8])
    assert list(dialog.chosen) == ["layer2", "layer2.0.conv1"]
    type_into(dialog.filter, "conv")
    click(dialog.strides[8])
    assert list(dialog.chosen) == ["layer2.0.conv1"]
    click(dialog.defaults)
    assert list(dialog.chosen) == ["layer2", "layer3"]


def test_that_memory_is_told_before_it_is_taken(dialog: LayerDialog) -> None:
    click(dialog.strides[2])
    assert gradient_bytes(LAYERS[:1], 400) == 64 * 201**2 * 4
    assert dialog.memory.text() == "1 layer of 5; the gradients of a class take 10 MB at 400 px"


def test_that_at_least_one_layer_is_wanted(dialog: LayerDialog) -> None:
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    dialog._items()[4].setCheckState(0, Qt.CheckState.Unchecked)
    assert dialog.chosen == ()
    assert not ok.isEnabled()
    assert dialog.memory.text() == "Tick at least one layer."


def test_that_the_panel_takes_the_layers_that_were_ticked_for_the_network_they_are_of(qtbot: QtBot) -> None:
    store = Store()
    store.change(engine=EngineReady("cpu", "float32", "", (CARD,)))
    store.edit(with_model(store.state.settings, "mine"))
    panel = MapsPanel(store)
    qtbot.addWidget(panel)
    click(panel.all_layers)
    assert panel.layer_dialog is not None
    assert not panel.layer_dialog.isModal()
    click(panel.layer_dialog.strides[16])
    panel.layer_dialog.accept()
    assert store.state.settings.method.layers == ("layer3",)
    click(panel.all_layers)
    click(panel.layer_dialog.strides[2])
    store.edit(with_model(store.state.settings, "another"))
    panel.layer_dialog.accept()
    assert "conv1" not in store.state.settings.method.layers
