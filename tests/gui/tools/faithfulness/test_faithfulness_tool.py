"""Faithfulness in the window: curves, the pixels of a share, and the pointing game with a mask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.canvas.crf_kernels import Ring
from dcsm_viewer.gui.canvas.sampling import LabelLayer
from dcsm_viewer.gui.tools.faithfulness.faithfulness_model import PointingResult, RankedMap, pointed
from dcsm_viewer.gui.tools.faithfulness.faithfulness_tool import FaithfulnessTool
from dcsm_viewer.io.masks import read_mask
from dcsm_viewer.queries.faithfulness_query import FaithfulnessQuestion
from dcsm_viewer.render.palette import voc_palette
from tests.gui.hands import click
from tests.gui.tools.desk import ToolDesk, tool_desk

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[ToolDesk]:
    yield from tool_desk(qtbot)


def opened(desk: ToolDesk) -> FaithfulnessTool:
    desk.show()
    tool = desk.open_tool("faithfulness")
    assert isinstance(tool, FaithfulnessTool)
    desk.wait(lambda: tool.known is not None)
    return tool


def test_that_areas_are_said_with_what_is_better(desk: ToolDesk) -> None:
    tool = opened(desk)
    assert "Deletion, area under the curve (lower is better): raw 0.400, distinct 0.300. Better: distinct." in (
        tool.words.text()
    )
    assert "raw 0.700, distinct 0.600. Better: raw." in tool.words.text()
    assert "10 % in the distinct map" in tool.words.text(), "ties are no merit of the map"
    assert "grey (127, 127, 127)" in tool.words.text()


def test_that_the_share_marks_that_many_pixels_in_the_maps_order(desk: ToolDesk) -> None:
    tool = opened(desk)
    tool.share.slider.setValue(5)
    result, shown = desk.state.result, desk.state.shown_class
    assert result is not None
    assert shown is not None
    layer = tool.view.distinct.content.layer
    assert isinstance(layer, LabelLayer)
    values = result.class_maps[result.detected_ids.index(shown)]
    marked = layer.labels == shown + 1
    assert marked.mean() == pytest.approx(0.25, abs=0.01)
    assert values[marked].min() >= values[~marked].max()
    tool.plots["deletion"].moved.emit("share", 0.5)
    assert tool.share.value == 10


def test_that_it_is_asked_once_for_a_class_and_again_for_another(desk: ToolDesk) -> None:
    opened(desk)
    result = desk.state.result
    assert result is not None
    other = next(c for c in result.detected_ids if c != desk.state.shown_class)
    desk.parts.store.change(focus=other)

    def asked() -> list[int]:
        return [one.question.class_id for one in desk.engine.queries if isinstance(one.question, FaithfulnessQuestion)]

    desk.wait(lambda: len(asked()) == 2)
    assert asked()[-1] == other


def rings(tool: FaithfulnessTool) -> tuple[Ring, ...]:
    return tool.view.raw.content.rings


def mask_of(desk: ToolDesk, path: Path, *, whole: bool) -> Path:
    """A palette PNG with the shown class everywhere, or in the upper left corner only."""
    image, shown = desk.state.image, desk.state.shown_class
    assert image is not None
    assert shown is not None
    labels = np.zeros(image.shape, np.uint8)
    labels[: None if whole else 1, : None if whole else 1] = shown + 1
    picture = Image.fromarray(labels)
    picture.putpalette(voc_palette().tobytes())
    picture.save(path)
    return path


def test_that_a_mask_starts_the_pointing_game_and_forgetting_it_ends_it(desk: ToolDesk, tmp_path: Path) -> None:
    tool = opened(desk)
    assert "Load a ground-truth mask" in tool.pointing.text()
    tool.load_mask(str(mask_of(desk, tmp_path / "all.png", whole=True)))
    desk.wait(lambda: "hit" in tool.pointing.text())
    assert "points: hit" in tool.view.raw.content.mark
    assert [ring.dashed for ring in rings(tool)] == [False, True]
    tool.load_mask(str(mask_of(desk, tmp_path / "corner.png", whole=False)))
    desk.wait(lambda: "miss by" in tool.pointing.text())
    click(tool.drop)
    assert "Load a ground-truth mask" in tool.pointing.text()
    assert not rings(tool)


def test_that_a_mask_of_another_size_is_refused_in_a_sentence(desk: ToolDesk, tmp_path: Path) -> None:
    tool = opened(desk)
    Image.new("L", (7, 5)).save(tmp_path / "small.png")
    tool.load_mask(str(tmp_path / "small.png"))
    desk.wait(lambda: desk.state.failure is not None)
    assert "7 x 5 px" in str(desk.state.failure)


def test_that_the_pointing_game_measures_from_the_peak_to_the_object() -> None:
    values = np.zeros((40, 60), np.float32)
    values[10, 20] = 1.0
    mask = np.zeros((40, 60), np.uint8)
    mask[10, 23:30] = 12
    assert pointed(RankedMap.of(values), mask.shape, mask, 11) == PointingResult(10.5, 20.5, 3.0)
    assert "a hit within 15 px" in pointed(RankedMap.of(values), mask.shape, mask, 11).words
    assert pointed(RankedMap.of(values), mask.shape, mask, 3).distance_px is None
    mask[10, 20] = 12
    assert pointed(RankedMap.of(values), mask.shape, mask, 11).words == "hit"
    # The pixel of a map of half the size covers four of the image; its middle is where they meet.
    half = pointed(RankedMap.of(values[::2, ::2]), mask.shape, mask, 11)
    assert (half.row, half.col) == (11.0, 21.0)


def test_that_a_large_map_is_thinned_out_and_keeps_its_peak() -> None:
    values = np.random.default_rng(0).random((1500, 1200), dtype=np.float32)
    ranked = RankedMap.of(values)
    assert ranked.values.size < 500_000
    row, col = np.unravel_index(values.argmax(), values.shape)
    assert ranked.peak == ((row + 0.5) / 1500, (col + 0.5) / 1200)
    assert ranked.first(0.3).mean() == pytest.approx(0.3, abs=0.001)
    assert not ranked.first(0.0).any()


def test_that_masks_in_vocs_colours_and_as_indices_are_the_same(tmp_path: Path) -> None:
    labels = np.random.default_rng(0).choice(np.array([0, 3, 12, 255], np.uint8), (9, 11))
    Image.fromarray(labels).save(tmp_path / "grey.png")
    Image.fromarray(voc_palette()[labels]).save(tmp_path / "colour.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "grey.png", (9, 11)), labels)
    np.testing.assert_array_equal(read_mask(tmp_path / "colour.png", (9, 11)), labels)


@pytest.mark.parametrize("name", ["gone.png", "words.png", "photo.png"])
def test_that_what_is_no_mask_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "words.png").write_text("no picture", encoding="utf-8")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)).save(tmp_path / "photo.png")
    with pytest.raises(UserError, match=name):
        read_mask(tmp_path / name, (9, 11))
