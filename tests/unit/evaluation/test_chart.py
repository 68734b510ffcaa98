"""Charts of an evaluation: what they say, and that the same numbers give the same bytes."""

from __future__ import annotations

import io
import math
import sys

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from dcsm_viewer.evaluation.chart import COLOURS, PlotFrame, Series, bar_chart, line_chart
from dcsm_viewer.render.figure_png import write_png

FRAME = PlotFrame("Photographs: $x$ and 5 %", "N", "mean IoU, %", ((0.0, "1"), (1.0, "2"), (2.0, "5")), (-0.25, 2.25))
LINES = (
    Series("_measured", ((0.0, 30.0), (1.0, math.nan), (2.0, 40.0)), COLOURS[0]),
    Series("poster", ((0.0, 44.1),), COLOURS[6], dashed=True),
)


def written(figure: Figure) -> bytes:
    stream = io.BytesIO()
    write_png(figure, stream)
    return stream.getvalue()


def axes_of(figure: Figure) -> Axes:
    (axes,) = figure.axes
    return axes


def test_that_a_line_chart_has_its_words_its_points_and_every_name_in_the_legend() -> None:
    figure = line_chart(FRAME, LINES)
    axes = axes_of(figure)
    assert (axes.get_title("left"), axes.get_xlabel(), axes.get_ylabel()) == (FRAME.title, "N", "mean IoU, %")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "5"]
    measured, poster = axes.get_lines()
    assert [str(y) for y in np.asarray(measured.get_ydata()).tolist()] == ["30.0", "nan", "40.0"]
    assert (measured.get_linestyle(), poster.get_linestyle()) == ("-", "--")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [" _measured", "poster"]


def test_that_bars_stand_side_by_side_with_their_numbers_and_nan_leaves_a_gap() -> None:
    axes = axes_of(bar_chart(FRAME, [[10.0, 20.0], [math.nan, 30.0], [5.0, 6.0]], ["a", "b"], values_shown=True))
    first, second = axes.containers
    assert [round(bar.get_x() + bar.get_width() / 2, 9) for bar in first] == [-0.2, 0.8, 1.8]
    assert [bar.get_height() for bar in second] == [20.0, 30.0, 6.0]
    assert [text.get_text() for text in axes.texts] == ["10.0", "", "5.0", "20.0", "30.0", "6.0"]


def test_that_crowded_names_are_slanted_and_few_stand_upright() -> None:
    many = PlotFrame("t", "", "y", tuple((float(n), "potted plant") for n in range(20)), (-0.5, 19.5), (0.0, 100.0))
    slanted = axes_of(bar_chart(many, [[50.0]] * 20, ["a"]))
    assert {label.get_rotation() for label in slanted.get_xticklabels()} == {45.0}
    assert {label.get_rotation() for label in axes_of(line_chart(FRAME, LINES)).get_xticklabels()} == {0.0}
    assert slanted.get_ylim() == (0.0, 100.0)


def test_that_the_same_numbers_give_the_same_bytes_without_a_version_or_date() -> None:
    data = written(line_chart(FRAME, LINES))
    assert data == written(line_chart(FRAME, LINES))
    with Image.open(io.BytesIO(data)) as picture:
        assert set(picture.info) == {"dpi"}
        assert (picture.mode, picture.size) == ("RGB", (1720, 1040))


def test_that_charts_leave_pyplot_alone() -> None:
    before = "matplotlib.pyplot" in sys.modules
    written(line_chart(FRAME, LINES))
    assert ("matplotlib.pyplot" in sys.modules) == before
