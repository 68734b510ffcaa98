from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.core.types import read_only
from dcsm_viewer.gui.canvas.linked_views import LinkedView
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.views.compare_view import CompareView
from dcsm_viewer.gui.views.labels_view import LabelsView
from dcsm_viewer.gui.views.overlay_view import OverlayView
from dcsm_viewer.gui.views.start_page import StartPage
from tests.gui.views.states import click, colour_at, move, pixels, position_in, settled
from tests.results import make_image, make_result


def shown(qtbot: QtBot, view: LinkedView, state: ViewState) -> None:
    qtbot.addWidget(view)
    view.resize(900, 420)
    view.show()
    view.show_state(state)


@pytest.fixture
def compare(qtbot: QtBot) -> CompareView:
    view = CompareView(Viewport())
    shown(qtbot, view, settled())
    return view


def values_of(view: CompareView, name: str) -> NDArray[np.float32]:
    layer = getattr(view, name).content.layer
    assert isinstance(layer, MapLayer)
    return layer.values


def test_that_compare_shows_raw_and_distinct_of_the_class_in_focus(compare: CompareView) -> None:
    result = make_result(focus=1)
    compare.show_state(settled(result))
    bicycle = 1
    np.testing.assert_array_equal(values_of(compare, "raw"), result.raw_class_maps[result.candidate_ids.index(bicycle)])
    np.testing.assert_array_equal(values_of(compare, "distinct"), result.class_maps[result.detected_ids.index(bicycle)])
    assert compare.raw.content.title == "bicycle · raw"


def test_that_a_class_that_is_not_detected_says_why_it_has_no_distinct_map(compare: CompareView) -> None:
    compare.show_state(settled(make_result(focus=3)))
    assert "car is not detected" in compare.distinct.content.waiting
    assert compare.raw.content.waiting == ""


def test_that_no_class_at_all_shows_the_note_of_the_result(compare: CompareView) -> None:
    compare.show_state(settled(make_result(detected=0, focus=None)))
    assert compare.raw.content.waiting == "No class is above the threshold 0.5."


def test_that_the_photograph_is_there_before_the_first_result(compare: CompareView) -> None:
    image = make_image(60, 80, seed=8)
    compare.show_state(ViewState(image=image))
    assert compare.overlay.content.image is image
    assert compare.overlay.content.waiting == ""
    assert compare.raw.content.waiting == "The network is loading."
    here = colour_at(compare.overlay, position_in(compare.overlay, 30.5, 40.5))
    assert here == tuple(image.rgb[30, 40].tolist())


def test_that_a_partial_result_is_marked(compare: CompareView) -> None:
    compare.show_state(settled(make_result(completeness="partial")))
    assert {pane.content.mark for pane in compare.panes()} == {"partial, 1 of 3 scales"}


def test_that_a_result_older_than_the_settings_sinks_back_and_returns(compare: CompareView, qtbot: QtBot) -> None:
    state = settled()
    later = replace(state.settings, method=MethodSettings(alpha=4.0))
    compare.show_state(replace(state, settings=later))
    qtbot.waitUntil(lambda: all(pane.dimmed for pane in compare.panes()))
    compare.show_state(replace(state, result=make_result(settings=later), settings=later))
    assert not any(pane.dimmed for pane in compare.panes())


def test_that_the_result_of_another_image_stays_whole_and_sinks_back(compare: CompareView, qtbot: QtBot) -> None:
    state = settled()
    compare.show_state(replace(state, image=make_image(70, 90, seed=5)))
    qtbot.waitUntil(lambda: all(pane.dimmed for pane in compare.panes()))
    assert {pane.content.image for pane in compare.panes()} == {state.image}
    assert compare.viewport.image_shape == (120, 160)


def test_that_opacity_reaches_the_photograph_and_leaves_the_maps_pure(compare: CompareView) -> None:
    compare.show_state(settled(opacity=1.0))
    before = {pane: pixels(pane) for pane in compare.panes()}
    compare.show_state(settled(opacity=0.2))
    changed = [bool((pixels(pane) != before[pane]).any()) for pane in compare.panes()]
    assert changed == [True, False, False]


def test_that_a_colormap_changes_all_panes(compare: CompareView) -> None:
    state = settled(colormap="viridis")
    before = {pane: pixels(pane) for pane in compare.panes()}
    compare.show_state(state)
    assert all((pixels(pane) != before[pane]).any() for pane in compare.panes())


def test_that_paint_alone_keeps_the_contents(compare: CompareView) -> None:
    state = settled()
    compare.show_state(state)
    contents = [pane.content for pane in compare.panes()]
    compare.show_state(replace(state, paint=replace(state.paint, opacity=0.1, colormap="magma")))
    assert all(pane.content is content for pane, content in zip(compare.panes(), contents, strict=True))


def test_that_shared_ranges_are_equal_and_own_ranges_are_not(compare: CompareView) -> None:
    own = {pane.content.badge for pane in (compare.raw, compare.distinct)}
    compare.show_state(settled(range_mode="shared"))
    shared = {pane.content.badge for pane in (compare.raw, compare.distinct)}
    assert (len(own), len(shared)) == (2, 1)


