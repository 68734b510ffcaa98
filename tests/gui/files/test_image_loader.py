"""Files and folders become a list; the image wanted last is the one shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.files.image_loader import ImageLoader, collect_images, paths_of
from dcsm_viewer.gui.state.settings_edits import always_compare
from dcsm_viewer.gui.state.store import Store


def photograph(path: Path, level: int = 90) -> str:
    Image.fromarray(np.full((6, 8, 3), level, np.uint8)).save(path)
    return str(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in (1, 2, 10):
        photograph(tmp_path / f"img{number}.png", number)
    return tmp_path


@pytest.fixture
def store(qtbot: QtBot) -> Store:
    assert qtbot is not None
    return Store()


@pytest.fixture
def image_loader(store: Store) -> Iterator[ImageLoader]:
    made = ImageLoader(store)
    yield made
    made.stop()


def test_that_a_lone_file_brings_its_neighbours_in_natural_order(photos: Path) -> None:
    found = collect_images([str(photos / "img2.png")])
    assert [Path(path).name for path in found.folder] == ["img1.png", "img2.png", "img10.png"]
    assert found.index == 1


def test_that_files_and_folders_together_are_each_listed_once(photos: Path) -> None:
    found = collect_images([str(photos / "img10.png"), str(photos)])
    assert [Path(path).name for path in found.folder] == ["img10.png", "img1.png", "img2.png"]


def test_that_an_empty_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no image in"):
        collect_images([str(tmp_path)])


def test_that_dropped_addresses_become_local_paths() -> None:
    urls = [QUrl.fromLocalFile("/photos/a b.png"), QUrl("https://example.org/a.png")]
    assert paths_of(urls) == ("/photos/a b.png",)


def test_that_opening_shows_the_image_and_where_it_stands(
    image_loader: ImageLoader, store: Store, photos: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(image_loader.opened):
        image_loader.open_paths([str(photos / "img2.png")])
    assert store.state.image is not None
    assert store.state.image.name == "img2.png"
    assert (store.state.folder_index, store.state.reading) == (1, None)


def test_that_only_the_image_wanted_last_is_shown(
    image_loader: ImageLoader, store: Store, photos: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(image_loader.opened):
        image_loader.open_paths([str(photos)])
    shown: list[str] = []
    image_loader.opened.connect(shown.append)
    image_loader.step(1)
    image_loader.step(1)
    qtbot.waitUntil(lambda: bool(shown))
    assert [Path(path).name for path in shown] == ["img10.png"]
    assert store.state.folder_index == 2


def test_that_a_bad_image_keeps_the_last_good_one_and_does_not_stop_the_walk(
    image_loader: ImageLoader, store: Store, photos: Path, qtbot: QtBot
) -> None:
    (photos / "img3.png").write_bytes(b"not a picture")
    with qtbot.waitSignal(image_loader.opened):
        image_loader.open_paths([str(photos / "img2.png")])
    image_loader.step(1)
    qtbot.waitUntil(lambda: store.state.failure is not None)
    assert store.state.image is not None
    assert store.state.image.name == "img2.png"
    assert "img3.png" in str(store.state.failure)
    assert store.state.unreadable == {str(photos / "img3.png")}
    with qtbot.waitSignal(image_loader.opened):
        image_loader.step(1)
    assert store.state.image.name == "img10.png"
    assert store.state.failure is None


def test_that_there_is_nothing_past_either_end(
    image_loader: ImageLoader, store: Store, photos: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(image_loader.opened):
        image_loader.open_paths([str(photos / "img1.png")])
    image_loader.step(-1)
    assert (store.state.folder_index, store.state.reading) == (0, None)


def test_that_what_was_said_about_classes_stays_with_its_image(
    image_loader: ImageLoader, store: Store, photos: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(image_loader.opened):
        image_loader.open_paths([str(photos)])
    store.edit(always_compare(store.state.settings, 3, True))
    store.change(focus=3)
    with qtbot.waitSignal(image_loader.opened):
        image_loader.step(1)
    assert store.state.settings.choice.always_compared == ()
    assert store.state.focus is None


@pytest.mark.parametrize("name", ["broken.jpg", "text.txt", "missing.png"])
def test_that_a_single_file_that_is_no_image_costs_neither_the_image_nor_the_list(
    name: str, image_loader: ImageLoader, store: Store, photos: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(image_loader.opened):
        image_loader.open_paths([str(photos / "img2.png")])
    folder, index = store.state.folder, store.state.folder_index
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    photograph(elsewhere / "good.png")
    if name != "missing.png":
        (elsewhere / name).write_bytes(b"not a picture")
    image_loader.open_paths([str(elsewhere / name)])
    qtbot.waitUntil(lambda: store.state.failure is not None)
    assert (store.state.folder, store.state.folder_index) == (folder, index)
    assert store.state.image is not None
    assert store.state.image.name == "img2.png"
    with qtbot.waitSignal(image_loader.opened):
        image_loader.open_paths([str(elsewhere / "good.png")])
    assert str(elsewhere / "good.png") in store.state.folder
    assert store.state.folder_index == store.state.folder.index(str(elsewhere / "good.png"))
