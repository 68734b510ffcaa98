"""Figures: laid out, drawn and read back from the files; their rasters are imaging's, pixel by pixel."""

from __future__ import annotations

import base64
import io
import re
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.state.snapshots import Comparison, with_snapshot
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.figure.figure_draw import Figure, FigureStyle, layout_of, letter
from dcsm_viewer.gui.tools.figure.figure_files import figure_bytes, image_of, write_figure
from dcsm_viewer.gui.tools.figure.figure_layout import UNITS_PER_MM, PanelNeed, elided, figure_layout_of
from dcsm_viewer.gui.tools.figure.figure_panels import TITLES, PanelName, panels_of
from dcsm_viewer.gui.tools.figure.figure_raster import nearest, raster
from dcsm_viewer.gui.tools.figure.figure_tool import FigureTool, columns_for
from dcsm_viewer.render.colormaps import lookup_table
from dcsm_viewer.render.paint import blend, paint_labels, paint_map
from tests.e2e.conftest import Desk
from tests.gui.hands import the
from tests.gui.views.states import settled
from tests.results import make_result

pytestmark = [pytest.mark.qt_log_ignore("This plugin does not support"), pytest.mark.usefixtures("qapp")]

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def made(*names: PanelName, **figure_style: object) -> Figure:
    return Figure.of(panels_of(settled(), names), FigureStyle(**figure_style))  # type: ignore[arg-type]  # a test's own words


def expected_map() -> NDArray[np.uint8]:
    """The distinct map of dog as imaging paints it, RGB (H, W, 3)."""
    result = make_result()
    assert result.focus is not None
    values = result.class_maps[result.detected_ids.index(result.focus.class_id)]
    return paint_map(values, lookup_table("inferno"), 0.0, float(values.max()))[..., :3]


def test_that_an_opaque_map_is_exactly_what_imaging_paints() -> None:
    (panel,) = panels_of(settled(), ["distinct"])
    np.testing.assert_array_equal(raster(panel), expected_map())


def test_that_labels_are_imaging_s_over_the_grey_photograph() -> None:
    state = settled(opacity=0.6)
    (panel,) = panels_of(state, ["labels"])
    result = state.result
    assert result is not None
    assert result.segmentation is not None
    r, g, b = (result.request.image.rgb[..., k].astype(np.int64) for k in range(3))
    grey = ((77 * r + 150 * g + 29 * b) // 256).astype(np.uint8)
    wanted = blend(np.stack([grey] * 3, -1), paint_labels(result.segmentation.labels), 0.6)
    np.testing.assert_array_equal(raster(panel), wanted)


def test_that_stretching_takes_the_value_below_the_middle_of_each_pixel() -> None:
    values = np.arange(6, dtype=np.uint8).reshape(2, 3)
    large = nearest(values, (5, 7))
    for row in range(5):
        for col in range(7):
            assert large[row, col] == values[int((row + 0.5) * 2 / 5), int((col + 0.5) * 3 / 7)]


def test_that_an_svg_parses_keeps_its_captions_as_text_and_holds_the_exact_pixels() -> None:
    document = ET.fromstring(figure_bytes(made("photograph", "distinct", columns=2, width_mm=120), "svg"))
    assert document.get("width", "").endswith("mm")
    assert float(document.get("width", "0mm")[:-2]) == pytest.approx(120, abs=0.1)
    texts = " ".join(text.text or "" for text in document.iter(f"{SVG}text"))
    assert "dog · distinct" in texts
    assert "own max 0.969" in texts
    assert "(b)" in texts
    pictures = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(image.get(LINK, "").split(",")[1]))).convert("RGB"))
        for image in document.iter(f"{SVG}image")
    ]
    assert any(picture.shape == expected_map().shape and (picture == expected_map()).all() for picture in pictures)


def test_that_a_pdf_has_the_page_s_size_its_fonts_and_the_exact_pixels() -> None:
    figure = made("distinct", columns=1, width_mm=90)
    data = figure_bytes(figure, "pdf")
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert box is not None
    layout = layout_of(figure)
    assert float(box[1]) == pytest.approx(90 / 25.4 * 72, abs=1)
    assert float(box[2]) == pytest.approx(layout.height / UNITS_PER_MM / 25.4 * 72, abs=1)
    assert b"/FontFile" in data
    wanted = expected_map().tobytes()
    streams = re.findall(rb"/Subtype /Image.*?stream\n(.*?)\nendstream", data, re.DOTALL)
    assert any(zlib.decompress(stream) == wanted for stream in streams)


def test_that_a_png_has_the_size_and_the_resolution_asked_for() -> None:
    figure = made("photograph", "raw", "distinct", width_mm=180, dpi=150)
    with Image.open(io.BytesIO(figure_bytes(figure, "png"))) as picture:
        assert picture.width == round(180 / 25.4 * 150)
        assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)


def test_that_every_pixel_of_the_map_is_found_in_the_png_where_it_belongs() -> None:
    figure = made("distinct", columns=1, width_mm=180, dpi=150)
    box = layout_of(figure).panel_places[0].picture
    with Image.open(io.BytesIO(figure_bytes(figure, "png"))) as picture:
        page = np.asarray(picture.convert("RGB"))
    scale = 150 / 720
    wanted = expected_map()
    h, w = wanted.shape[:2]
    for row in range(0, h, 7):
        for col in range(0, w, 7):
            down = int((box.top + (row + 0.5) * box.height / h) * scale)
            across = int((box.left + (col + 0.5) * box.width / w) * scale)
            np.testing.assert_array_equal(page[down, across], wanted[row, col])


