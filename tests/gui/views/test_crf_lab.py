from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.settings import CrfSettings, Settings
from dcsm_viewer.core.types import Result, Segmentation, read_only
from dcsm_viewer.gui.canvas.crf_kernels import INVITATION
from dcsm_viewer.gui.canvas.sampling import LabelLayer, MapLayer
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.views.crf_steps import labels_after, steps_of
from dcsm_viewer.gui.views.labels_view import LabelsView
from dcsm_viewer.render.kernel_footprint import appearance_footprint, smoothness_footprint
from tests.gui.hands import click_at
from tests.gui.views.states import click, position_in, settled
from tests.results import make_image, make_result

STEPS = 5


def with_steps(result: Result, kept: tuple[int, ...] = (1, 2, 3, 4, 5)) -> Result:
    """The result with labels of five steps, each another few rows further on from before to after."""
    found = result.segmentation
    assert found is not None
    h = found.labels.shape[0]
    labels = []
    for step in kept:
        mixed = found.labels_before_crf.astype(np.uint8)
        mixed[: h * step // STEPS] = found.labels[: h * step // STEPS]
        labels.append(read_only(mixed))
    segmentation = replace(
        found,
        step_labels=tuple(labels),
        step_iterations=kept,
        energy_before=3.0,
        step_ms=(9.0, 8.0, 8.0, 7.0, 7.0),
    )
    return replace(result, segmentation=segmentation)


@pytest.fixture
def result() -> Result:
    return with_steps(make_result())


@pytest.fixture
def view(qtbot: QtBot, result: Result) -> LabelsView:
    view = LabelsView(Viewport())
    qtbot.addWidget(view)
    view.resize(900, 640)
    view.show()
    view.show_state(settled(result))
    return view


def segmentation_of(state: ViewState) -> Segmentation:
    assert state.result is not None
    assert state.result.segmentation is not None
    return state.result.segmentation


def shown_labels(view: LabelsView) -> np.ndarray:
    layer = view.after.content.layer
    assert isinstance(layer, LabelLayer)
    return layer.labels


def test_that_the_scrubber_shows_the_labels_of_every_step(view: LabelsView) -> None:
    found = segmentation_of(view.shown)
    assert (view.lab.scrubber.minimum(), view.lab.scrubber.maximum()) == (0, STEPS)
    for step in range(1, STEPS):
        view.lab.scrubber.setValue(step)
        assert shown_labels(view) is found.step_labels[step - 1]
        assert view.after.content.title == f"labels after step {step} of 5"
    view.lab.scrubber.setValue(0)
    assert shown_labels(view) is found.labels_before_crf
    view.lab.scrubber.setValue(STEPS)
    np.testing.assert_array_equal(shown_labels(view), found.labels)
    assert view.after.content.title == "labels after CRF"


def test_that_the_step_chosen_stays_when_another_result_comes(view: LabelsView, result: Result) -> None:
    view.lab.scrubber.setValue(2)
    view.show_state(settled(with_steps(make_result(result.request.image, serial=2))))
    assert view.after.content.title == "labels after step 2 of 5"


def test_that_the_end_is_followed_to_a_crf_of_more_steps(view: LabelsView, result: Result) -> None:
    assert result.segmentation is not None
    shorter = replace(
        result.segmentation, energy=(2.0, 1.0), changed=(0.1, 0.0), step_ms=(1.0, 1.0), step_iterations=(1, 2),
        step_labels=result.segmentation.step_labels[:2],
    )  # fmt: skip
    view.show_state(settled(replace(result, segmentation=shorter)))
    view.show_state(settled(result))
    assert view.lab.scrubber.value() == STEPS


def test_that_a_preview_keeps_the_last_curve_greyed_and_says_what_follows(view: LabelsView, result: Result) -> None:
    found = result.segmentation
    assert found is not None
    quick = replace(found, step_labels=(), step_iterations=(), energy=(), changed=(), step_ms=())
    view.show_state(settled(replace(result, completeness="preview", segmentation=quick)))
    assert shown_labels(view) is found.labels
    assert not view.lab.scrubber.isEnabled()
    assert view.lab.words.text() == "The steps follow with the exact labels."


def test_that_clicking_the_plot_goes_to_the_step_under_the_hand(view: LabelsView) -> None:
    plot = view.lab.plot
    click_at(plot, 3.0)
    assert view.lab.scrubber.value() == 3


def test_that_the_plot_draws_another_curve_for_other_energies(view: LabelsView, result: Result) -> None:
    before = view.lab.plot.grab().toImage()
    assert result.segmentation is not None
    other = replace(result.segmentation, energy=(2.9, 2.0, 1.9, 1.2, 1.1))
    view.show_state(settled(replace(result, segmentation=other)))
    assert view.lab.plot.grab().toImage() != before
    assert view.lab.plot.chart is not None
    assert view.lab.plot.chart.series[0].y[1:] == (2.9, 2.0, 1.9, 1.2, 1.1)


def test_that_numbers_of_the_step_are_said_with_their_units(view: LabelsView) -> None:
    view.lab.scrubber.setValue(2)
    assert view.lab.words.text() == "Energy 1.4 nats/px · changed 3 % of pixels · 8 ms"


def test_that_a_clicked_pixel_shows_what_appearance_ties_it_to(view: LabelsView, result: Result) -> None:
    assert view.lab.reach.text() == INVITATION
    click(view.before, position_in(view.before, 30.5, 50.5).toPoint())
    layer = view.photograph.content.layer
    assert isinstance(layer, MapLayer)
    crf = CrfSettings()
    expected = appearance_footprint(result.request.image.rgb, 30, 50, crf.bilateral_sxy, crf.bilateral_srgb)
    np.testing.assert_array_equal(layer.values, expected.weights)
    assert "Pixel (30, 50)" in view.lab.reach.text()
    assert all(len(pane.content.rings) == 2 for pane in view.panes())


def test_that_the_other_kernel_can_be_looked_at_and_both_cleared(view: LabelsView, qtbot: QtBot) -> None:
    click(view.photograph, position_in(view.photograph, 30.5, 50.5).toPoint())
    with qtbot.waitSignal(view.lab.kernel_chosen):
        view.lab.kernel_button("smoothness").click()
    layer = view.photograph.content.layer
    assert isinstance(layer, MapLayer)
    np.testing.assert_array_equal(layer.values, smoothness_footprint((120, 160), 30, 50, 3.0).weights)
    view.lab.cleared.emit()
    assert view.photograph.content.layer is None


def test_that_the_footprint_follows_a_slider_before_any_result(view: LabelsView, result: Result) -> None:
    click(view.after, position_in(view.after, 30.5, 50.5).toPoint())
    wider = replace(CrfSettings(), bilateral_sxy=20.0)
    state = settled(result)
    view.show_state(replace(state, settings=replace(state.settings, crf=wider)))
    layer = view.photograph.content.layer
    assert isinstance(layer, MapLayer)
    expected = appearance_footprint(result.request.image.rgb, 30, 50, 20.0, CrfSettings().bilateral_srgb)
    np.testing.assert_array_equal(layer.values, expected.weights)


def test_that_a_kernel_without_weight_is_said_to_be_off(view: LabelsView, result: Result) -> None:
    view.pixel_clicked.emit(3, 4)
    state = settled(result)
    view.show_state(replace(state, settings=replace(state.settings, crf=CrfSettings(gaussian_compat=0.0))))
    assert "switched off (weight 0)" in view.lab.reach.text()


def test_that_a_pixel_outside_the_next_image_shows_nothing(view: LabelsView) -> None:
    view.pixel_clicked.emit(119, 159)
    view.show_state(settled(with_steps(make_result(make_image(40, 50)))))
    assert view.lab.reach.text() == INVITATION


def test_that_a_switched_off_crf_has_no_steps(view: LabelsView) -> None:
    result = make_result(crf=False)
    view.show_state(replace(settled(result), settings=Settings(crf=CrfSettings(enabled=False))))
    assert view.lab.words.text() == "The CRF is switched off."


def test_that_steps_left_out_are_no_stops(result: Result) -> None:
    thin = with_steps(make_result(), kept=(2, 5))
    assert thin.segmentation is not None
    steps = steps_of(thin.segmentation)
    assert steps.stops == (0, 2, 5)
    assert [steps.nearest_stop(at) for at in (0, 1, 2, 3, 4, None)] == [0, 0, 1, 1, 2, 2]
    assert labels_after(thin.segmentation, 1) is thin.segmentation.step_labels[0]
