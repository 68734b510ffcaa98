"""The way that stands in a recipe leads to the image, also across links."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dcsm_viewer.export import export_result, read_recipe
from dcsm_viewer.gui.files.sessions.session_file import SavedImage, image_path
from dcsm_viewer.io.images import read_image
from dcsm_viewer.io.relative_path import way_to
from tests.samples import SAMPLE
from tests.unit.export.subjects import of_image, small_result


@pytest.fixture
def linked(tmp_path: Path) -> tuple[Path, Path]:
    """An image, and a folder that is a link to one that lies elsewhere and deeper."""
    (tmp_path / "real" / "deep" / "out").mkdir(parents=True)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "out").symlink_to(tmp_path / "real" / "deep" / "out")
    image = tmp_path / "photos" / "dog.jpg"
    image.symlink_to(SAMPLE)
    return image, tmp_path / "photos" / "out"


def test_that_the_way_leads_there_from_a_linked_folder(linked: tuple[Path, Path]) -> None:
    image, folder = linked
    way = way_to(image, folder)
    assert (folder / way).samefile(SAMPLE)
    assert way == "../../../photos/dog.jpg", "the image's own name stays, though it is a link"


@pytest.mark.parametrize(
    ("path", "folder", "way"), [("a/dog.jpg", "a", "dog.jpg"), ("a/dog.jpg", "b/c", "../../a/dog.jpg")]
)
def test_that_a_plain_way_stays_plain_even_to_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, folder: str, way: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert way_to(path, folder) == way
    assert way_to(tmp_path / path, tmp_path / folder) == way


def test_that_a_loop_of_links_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert way_to(tmp_path / "loop", tmp_path / "out") == "../loop"


def test_that_recipes_and_labelmes_files_find_the_image_across_links(linked: tuple[Path, Path]) -> None:
    path, folder = linked
    export_result(of_image(small_result(), read_image(path)), folder, "dog", ["labelme"])
    recipe = read_recipe(folder / "dog.json")
    assert recipe.image.path is not None
    assert (folder / recipe.image.path).samefile(SAMPLE)
    there = json.loads((folder / "labelme" / "dog.json").read_bytes())["imagePath"]
    assert (folder / "labelme" / there).samefile(SAMPLE)


def test_that_a_session_finds_its_images_across_links(linked: tuple[Path, Path]) -> None:
    image, folder = linked
    found = image_path(SavedImage("dog.jpg", way_to(image, folder), None), folder / "s.dcsm.json")
    assert found is not None
    assert Path(found).samefile(SAMPLE)
    plain = image_path(SavedImage("dog.jpg", "../x/dog.jpg", None), image.parent / "s.dcsm.json")
    assert plain == os.fspath(image.parent.parent / "x" / "dog.jpg")
