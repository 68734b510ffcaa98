"""A link that leads nowhere, to itself or to its own folder takes no image from the list."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dcsm_viewer.batch.inputs import inputs_of
from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.files.image_loader import collect_images
from dcsm_viewer.io.images import list_images, list_images_recursive
from tests.samples import SAMPLE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(SAMPLE.read_bytes())
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "broken.jpg").symlink_to("/nonexistent.jpg")
    (folder / "self").symlink_to(".")
    (folder / "round").symlink_to("round")
    return folder


def test_that_the_listing_goes_on(folder: Path) -> None:
    wanted = (str(folder / "a.jpg"),)
    assert list_images(folder) == wanted
    assert tuple(list_images_recursive(folder, folder / "round")) == wanted
    assert inputs_of([str(folder)], out=folder / "round", recursive=True).paths == wanted
    assert collect_images([str(folder / "a.jpg")]).folder == wanted


def test_that_a_name_that_is_not_utf_8_is_listed(folder: Path) -> None:
    odd = os.fsencode(folder / "b") + b"\x85.jpg"
    Path(os.fsdecode(odd)).write_bytes(b"")
    assert len(list_images(folder)) == 2


def test_that_the_folder_itself_is_found_through_a_link(folder: Path) -> None:
    with pytest.raises(UserError, match="holds the images"):
        inputs_of([str(folder)], out=folder / "self")
