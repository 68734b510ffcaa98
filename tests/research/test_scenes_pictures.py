from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.labelled_image import VOC_CLASSES
from research.pictures.backgrounds import Backgrounds, pattern, tone_mapped
from research.pictures.cutout import NO_CLASS, list_cutouts, pixels
from research.pictures.figures import gather_figures
from research.pictures.icon_classes import class_of_icon
from research.pictures.icons import draw_icons
from research.pictures.model_classes import class_of_model
from research.pictures.model_views import models_in, random_view
from research.pictures.outlined import Outline, cut_out, outlines
from research.pictures.photograph_classes import SCRATCH, TUXPAINT
from research.pictures.photographs import cut_by_disparity
from research.pictures.sources import named


def silent(sentence: str) -> None:
    del sentence


@pytest.mark.parametrize(
    ("name", "class_name"),
    [
        ("cat", "cat"),
        ("cat-face", "cat"),
        ("cat-with-tears-of-joy", None),
        ("hot-dog", NO_CLASS),
        ("police-car", "car"),
        ("police-car-light", None),
        ("person-running-medium-dark", "person"),
        ("woman-pilot-light-skin-tone", "person"),
        ("bullet-train", "train"),
        ("seahorse", None),
    ],
)
def test_that_an_icon_is_of_the_class_that_its_whole_name_says(name: str, class_name: str | None) -> None:
    assert class_of_icon(name) == class_name


def test_that_models_are_of_the_class_that_was_looked_up() -> None:
    assert class_of_model("Scopia", 161, "Cat") == "cat"
    assert class_of_model("Scopia", 33, "Coffee table") is None
    assert class_of_model("BlendSwap-CC-0", 76, "Electric guitar") == NO_CLASS


def test_that_the_photographs_table_holds_voc_classes_and_no_file_twice() -> None:
    for table in (TUXPAINT, SCRATCH):
        assert set(table) <= set(VOC_CLASSES)
        files = [name for names in table.values() for name in names]
        assert len(files) == len(set(files))
    assert {outline.class_name for outline in outlines()} <= set(VOC_CLASSES)


def test_that_an_icon_set_is_drawn_with_its_alpha(tmp_path: Path) -> None:
    package = tmp_path / "set" / "package"
    package.mkdir(parents=True)
    circle = '<circle cx="8" cy="8" r="6" fill="#ff0000"/>'
    icons = {"cat": {"body": circle}, "smile": {"body": circle}, "dog": {"body": "<broken"}}
    (package / "icons.json").write_text(json.dumps({"icons": icons, "width": 16, "height": 16}))
    assert draw_icons(named("noto"), tmp_path / "set", tmp_path / "out", silent) == 1
    (cat,) = list_cutouts(tmp_path / "out")
    assert (cat.class_name, cat.kind, cat.origin) == ("cat", "icon", "cat")
    rgba = np.asarray(pixels(cat.path))
    assert rgba[rgba.shape[0] // 2, rgba.shape[1] // 2].tolist() == [255, 0, 0, 255]
    covered = (rgba[..., 3] >= 128).mean()
    assert covered == pytest.approx(np.pi / 4, abs=0.02)


def test_that_a_folder_without_icons_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no icon set"):
        draw_icons(named("noto"), tmp_path, tmp_path / "out", silent)


def test_that_figures_are_named_by_their_code_points(tmp_path: Path) -> None:
    assets = tmp_path / "figures" / "package" / "assets"
    assets.mkdir(parents=True)
    rgba = np.full((40, 40, 4), 255, np.uint8)
    for stem in ("1f408-fe0f", "1f600"):
        Image.fromarray(rgba).save(assets / f"{stem}.webp", lossless=True)
    names = tmp_path / "chars.json"
    names.write_text(json.dumps({"1f408": "cat", "1f600": "grinning-face"}))
    source = named("fluent-emoji-3d")
    assert gather_figures(source, tmp_path / "figures", names, tmp_path / "out", silent) == 1
    assert [one.class_name for one in list_cutouts(tmp_path / "out")] == ["cat"]


def test_that_what_is_nearer_than_the_floor_is_cut_out_by_disparity() -> None:
    height, width = 120, 180
    floor = np.clip(np.arange(height)[:, None] * 0.4 - 10, 5, None) * np.ones((1, width))
    truth = np.zeros((height, width), bool)
    truth[30:90, 60:110] = True
    disparity = np.where(truth, 45.0, floor)
    disparity[50, 60:110] = np.inf  # a row that the sensor could not see
    rgba = cut_by_disparity(np.zeros((height, width, 3), np.uint8), disparity)
    # Specks are taken away, which rounds corners off: five pixels here.
    assert ((rgba[..., 3] == 255) != truth).sum() <= 6


def test_that_a_ring_within_a_ring_is_a_hole() -> None:
    outer = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
    inner = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))
    rgba = cut_out(Image.new("RGB", (100, 50), (9, 8, 7)), Outline("a", "b", "cat", (outer, inner)))
    assert rgba.shape == (50, 100, 4)
    assert rgba[25, 50, 3] == 0
    assert rgba[25, 20].tolist() == [9, 8, 7, 255]
    assert rgba[2, 2, 3] == 0


