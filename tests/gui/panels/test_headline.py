"""What the line above the panes says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcsm_viewer.core.types import Progress, StageTime
from dcsm_viewer.gui.panels.headline_words import headline
from dcsm_viewer.gui.panels.status_bar import doing_in_words, times_in_words
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.state.view_state import ViewState
from tests.gui.engines import READY
from tests.results import make_image, make_result


def settled(**how: object) -> ViewState:
    result = make_result(**how)  # type: ignore[arg-type]  # a test's own words
    return ViewState(image=result.request.image, settings=result.request.settings, result=result, engine=READY)


def test_that_a_failure_takes_the_whole_line() -> None:
    line = headline(replace(settled(), failure="It is cut off; copy it once more."))
    assert (line.text, line.is_failure) == ("It is cut off; copy it once more.", True)


def test_that_it_names_image_size_and_what_was_found() -> None:
    assert headline(settled()).text == "made-0.png  ·  160 x 120 px\n2 classes detected, 4 compared."


def test_that_top1_is_offered_only_where_nothing_was_found() -> None:
    nothing = settled(detected=0, focus=None)
    assert headline(nothing).offers_top1
    assert "No class is above the threshold 0.5." in headline(nothing).text
    assert not headline(settled()).offers_top1


def test_that_partial_and_preview_are_said() -> None:
    assert "Partial: 1 of 3 scales so far." in headline(settled(completeness="partial")).text
    assert "Preview at reduced size" in headline(settled(completeness="preview")).text


def test_that_maps_of_older_settings_are_called_so() -> None:
    state = settled()
    older = replace(state, settings=replace(state.settings, precision="float32"))
    assert "out of date" in headline(older).text
    assert "Updating..." in headline(replace(older, pending_serial=2)).text


def test_that_the_engine_may_still_be_loading() -> None:
    state = ViewState(image=make_image())
    assert "The engine is loading" in headline(state).text
    assert doing_in_words(state) == "Loading the engine..."


def test_that_a_new_image_on_its_way_is_named() -> None:
    assert "reading big.tif..." in headline(replace(settled(), reading="/photos/big.tif")).text


def test_that_times_name_each_stage_and_what_was_kept() -> None:
    times = (StageTime("classify", 210.4, 3, 0), StageTime("saliency", 0.2, 0, 12))
    assert times_in_words(replace(make_result(), times=times)) == "classify 210 · saliency kept · all 211 ms"


def test_that_progress_says_how_to_cancel() -> None:
    progress = Progress(1, "saliency", 3, 8, "saliency 500 px, class 2/4")
    assert (
        doing_in_words(replace(settled(), pending_serial=1, progress=progress))
        == "saliency 500 px, class 2/4  Esc cancels"
    )


@pytest.mark.parametrize(
    ("least", "words"),
    [
        (0, "2 classes detected, none compared: N is 0."),
        (1, "2 classes detected, 4 compared: detected classes always are, though N is 1."),
        (2, "2 classes detected, 4 compared."),
        (4, "2 classes detected, 4 compared."),
    ],
)
def test_that_the_line_says_what_n_means_here(least: int, words: str) -> None:
    state = settled()
    settings = with_field(state.settings, "method.min_candidates", least)
    assert state.result is not None
    result = replace(state.result, request=replace(state.result.request, settings=settings))
    assert headline(replace(state, settings=settings, result=result)).text.endswith(words)
