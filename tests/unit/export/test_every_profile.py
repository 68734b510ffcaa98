"""What holds for every profile there is: nothing is lost in a corner, shifted or recoloured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.core.types import Result
from dcsm_viewer.export import FORMATS, export_with_reports
from tests.consumers import CONSUMERS
from tests.unit.export.subjects import CORNERS, DOG, one_pixel_result

# pycocotools 2.0.11 with numpy 2.4 says so of its own arrays.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


def _sure_of_one_pixel(row: int, col: int) -> Result:
    """A dog of one pixel in labels, maps and seeds alike; the bicycle is nowhere."""
    result = one_pixel_result(row, col)
    maps = np.zeros_like(result.class_maps)
    maps[result.detected_ids.index(DOG), row, col] = 0.7
    return replace(result, class_maps=maps)


def test_that_every_profile_has_a_reader_of_its_consumer() -> None:
    assert CONSUMERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "png"])
@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_one_pixel_in_a_corner_survives_every_profile(tmp_path: Path, name: str, row: int, col: int) -> None:
    result = _sure_of_one_pixel(row, col)
    reports = export_with_reports(result, tmp_path, "a", [name]).reports
    assert all(report.ok for _, report in reports)
    labels = CONSUMERS[name].read(tmp_path, "a", result.model.class_names)
    expected = np.zeros((24, 37), dtype=np.int64)
    expected[row, col] = DOG + 1
    np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize(("row", "col"), CORNERS)
def test_that_one_pixel_in_a_corner_of_the_overlay_is_the_only_one_painted(tmp_path: Path, row: int, col: int) -> None:
    result = one_pixel_result(row, col)
    (path, _) = export_with_reports(result, tmp_path, "a", ["png"]).paths
    with Image.open(path) as picture:
        changed = (np.array(picture) != result.request.image.rgb).any(axis=2)
    assert np.argwhere(changed).tolist() == [[row % 24, col % 37]]