def test_that_only_models_that_are_there_are_rendered_and_views_keep_their_bounds(tmp_path: Path) -> None:
    library = tmp_path / "usr/share/sweethome3d/furniture/Scopia"
    library.mkdir(parents=True)
    (library / "PluginFurnitureCatalog.properties").write_text(
        "name#161=Cat\nmodel#161=/scopia/cat.obj\nname#162=Dog\nmodel#162=/scopia/dog.obj\nname#7=Children game\n"
    )
    (library / "scopia").mkdir()
    (library / "scopia" / "cat.obj").write_text("v 0 0 0\n")
    (model,) = models_in(tmp_path)
    assert (model.library, model.number, model.class_name) == ("Scopia", 161, "cat")
    with pytest.raises(UserError, match="no furniture libraries"):
        models_in(tmp_path / "elsewhere")
    rng = np.random.default_rng(0)
    assert all(abs(random_view("sofa", rng).azimuth) <= 75 for _ in range(50))


def test_that_a_background_fills_the_scene_and_comes_again_with_its_seed(tmp_path: Path) -> None:
    gradient = np.dstack([np.tile(np.arange(256, dtype=np.uint8), (128, 1))] * 3)
    Image.fromarray(gradient).save(tmp_path / "photograph--drawn--a.png")
    Image.fromarray(gradient).save(tmp_path / "panorama--drawn--b.png")
    backgrounds = Backgrounds(tmp_path, patterns=0.3)
    for seed in range(12):
        first = backgrounds.drawn(np.random.default_rng(seed), 60, 80)
        assert first.shape == (60, 80, 3)
        assert first.dtype == np.float32
        assert first.min() >= 0
        assert first.max() <= 1
        np.testing.assert_array_equal(first, backgrounds.drawn(np.random.default_rng(seed), 60, 80))


def test_that_a_folder_without_backgrounds_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make scenes"):
        Backgrounds(tmp_path, patterns=0.3)
    Backgrounds(tmp_path, patterns=1.0)


def test_that_patterns_differ_and_are_no_plain_grey() -> None:
    first, second = (pattern(np.random.default_rng(seed), 60, 80) for seed in (0, 1))
    assert not np.allclose(first, second)
    assert first.std() > 0.02


def test_that_lamps_and_broken_blocks_of_a_panorama_leave_the_rest_alone() -> None:
    light = np.full((64, 128, 3), 0.5, np.float32)
    light[20, 30] = 5000.0
    light[40, 60] = -900.0
    light[41, 61] = np.inf
    mapped = tone_mapped(light)
    assert np.ptp(mapped[:16]) == 0
    assert mapped[40, 60].tolist() == mapped[0, 0].tolist()
    assert 90 < mapped[0, 0, 0] < 200
