"""The interactive plot: hands, keys, files, themes, and when pyqtgraph is loaded."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.theme import palette
from dcsm_viewer.gui.widgets.plot import Plot
from dcsm_viewer.gui.widgets.plot_canvas import right_of
from dcsm_viewer.gui.widgets.plot_values import Axis, Bar, Chart, Line, Series
from tests.gui.hands import click_at, drag_line, press

CHART = Chart(
    "Score over the share",
    Axis("share", 0.0, 1.0),
    Axis("score", 0.0, 2.0),
    (
        Series("distinct", (0.0, 0.5, 1.0), (2.0, math.nan, 1.0), "accent"),
        Series("raw <b>{x}", (0.0, 0.5, 1.0), (0.0, 5.0, 10.0), "text", "dashed", right=True),
    ),
    lines=(Line("low", "low", 0.2, step=0.05), Line("high", "high", 0.8, step=0.05), Line("mark", "mark", 0.5)),
    region=(0.2, 0.8),
    right=Axis("count", 0.0, 20.0),
)


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    return shown(qtbot, CHART)


def shown(qtbot: QtBot, chart: Chart) -> Plot:
    """A plot whose owner puts every line where it is moved to."""
    plot = Plot("Scores")
    qtbot.addWidget(plot)
    plot.moved.connect(lambda key, x: plot.show_chart(with_line(plot, key, x)))
    plot.show_chart(chart)
    plot.resize(500, 360)
    with qtbot.waitExposed(plot):
        plot.show()
    QApplication.processEvents()
    return plot


def with_line(plot: Plot, key: str, x: float) -> Chart:
    assert plot.chart is not None
    return replace(plot.chart, lines=tuple(replace(one, x=x) if one.key == key else one for one in plot.chart.lines))


def x_of(plot: Plot, key: str) -> float:
    assert plot.chart is not None
    return next(round(line.x, 9) for line in plot.chart.lines if line.key == key)


def source_epoch(plot: Plot) -> list[float]:
    return [round(end, 6) for ends in plot.canvas.plotItem.vb.viewRange() for end in ends]


def test_that_a_dragged_line_goes_to_the_step_under_the_hand_and_says_when_it_is_let_go(plot: Plot) -> None:
    ended: list[bool] = []
    plot.let_go.connect(lambda: ended.append(True))
    drag_line(plot, 0.8, 0.6)
    assert x_of(plot, "high") == 0.6
    assert (x_of(plot, "low"), plot.active) == (0.2, "high")
    assert ended == [True]


def test_that_a_drag_beyond_the_axis_ends_at_its_end(plot: Plot) -> None:
    drag_line(plot, 0.2, -0.5)
    assert x_of(plot, "low") == 0.0


def test_that_a_line_stays_where_its_owner_refuses_to_move_it(qtbot: QtBot) -> None:
    plot = Plot("Scores")
    qtbot.addWidget(plot)
    plot.show_chart(CHART)
    plot.resize(500, 360)
    plot.show()
    QApplication.processEvents()
    drag_line(plot, 0.2, 0.4)
    assert plot.canvas.line_value("low") == 0.2


def test_that_a_line_without_a_step_cannot_be_dragged(plot: Plot) -> None:
    drag_line(plot, 0.5, 0.6)
    assert x_of(plot, "mark") == 0.5


def test_that_a_click_moves_the_line_only_where_the_chart_says_so(plot: Plot) -> None:
    click_at(plot, 0.4)
    assert x_of(plot, "low") == 0.2
    plot.show_chart(replace(CHART, click_moves=True))
    click_at(plot, 0.4)
    assert x_of(plot, "low") == 0.4


def test_that_arrow_keys_home_and_end_move_the_line_that_up_and_down_choose(plot: Plot) -> None:
    press(plot, Qt.Key.Key_Right)
    assert x_of(plot, "low") == 0.25
    press(plot, Qt.Key.Key_Up)
    press(plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert x_of(plot, "high") == 0.3
    press(plot, Qt.Key.Key_End)
    assert x_of(plot, "high") == 1.0
    press(plot, Qt.Key.Key_Down)
    press(plot, Qt.Key.Key_Home)
    assert x_of(plot, "low") == 0.0


def test_that_tab_reaches_the_plot_and_its_canvas_takes_no_focus(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    first, plot, last = QLineEdit(window), Plot("Scores", window), QLineEdit(window)
    column = QVBoxLayout(window)
    for widget in (first, plot, last):
        column.addWidget(widget)
    plot.show_chart(CHART)
    with qtbot.waitActive(window):
        window.show()
    first.setFocus()
    press(first, Qt.Key.Key_Tab)
    assert plot.hasFocus()
    press(plot, Qt.Key.Key_Tab)
    assert last.hasFocus()


def test_that_names_and_keys_are_said_to_those_who_do_not_see_the_plot(plot: Plot) -> None:
    assert plot.accessibleName() == "Score over the share"
    assert plot.accessibleDescription() == (
        "score over share: distinct, raw <b>{x}. Arrow keys, Home and End move low. Up and down choose another line."
    )
    plot.show_chart(None)
    assert (plot.accessibleName(), plot.accessibleDescription()) == ("Scores", "No values yet.")


def test_that_the_wheel_and_keys_zoom_and_view_all_shows_the_axes_whole(plot: Plot) -> None:
    whole = source_epoch(plot)
    press(plot, Qt.Key.Key_Plus)
    assert source_epoch(plot)[0] > whole[0]
    press(plot, Qt.Key.Key_0)
    assert source_epoch(plot) == whole
    turn_wheel(plot)
    assert source_epoch(plot)[0] > whole[0]
    next(action for action in plot.menu().actions() if action.text() == "View all").trigger()
    assert source_epoch(plot) == whole


def test_that_a_drag_beside_the_lines_pans_what_was_zoomed_and_a_moved_line_keeps_the_zoom(plot: Plot) -> None:
    press(plot, Qt.Key.Key_Plus)
    zoomed = source_epoch(plot)
    drag_line(plot, 0.35, 0.4)
    panned = source_epoch(plot)
    assert panned[0] < zoomed[0]
    press(plot, Qt.Key.Key_Right)
    assert source_epoch(plot) == panned


def turn_wheel(plot: Plot) -> None:
    at = QPointF(plot.canvas.mapFrom(plot, plot.position_of(0.5).toPoint()))
    nothing, up = QPoint(), QPoint(0, 240)
    phase = Qt.ScrollPhase.NoScrollPhase
    no_button, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(at, QPointF(plot.canvas.mapToGlobal(at)), nothing, up, no_button, no_key, phase, False)
    QApplication.sendEvent(plot.canvas.viewport(), event)


def test_that_a_change_of_theme_repaints_ground_curves_and_lines(plot: Plot) -> None:
    plot.show_chart(replace(CHART, series=(Series("flat", (0.0, 1.0), (1.0, 1.0), "accent", width=3),)))
    for dark in (True, False):
        chosen = palette(dark=dark)
        plot.setPalette(chosen)
        for role in (QPalette.ColorRole.Highlight, QPalette.ColorRole.Link):
            assert chosen.color(role).name() in colours_of(plot)
        assert plot.grab().toImage().pixelColor(5, 5) == chosen.color(QPalette.ColorRole.Window)


def test_that_a_plot_that_cannot_be_used_is_greyed(plot: Plot) -> None:
    accent = plot.palette().color(QPalette.ColorRole.Highlight).name()
    plot.setEnabled(False)
    assert accent not in colours_of(plot)
    plot.setEnabled(True)
    assert accent in colours_of(plot)


def colours_of(plot: Plot) -> set[str]:
    image = plot.canvas.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_that_a_small_plot_keeps_its_axes_legend_and_end_numbers_inside(plot: Plot) -> None:
    for size in ((230, 160), (300, 200), (700, 500)):
        plot.resize(*size)
        QApplication.processEvents()
        inside, item = plot.canvas.sceneRect(), plot.canvas.plotItem
        for name in ("left", "right", "bottom"):
            axis = item.getAxis(name)
            assert inside.contains(axis.mapRectToScene(axis.rect()))
        legend = plot.canvas.legend
        assert inside.contains(legend.mapRectToScene(legend.rect()))
        assert not legend.mapRectToScene(legend.rect()).intersects(item.vb.sceneBoundingRect())


def test_that_an_axis_of_whole_numbers_has_no_ticks_between_them(qtbot: QtBot) -> None:
    plot = shown(qtbot, replace(CHART, x=Axis("step", 0.0, 3.0, "integer"), region=None, lines=()))
    levels = plot.canvas.plotItem.getAxis("bottom").tickSpacing(0.0, 3.0, 500.0)
    assert levels
    assert all(spacing == round(spacing) for spacing, _ in levels)


def test_that_the_right_axis_measures_its_curve_in_its_own_unit(plot: Plot) -> None:
    assert CHART.right is not None
    # A curve at 10 of 20 stands where the left axis has 1 of 2.
    assert right_of(1.0, CHART.y, CHART.right) == 10.0
    assert "raw <b>{x}: 5" in CHART.words_at(0.5)
    assert "distinct: unknown" not in CHART.words_at(0.5)  # the nearest known value


def test_that_a_png_reads_back_at_three_times_the_size_on_white(plot: Plot, tmp_path: Path) -> None:
    plot.setPalette(palette(dark=True))
    plot.export(tmp_path / "a.png")
    image = QImage(str(tmp_path / "a.png"))
    assert image.width() == 3 * plot.canvas.width()
    assert image.pixelColor(2, 2).name() == "#ffffff"
    # The zoom of the window is the window's own.
    press(plot, Qt.Key.Key_Plus)
    plot.export(tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_that_an_svg_holds_the_names_as_text(plot: Plot, tmp_path: Path) -> None:
    plot.export(tmp_path / "a.svg")
    words = " ".join(ET.parse(tmp_path / "a.svg").getroot().itertext())  # our own file
    for name in ("share", "score", "count", "distinct", "raw <b>{x}", "low", "mark"):
        assert name in words


def test_that_a_csv_has_every_point_and_nothing_where_a_curve_breaks(plot: Plot, tmp_path: Path) -> None:
    plot.export(tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["series", "share", "value"]
    assert rows[1:4] == [["distinct", "0.0", "2.0"], ["distinct", "0.5", ""], ["distinct", "1.0", "1.0"]]
    assert rows[6] == ["raw <b>{x}", "1.0", "10.0"]


def test_that_bars_are_drawn_written_and_named(qtbot: QtBot, tmp_path: Path) -> None:
    bars = (Bar("a", 0.5, 0.8, 0.0, 0.4, (255, 0, 0), "a adds 0.4"), Bar("b", 1.5, 0.8, 0.4, 0.3, (255, 0, 0), "b"))
    plot = shown(qtbot, Chart("Bars", Axis("", 0.0, 2.0), Axis("part", 0.0, 1.0), bars=bars))
    assert plot.chart is not None
    assert plot.chart.words_at(0.6) == "a adds 0.4"
    image = plot.grab().toImage()
    assert red_at(plot, image, 0.5, 0.2)
    assert not red_at(plot, image, 1.5, 0.35)  # what takes away is hollow
    plot.export(tmp_path / "bars.csv")
    assert (tmp_path / "bars.csv").read_text() == "bar,start,end\na,0.0,0.4\nb,0.4,0.3\n"


def red_at(plot: Plot, image: QImage, x: float, y: float) -> bool:
    colour = image.pixelColor(plot.position_of(x, y).toPoint())
    return colour.red() > 200 and colour.green() < 60


def test_that_other_endings_empty_plots_and_closed_folders_are_refused_in_a_sentence(
    plot: Plot, qtbot: QtBot, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"not written as \.bmp; choose \.png, \.svg or \.csv"):
        plot.export(tmp_path / "a.bmp")
    with pytest.raises(UserError, match="missing"):
        plot.export(tmp_path / "missing" / "a.csv")
    empty = Plot("Scores")
    qtbot.addWidget(empty)
    with pytest.raises(UserError, match="shows nothing yet"):
        empty.export(tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_that_the_menu_writes_the_file_that_was_chosen_and_says_what_failed(
    plot: Plot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    failed: list[str] = []
    plot.written.connect(written.append)
    plot.failed.connect(failed.append)
    choose(monkeypatch, tmp_path / "curve")
    actions = {action.text(): action for action in plot.menu().actions()}
    actions["Export plot as CSV..."].trigger()
    assert written == [f"The plot was written to {tmp_path / 'curve.csv'}."]
    assert (tmp_path / "curve.csv").is_file()
    choose(monkeypatch, tmp_path / "no" / "curve.png")
    actions["Export plot as PNG..."].trigger()
    assert len(failed) == 1
    assert "curve.png" in failed[0]


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    answer: Callable[..., tuple[str, str]] = lambda *_args: (str(path), "")  # noqa: E731
    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)


def test_that_the_plots_are_the_only_ones_who_set_pyqtgraphs_options(plot: Plot) -> None:
    options = {name: pg.getConfigOption(name) for name in ("antialias", "exitCleanup", "useOpenGL", "imageAxisOrder")}
    assert options == {"antialias": True, "exitCleanup": False, "useOpenGL": False, "imageAxisOrder": "col-major"}


LIFE = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtWidgets import QApplication
app = QApplication([])
from dcsm_viewer.gui.widgets.plot import Plot
from dcsm_viewer.gui.widgets.plot_values import Axis, Chart, Series
plot = Plot("p")
plot.show()
app.processEvents()
assert "pyqtgraph" not in sys.modules
hook = sys.excepthook
plot.show_chart(Chart("c", Axis("x", 0, 1), Axis("y", 0, 1), (Series("s", (0, 1), (0, 1)),)))
app.processEvents()
assert "pyqtgraph" in sys.modules and sys.excepthook is hook
"""


@pytest.mark.parametrize("end", ["", "plot.close(); plot.deleteLater(); app.processEvents(); import gc; gc.collect()"])
def test_that_pyqtgraph_is_loaded_with_the_first_chart_and_the_process_ends_well(end: str) -> None:
    done = subprocess.run([sys.executable, "-c", LIFE + end], capture_output=True, text=True, check=False)
    output = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]
    assert (done.returncode, output) == (0, [])