def test_that_the_background_of_a_figure_is_white_whatever_the_theme() -> None:
    image = image_of(made("distinct", columns=1), 400)
    assert image.pixelColor(399, 1).name() == "#ffffff"


def test_that_pictures_of_one_row_begin_on_one_line_and_have_one_width() -> None:
    needs = [PanelNeed((30, 40), 1), PanelNeed((30, 40), 2, has_bar=True), PanelNeed((60, 40), 1)]
    layout = figure_layout_of(needs, 2, 100)
    first, second, third = (panel_place.picture for panel_place in layout.panel_places)
    assert first.top == second.top
    assert first.width == second.width == third.width
    assert first.height == pytest.approx(first.width * 3 / 4)
    assert third.top > layout.panel_places[1].bar.bottom  # type: ignore[union-attr]  # it has a bar
    assert layout.height == pytest.approx(third.bottom)
    assert second.left + second.width == pytest.approx(100 * UNITS_PER_MM)


def test_that_too_long_a_title_loses_its_middle_and_never_leaves_its_column() -> None:
    short = elided("a very long title of a pane", 12, len)
    assert len(short) <= 12
    assert short.startswith("a ver")
    assert short.endswith("ne")
    assert elided("short", 12, len) == "short"


def test_that_the_twenty_seventh_panel_is_aa() -> None:
    assert [letter(index) for index in (0, 25, 26, 27)] == ["(a)", "(z)", "(aa)", "(ab)"]


def test_that_a_figure_can_hold_both_sides_of_a_comparison_and_their_difference() -> None:
    state = settled()
    state = replace(state, snapshots=with_snapshot((), state.result), comparison=Comparison(a="A", subject="raw"))
    titles = [panel.content.title for panel in panels_of(state, ["a", "b", "difference"])]
    assert titles == ["A · dog raw", "on show · dog raw", "dog raw: B minus A"]


def test_that_the_grid_is_set_as_layers_by_scales() -> None:
    state = settled()
    panels = panels_of(state, ["grid_raw"])
    assert len(panels) == 15
    assert columns_for(state, ["grid_raw"]) == 3
    assert "400 px" in panels[0].content.title
    assert "600 px" in panels[2].content.title


def test_that_every_panel_there_is_a_name_for_can_be_made() -> None:
    assert len(panels_of(settled(), TITLES)) == 9 + 30


def test_that_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    figure = made("distinct")
    with pytest.raises(UserError, match=r"\.png, \.svg or \.pdf"):
        write_figure(figure, tmp_path / "figure.docx")
    with pytest.raises(UserError, match="no panel"):
        figure_bytes(Figure((), (), FigureStyle()), "png")
    with pytest.raises(UserError, match="dots per inch"):
        figure_bytes(made("distinct", columns=1, width_mm=400, dpi=1200), "png")
    assert list(tmp_path.iterdir()) == []


def open_figure(desk: Desk, photos: Path) -> FigureTool:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("tools.figure")
    return the(desk.window, FigureTool)


def test_that_the_tool_previews_and_writes_what_its_options_say(
    desk: Desk, photos: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    tool = open_figure(desk, photos)
    assert tool.options.names == ("overlay", "raw", "distinct")
    qtbot.waitUntil(lambda: not tool.preview.pixmap().isNull())
    asked = len(desk.engine.ran)
    tool.options.choose(["labels"])
    tool.options.columns.setValue(1)
    tool.options.width_mm.setValue(50)
    tool.options.dpi.setValue(100)
    tool.save(str(tmp_path / "f.png"))
    desk.wait(lambda: "written" in str(desk.state.message))
    with Image.open(tmp_path / "f.png") as picture:
        assert picture.width == round(50 / 25.4 * 100)
    assert len(desk.engine.ran) == asked
    tool.save(str(tmp_path / "nowhere" / "f.png"))
    desk.wait(lambda: desk.state.failure is not None)
    assert "f.png" in str(desk.state.failure)


def test_that_the_panes_of_a_view_are_copied_without_leaving_it(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("view.labels")
    desk.do("export.copy_view")
    desk.wait(lambda: "clipboard" in str(desk.state.message))
    assert desk.state.view == "labels"
    assert QGuiApplication.clipboard().image().width() == round(180 / 25.4 * 300)


def test_that_a_figure_opened_from_labels_begins_with_the_panes_of_labels(desk: Desk, photos: Path) -> None:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("view.labels")
    desk.do("export.figure")
    assert the(desk.window, FigureTool).options.sets.currentText() == "Panes of Labels"


def test_that_nothing_is_set_before_there_is_a_result(slow_desk: Desk, photos: Path, qtbot: QtBot) -> None:
    slow_desk.open(photos / "a.png")
    slow_desk.wait(lambda: slow_desk.state.image is not None)
    slow_desk.do("tools.figure")
    tool = the(slow_desk.window, FigureTool)
    qtbot.waitUntil(lambda: bool(tool.preview.text()))
    assert not tool.options._save.isEnabled()


def test_that_without_a_result_there_is_no_panel() -> None:
    assert panels_of(ViewState(), TITLES) == ()
