"""The name of the window's exports stays clear of other images' exports and of the user's own files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dcsm_viewer.export import export_result
from dcsm_viewer.gui.files.export_stem import free_stem
from tests.results import make_image
from tests.unit.export.subjects import of_image, small_result

FORMATS = ("voc", "npz")


@pytest.mark.parametrize("name", ["photo.png", "photo.npz", "photo.json"])
def test_that_a_file_of_the_users_makes_the_name_longer(tmp_path: Path, name: str) -> None:
    image = replace(make_image(8, 8), name="photo.jpg")
    (tmp_path / name).write_text("{}")
    assert free_stem(tmp_path, image, FORMATS) == f"photo-{image.digest[:8]}"


def test_that_other_formats_of_the_same_image_and_files_of_other_formats_do_not(tmp_path: Path) -> None:
    result = small_result()
    image = replace(result.request.image, name="photo.jpg")
    (tmp_path / "photo.overlay.png").write_text("mine")
    export_result(of_image(result, image), tmp_path, "photo", ["irn", "voc"])
    assert free_stem(tmp_path, image, FORMATS) == "photo"


@pytest.mark.parametrize(("name", "stem"), [("triage.jpg", "triage_jpg"), ("ä" * 126 + ".jpg", "ä" * 126)])
def test_that_names_of_the_programs_own_and_long_ones_are_no_trouble(tmp_path: Path, name: str, stem: str) -> None:
    assert free_stem(tmp_path, replace(make_image(8, 8), name=name), FORMATS) == stem
