from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcsm_viewer.gui.canvas.readings import readings
from dcsm_viewer.gui.state.view_state import ViewState
from tests.gui.views.states import settled
from tests.results import make_image, make_result

SPOTS = [(0, 0), (0, 159), (119, 0), (119, 159), (54, 47)]


@pytest.mark.parametrize(("row", "col"), SPOTS)
def test_that_readings_are_the_values_in_the_arrays(row: int, col: int) -> None:
    state = settled()
    result = state.result
    assert result is not None
    assert result.focus is not None
    assert result.segmentation is not None
    assert result.segmentation.q is not None
    here = readings(state, row + 0.5, col + 0.5)
    class_id = result.focus.class_id
    assert here.rgb == tuple(result.request.image.rgb[row, col].tolist())
    assert here.raw == result.raw_class_maps[result.candidate_ids.index(class_id), row, col]
    assert here.distinct == result.class_maps[result.detected_ids.index(class_id), row, col]
    label = int(result.segmentation.labels[row, col])
    index = (0, *(each + 1 for each in result.detected_ids)).index(label)
    assert here.label == ("background" if label == 0 else result.model.class_names[label - 1])
    assert here.q == result.segmentation.q[index, row, col]


def test_that_the_sentence_names_position_colour_class_and_label() -> None:
    result = make_result()
    sentence = readings(settled(result), 54.5, 47.5).sentence
    rgb = " ".join(str(level) for level in result.request.image.rgb[54, 47])
    assert sentence.startswith(f"(54, 47)  image {rgb} · dog raw 0.")
    assert "· distinct 0.9" in sentence
    assert "· label dog · q 1" in sentence


def test_that_a_label_the_crf_changed_is_said() -> None:
    result = make_result()
    assert result.segmentation is not None
    before = result.segmentation.labels_before_crf.copy()
    before[54, 47] = 2
    result = replace(result, segmentation=replace(result.segmentation, labels_before_crf=before))
    assert "label dog (before CRF bicycle)" in readings(settled(result), 54.5, 47.5).sentence


@pytest.mark.parametrize(("row", "col"), [(-0.1, 5.0), (5.0, -0.1), (120.0, 5.0), (5.0, 160.0)])
def test_that_there_is_nothing_to_read_beside_the_image(row: float, col: float) -> None:
    assert readings(settled(), row, col).sentence == ""


def test_that_only_the_colour_is_read_before_the_first_result() -> None:
    image = make_image()
    here = readings(ViewState(image=image), 3.5, 4.5)
    assert here.rgb == tuple(image.rgb[3, 4].tolist())
    assert (here.raw, here.label, here.q) == (None, None, None)


def test_that_a_candidate_that_is_not_detected_has_no_distinct_value() -> None:
    here = readings(settled(make_result(focus=3)), 3.5, 4.5)
    assert here.class_name == "car"
    assert here.raw is not None
    assert here.distinct is None


def test_that_nothing_is_read_of_a_segmentation_that_is_not_there() -> None:
    here = readings(settled(make_result(completeness="partial")), 3.5, 4.5)
    assert here.label is None
    assert np.isfinite(here.raw or np.nan)
