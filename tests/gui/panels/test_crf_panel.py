from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QComboBox, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.crf_presets import CRF_PRESETS
from dcsm_viewer.core.parameters import LIMITS
from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.gui.panels import crf_choices
from dcsm_viewer.gui.panels.crf_choices import backend_words, modified, nearest_preset, preset_of
from dcsm_viewer.gui.panels.crf_panel import CrfPanel
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.widgets.slider_row import SliderRow


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def panel(qtbot: QtBot, store: Store) -> CrfPanel:
    panel = CrfPanel(store)
    qtbot.addWidget(panel)
    panel.resize(280, 600)
    panel.show()
    return panel


def row(panel: CrfPanel, field: str) -> SliderRow:
    found = panel.findChild(SliderRow, field)
    assert isinstance(found, SliderRow)
    return found


def slider(panel: CrfPanel, field: str) -> QSlider:
    found = row(panel, field).findChild(QSlider)
    assert isinstance(found, QSlider)
    return found


def point_at(panel: CrfPanel, field: str) -> None:
    here = QPointF(1, 1)
    QApplication.sendEvent(slider(panel, field), QEnterEvent(here, here, here))


def presets(panel: CrfPanel) -> QComboBox:
    return next(box for box in panel.findChildren(QComboBox) if box.findData("psa") >= 0)


def backends(panel: CrfPanel) -> QComboBox:
    return next(box for box in panel.findChildren(QComboBox) if box.findData("torch") >= 0)


def pick(panel: CrfPanel, name: str) -> None:
    presets(panel).activated.emit(presets(panel).findData(name))


@pytest.mark.parametrize("name", CRF_PRESETS)
def test_that_a_preset_sets_its_constants_and_shows_its_name(panel: CrfPanel, store: Store, name: str) -> None:
    pick(panel, name)
    assert store.state.settings.crf == CRF_PRESETS[name].settings
    assert presets(panel).currentText() == CRF_PRESETS[name].title
    assert panel.words.text() == CRF_PRESETS[name].origin


def test_that_a_changed_constant_marks_the_preset_as_modified_and_names_it(panel: CrfPanel, store: Store) -> None:
    pick(panel, "irn")
    row(panel, "crf.bilateral_srgb").value_moved.emit("crf.bilateral_srgb", 9.0)
    assert store.state.settings.crf.bilateral_srgb == 9.0
    assert presets(panel).currentText() == "Modified: IRN"
    assert panel.words.text().endswith("Modified: appearance colour.")
    store.undo()
    assert presets(panel).currentText() == "IRN"
    assert presets(panel).count() == len(CRF_PRESETS)


def test_that_reset_goes_back_to_the_preset(panel: CrfPanel) -> None:
    pick(panel, "clip-es")
    moved = row(panel, "crf.bilateral_sxy")
    slider(panel, "crf.bilateral_sxy").setValue(20)
    assert moved.value != 67.0
    reset = moved.findChild(QToolButton)
    assert isinstance(reset, QToolButton)
    reset.click()
    assert moved.value == 67.0


def test_that_a_change_without_a_choice_before_is_measured_against_the_nearest_preset() -> None:
    near = replace(CRF_PRESETS["clip-es"].settings, gaussian_compat=4.0)
    assert preset_of(near) is None
    assert nearest_preset(near) == "clip-es"
    assert modified("clip-es", near) == ("gaussian_compat",)
    assert nearest_preset(near, picked="psa") == "psa"


def test_that_on_off_and_backend_leave_a_preset_what_it_is() -> None:
    crf = CrfSettings(enabled=False, backend="pydensecrf")
    assert preset_of(crf) == "tuned"
    psa = replace(CRF_PRESETS["psa"].settings, enabled=False, backend="pydensecrf")
    assert preset_of(psa) == "ssdd"
    assert preset_of(psa, picked="psa") == "psa"


def test_that_the_words_explain_the_row_under_the_pointer_and_then_the_preset_again(panel: CrfPanel) -> None:
    limit = LIMITS["crf.bilateral_sxy"]
    point_at(panel, limit.field)
    assert panel.words.text() == f"Appearance width: {limit.explanation} 1 to 200 px."
    QApplication.sendEvent(row(panel, limit.field), QEvent(QEvent.Type.Leave))
    assert panel.words.text() == CRF_PRESETS["tuned"].origin


@pytest.mark.parametrize("field", [field for field in LIMITS if field.startswith("crf.")])
def test_that_every_explanation_has_room_in_a_dock_of_first_width(panel: CrfPanel, field: str) -> None:
    point_at(panel, field)
    assert LIMITS[field].explanation in panel.words.text()
    assert panel.words.heightForWidth(panel.words.width()) <= panel.words.height()


def test_that_a_backend_that_is_not_installed_cannot_be_chosen_and_says_why(
    qtbot: QtBot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crf_choices, "find_spec", lambda _name: None)
    panel = CrfPanel(store)
    qtbot.addWidget(panel)
    box = backends(panel)
    model = box.model()
    flags = model.flags(model.index(box.findData("pydensecrf"), 0))
    assert not flags & Qt.ItemFlag.ItemIsEnabled
    assert "pip install pydensecrf2" in backend_words("torch", other_is_there=False)
    assert "pip install pydensecrf2" in panel.backend_words


def test_that_a_backend_that_is_there_can_be_chosen(
    qtbot: QtBot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crf_choices, "find_spec", lambda name: name)
    panel = CrfPanel(store)
    qtbot.addWidget(panel)
    box = backends(panel)
    box.activated.emit(box.findData("pydensecrf"))
    assert store.state.settings.crf.backend == "pydensecrf"
    assert "one thread" in panel.backend_words
