"""The search above the classes: what is hidden is not changed, Enter and Down choose the first match, Escape clears."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from dcsm_viewer.gui.panels.class_rows import wanted_class
from dcsm_viewer.gui.panels.classes_panel import ClassesPanel
from dcsm_viewer.gui.state.store import Store
from tests.gui.hands import click, press, type_into
from tests.results import VOC_NAMES, make_result

CAT, HORSE = VOC_NAMES.index("cat"), VOC_NAMES.index("horse")


@pytest.fixture
def store() -> Store:
    store = Store()
    result = make_result()
    store.change(image=result.request.image, result=result, focus=CAT)
    return store


@pytest.fixture
def panel(store: Store, qtbot: QtBot) -> ClassesPanel:
    made = ClassesPanel(store)
    qtbot.addWidget(made)
    made.resize(300, 400)
    made.show()
    return made


def buttons(panel: ClassesPanel) -> dict[str, QAbstractButton]:
    return {button.text(): button for button in panel._buttons}


def test_that_a_class_that_the_search_hides_is_not_changed(panel: ClassesPanel, store: Store) -> None:
    type_into(panel.search, "hor")
    before = store.state.settings
    assert not any(button.isEnabled() for button in buttons(panel).values())
    panel.toggle("Mark as present")  # as its key does
    assert store.state.settings == before
    assert store.state.message == "The search hides the chosen class; choose one in the list or clear it."


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down])
def test_that_enter_and_down_choose_the_first_match(key: Qt.Key, panel: ClassesPanel, store: Store) -> None:
    type_into(panel.search, "hor")
    press(panel.search, key)
    assert wanted_class(store.state) == HORSE
    click(buttons(panel)["Mark as present"])
    assert store.state.settings.choice.force_detected == (HORSE,)


def test_that_escape_clears_the_search_and_the_chosen_class_can_be_changed_again(
    panel: ClassesPanel, store: Store
) -> None:
    type_into(panel.search, "hor")
    press(panel.search, Qt.Key.Key_Escape)
    assert panel.search.text() == ""
    click(buttons(panel)["Exclude"])
    assert store.state.settings.choice.excluded == (CAT,)


def test_that_enter_without_a_match_chooses_nothing(panel: ClassesPanel, store: Store) -> None:
    type_into(panel.search, "zebra")
    press(panel.search, Qt.Key.Key_Return)
    assert wanted_class(store.state) == CAT
