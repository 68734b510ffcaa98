"""The store tells of real changes, in order, and goes back and forth through the settings."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args, get_type_hints

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from dcsm_viewer.core.settings import ClassChoice
from dcsm_viewer.gui.state.settings_edits import always_compare, with_field, with_vocabulary
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import StateField, StateFields, ViewState
from tests.results import make_image, make_result
from tests.samples import ROOT


@pytest.fixture
def store(qtbot: QtBot) -> Store:
    assert qtbot is not None
    return Store()


def alpha(store: Store) -> float:
    return store.state.settings.method.alpha


def set_alpha(store: Store, value: float, merge_key: str = "") -> None:
    store.edit(with_field(store.state.settings, "method.alpha", value), merge_key=merge_key)


def test_that_a_change_is_told_with_the_state_before_and_after(store: Store, qtbot: QtBot) -> None:
    with qtbot.waitSignal(store.changed) as told:
        store.change(view="grid")
    before, after = told.args
    assert (before.view, after.view) == ("compare", "grid")


def test_that_setting_what_is_there_already_tells_nobody(store: Store, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(store.changed):
        store.change(view="compare", settings=store.state.settings)


def test_that_two_results_that_compare_equal_are_still_two(store: Store, qtbot: QtBot) -> None:
    first, second = make_result(), make_result()
    store.change(result=first)
    with qtbot.waitSignal(store.changed):
        store.change(result=second)
    assert store.state.result is second


def test_that_every_listener_hears_of_nested_changes_in_order(store: Store) -> None:
    heard: list[str] = []

    def answer(_before: ViewState, after: ViewState) -> None:
        if after.view == "grid":
            store.change(view="labels")

    def listen(_before: ViewState, after: ViewState) -> None:
        heard.append(after.view)

    store.changed.connect(answer)
    store.changed.connect(listen)
    store.change(view="grid")
    assert heard == ["grid", "labels"]


def test_that_undo_and_redo_walk_through_the_settings(store: Store) -> None:
    set_alpha(store, 4.0)
    set_alpha(store, 5.0)
    store.undo()
    assert alpha(store) == 4.0
    store.undo()
    assert alpha(store) == 3.0
    assert not store.can_undo
    store.redo()
    store.redo()
    assert alpha(store) == 5.0
    assert not store.can_redo


def test_that_one_drag_is_one_step_of_undo(store: Store) -> None:
    for tick in range(10):
        set_alpha(store, 4.0 + tick / 10, merge_key="method.alpha")
    store.end_merge()
    set_alpha(store, 6.0, merge_key="method.alpha")
    store.undo()
    assert alpha(store) == 4.9
    store.undo()
    assert alpha(store) == 3.0


def test_that_a_new_edit_ends_what_could_be_redone(store: Store) -> None:
    set_alpha(store, 4.0)
    store.undo()
    set_alpha(store, 6.0)
    assert not store.can_redo


def test_that_undo_leaves_what_was_said_about_another_image_alone(store: Store) -> None:
    store.change(image=make_image(seed=1))
    store.edit(always_compare(store.state.settings, 11, True))
    set_alpha(store, 4.0)
    store.change(image=make_image(seed=2), settings=replace(store.state.settings, choice=ClassChoice()))
    store.undo()
    assert alpha(store) == 3.0
    assert store.state.settings.choice == ClassChoice()


def test_that_another_vocabulary_forgets_the_class_on_show(store: Store) -> None:
    store.change(focus=11)
    store.edit(with_vocabulary(store.state.settings, "imagenet"))
    assert store.state.focus is None


def test_that_the_fields_that_can_be_changed_and_watched_are_those_of_the_state() -> None:
    names = {field.name for field in fields(ViewState)}
    assert set(StateFields.__annotations__) == names == set(get_args(StateField))
    assert get_type_hints(StateFields) == {name: get_type_hints(ViewState)[name] for name in names}


def test_that_a_listener_is_called_for_the_fields_it_watches_alone(store: Store) -> None:
    calls: list[str] = []
    store.watch(lambda _before, _after: calls.append("settings or view"), "settings", "view")
    store.watch(lambda _before, _after: calls.append("message"), "message")
    store.change(message="A sentence.")
    store.edit(with_field(store.state.settings, "method.alpha", 4.5), view="grid")
    store.change(view="grid")
    assert calls == ["message", "settings or view"]


def test_that_what_a_reaction_changes_belongs_to_the_same_round(store: Store) -> None:
    rounds: list[tuple[float, int | None]] = []
    store.watch(lambda _, after: rounds.append((after.settings.method.alpha, after.pending_serial)), "settings")
    store.react(lambda before, after: store.change(pending_serial=7) if before.settings != after.settings else None)
    store.edit(with_field(store.state.settings, "method.alpha", 4.5))
    assert rounds == [(4.5, 7)]


def test_that_the_connection_ends_with_the_listeners_owner(store: Store) -> None:
    calls: list[str] = []

    class Owner(QObject):
        def listen(self, _before: ViewState, _after: ViewState) -> None:
            calls.append("called")

    owner = Owner()
    store.watch(owner.listen, "message")
    store.change(message="Once.")
    delete(owner)
    store.change(message="Twice.")
    assert calls == ["called"]


def test_that_every_listener_of_the_window_names_the_fields_it_watches() -> None:
    sources = {path: path.read_text("utf-8") for path in (ROOT / "dcsm_viewer" / "gui").rglob("*.py")}
    assert [path.name for path, text in sources.items() if "tore.changed.connect" in text] == []
    assert sum(text.count("tore.watch(") for text in sources.values()) >= 20