def test_that_a_hidden_view_waits_with_the_work_until_it_is_seen(qtbot: QtBot) -> None:
    view = CompareView(Viewport())
    qtbot.addWidget(view)
    state = settled()
    view.show_state(state)
    assert view.raw.content.image is None
    view.show()
    assert view.raw.content.image is state.image


def test_that_views_forward_the_hand_of_every_pane(compare: CompareView, qtbot: QtBot) -> None:
    for pane in compare.panes():
        spot = position_in(pane, 30.5, 50.5).toPoint()
        with qtbot.waitSignals([compare.pointed, compare.pixel_clicked]):
            move(pane, spot)
            click(pane, spot)
    assert all(pane.value_under_cursor() for pane in compare.panes())


def test_that_the_overlay_shows_labels_with_a_legend_of_shares(qtbot: QtBot) -> None:
    view = OverlayView(Viewport())
    result = make_result()
    shown(qtbot, view, settled(result, overlay_of="labels"))
    assert result.segmentation is not None
    labels = result.segmentation.labels
    assert isinstance(view.pane.content.layer, LabelLayer)
    by_name = {entry.name: entry.share for entry in view.legend.entries}
    assert by_name["dog"] == pytest.approx(float((labels == 12).mean()))
    assert sum(by_name.values()) == pytest.approx(1.0)
    assert view.legend.entries[-1].name == "background"


def test_that_the_overlay_can_be_taken_off(qtbot: QtBot) -> None:
    view = OverlayView(Viewport())
    shown(qtbot, view, settled(overlay_on=False))
    assert view.pane.content.layer is None
    assert not view.pane.content.grey


def test_that_the_overlay_of_raw_shows_the_raw_map(qtbot: QtBot) -> None:
    view = OverlayView(Viewport())
    result = make_result()
    shown(qtbot, view, settled(result, kind="raw"))
    assert isinstance(view.pane.content.layer, MapLayer)
    np.testing.assert_array_equal(view.pane.content.layer.values, result.raw_class_maps[result.candidate_ids.index(11)])


def test_that_labels_stand_before_and_after_the_crf(qtbot: QtBot) -> None:
    view = LabelsView(Viewport())
    result = make_result()
    shown(qtbot, view, settled(result))
    before, after = view.before.content.layer, view.after.content.layer
    assert isinstance(before, LabelLayer)
    assert isinstance(after, LabelLayer)
    assert result.segmentation is not None
    assert before.labels is result.segmentation.labels_before_crf
    assert after.labels is result.segmentation.labels
    changed = 100 * float((before.labels != after.labels).mean())
    assert view.after.content.mark == f"{changed:.1f} % changed"
    assert view.photograph.content.layer is None


def test_that_labels_say_that_the_crf_is_off(qtbot: QtBot) -> None:
    view = LabelsView(Viewport())
    shown(qtbot, view, settled(make_result(crf=False)))
    assert view.after.content.title == "labels, CRF switched off"


def test_that_labels_follow_a_partial_result(qtbot: QtBot) -> None:
    view = LabelsView(Viewport())
    shown(qtbot, view, settled(make_result(completeness="partial")))
    assert view.after.content.waiting == "Labels follow when all scales are there."
    assert view.legend.entries == ()


def test_that_the_invitation_offers_opening_and_the_sample(qtbot: QtBot) -> None:
    view = StartPage()
    qtbot.addWidget(view)
    view.show()
    for button, signal in ((view.open_button, view.open_wanted), (view.sample_button, view.sample_wanted)):
        with qtbot.waitSignal(signal):
            button.click()


def as_if(class_id: int) -> ViewState:
    """A settled state with the maps of a class that was not detected."""
    result = make_result()
    assert result.focus is not None
    values = read_only(np.linspace(0, 1, 120 * 160, dtype=np.float32).reshape(120, 160))
    focus = replace(result.focus, class_id=class_id, raw_class_map=values[::-1], class_map=values, detected=False)
    return settled(replace(result, focus=focus))


@pytest.mark.parametrize("class_id", [6, 0])  # car is a rival of make_result, aeroplane no candidate at all
def test_that_a_class_that_was_not_detected_is_shown_as_if_it_were(compare: CompareView, class_id: int) -> None:
    state = as_if(class_id)
    compare.show_state(state)
    assert state.result is not None
    assert state.result.focus is not None
    assert values_of(compare, "distinct") is state.result.focus.class_map
    assert {pane.content.mark for pane in compare.panes()} == {"not detected: shown as if it were"}


def test_that_a_class_out_of_the_candidates_has_a_raw_map_too(compare: CompareView) -> None:
    state = as_if(0)
    compare.show_state(state)
    assert state.result is not None
    assert state.result.focus is not None
    np.testing.assert_array_equal(values_of(compare, "raw"), state.result.focus.raw_class_map)
