"""The class list as rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import read_only
from dcsm_viewer.gui.panels.class_rows import class_rows, found_by, wanted_class
from dcsm_viewer.gui.state.settings_edits import always_compare, exclude, mark_present
from dcsm_viewer.gui.state.view_state import ViewState
from tests.results import VOC_NAMES, make_result

DOG, BICYCLE, PERSON = (VOC_NAMES.index(name) for name in ("dog", "bicycle", "person"))


def state_with(settings: Settings | None = None) -> ViewState:
    return ViewState(result=make_result(), settings=settings or Settings())


def test_that_classes_come_by_their_best_score_over_scales() -> None:
    scores = np.zeros((3, 20), np.float32)
    scores[0, 7], scores[2, 4], scores[1, 9] = 0.2, 0.9, 0.5
    state = ViewState(result=replace(make_result(), scores=read_only(scores)))
    rows = class_rows(state)
    assert [row.class_id for row in rows[:3]] == [4, 9, 7]
    assert [row.rank for row in rows] == list(range(1, 21))
    assert rows[0].scores == ((400, 0.0), (500, 0.0), (600, float(np.float32(0.9))))


def test_that_equal_scores_keep_the_order_of_ids() -> None:
    scores = read_only(np.full((3, 20), 0.5, np.float32))
    rows = class_rows(ViewState(result=replace(make_result(), scores=scores)))
    assert [row.class_id for row in rows] == list(range(20))


def test_that_rows_say_what_a_class_is_and_what_was_said_about_it() -> None:
    settings = exclude(mark_present(always_compare(Settings(), PERSON, True), BICYCLE, True), 0, True)
    rows = {row.class_id: row for row in class_rows(state_with(settings))}
    assert rows[DOG].marks == "detected"
    assert rows[BICYCLE].marks == "detected, marked as present"
    assert rows[PERSON].marks == "rival, always compared"
    assert rows[0].marks == "excluded"
    assert rows[5].marks == "not compared"


def test_that_no_row_is_shown_under_names_of_another_vocabulary() -> None:
    assert class_rows(state_with(Settings(vocabulary="imagenet"))) == ()


def test_that_search_wants_every_word_in_whatever_case() -> None:
    rows = class_rows(state_with())
    assert [row.name for row in found_by(rows, "BIC cycle")] == ["bicycle"]
    assert found_by(rows, "  ") == rows
    assert found_by(rows, "unicorn") == ()


def test_that_the_wish_of_the_user_is_marked_before_the_maps_are_there() -> None:
    state = state_with()
    assert wanted_class(state) == DOG
    assert wanted_class(replace(state, focus=BICYCLE)) == BICYCLE
