"""An export replaces files of this program and no others, whatever formats came before and whoever was killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import FORMATS, export_result, read_recipe
from dcsm_viewer.export.own_exports import check_targets, stranger_among
from dcsm_viewer.io.atomic import temporary_path
from tests.unit.export.subjects import small_result

ALL = tuple(FORMATS)
LABELME: dict[str, object] = {"version": "5.4.1", "shapes": [], "imagePath": "dog.jpg", "imageData": None}


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ALL)
def test_that_a_file_of_the_users_is_never_replaced(tmp_path: Path, name: str) -> None:
    for file in FORMATS[name].files:
        path = file.path(tmp_path, "dog")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"mine")
    before = _contents(tmp_path)
    with pytest.raises(UserError, match="was not written by this program"):
        export_result(small_result(), tmp_path, "dog", [name])
    assert _contents(tmp_path) == before


@pytest.mark.parametrize("text", [json.dumps(LABELME), "no JSON", "[]", "{}", "", "[" * 100_000])
def test_that_a_json_of_the_users_in_the_recipes_place_stays(tmp_path: Path, text: str) -> None:
    (tmp_path / "dog.json").write_text(text)
    with pytest.raises(UserError, match=r"dog\.json is there already and was not written by this program"):
        export_result(small_result(), tmp_path, "dog", ["voc"])
    assert _contents(tmp_path) == {"dog.json": text.encode()}


def test_that_a_link_that_leads_nowhere_stays_too(tmp_path: Path) -> None:
    (tmp_path / "dog.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(UserError, match="was not written by this program"):
        export_result(small_result(), tmp_path, "dog", ["voc"])
    assert (tmp_path / "dog.png").is_symlink()


def test_that_what_a_recipe_names_is_replaced_even_if_it_was_damaged(tmp_path: Path) -> None:
    export_result(small_result(), tmp_path, "dog", ALL)
    before = _contents(tmp_path)
    (tmp_path / "dog.png").write_bytes(b"damaged")
    export_result(small_result(), tmp_path, "dog", ALL)
    assert _contents(tmp_path) == before


def test_that_the_recipe_of_another_name_vouches_for_nothing(tmp_path: Path) -> None:
    export_result(small_result(), tmp_path, "cat", ["voc"])
    (tmp_path / "dog.png").write_bytes(b"mine")
    with pytest.raises(UserError, match=r"dog\.png is there already"):
        export_result(small_result(), tmp_path, "dog", ["voc"])


def test_that_formats_may_come_one_after_the_other_and_again(tmp_path: Path) -> None:
    for formats in (["voc", "npz"], ["png"], ["voc"], ["npz", "irn"]):
        export_result(small_result(), tmp_path, "dog", formats)
    recipe = read_recipe(tmp_path / "dog.json")
    assert {output.path for output in recipe.outputs} == {"dog.npz", "irn/dog.npy"}
    assert recipe.earlier_files == ("dog.overlay.png", "dog.png")


def test_that_a_file_that_was_taken_away_is_no_longer_vouched_for(tmp_path: Path) -> None:
    export_result(small_result(), tmp_path, "dog", ["voc"])
    (tmp_path / "dog.png").unlink()
    export_result(small_result(), tmp_path, "dog", ["npz"])
    (tmp_path / "dog.png").write_bytes(b"mine")
    with pytest.raises(UserError, match="was not written by this program"):
        export_result(small_result(), tmp_path, "dog", ["voc"])


def test_that_a_killed_runs_files_are_known_by_the_recipe_it_had_ready(tmp_path: Path) -> None:
    export_result(small_result(), tmp_path, "dog", ["voc", "npz"])
    recipe = tmp_path / "dog.json"
    part = temporary_path(recipe)
    recipe.rename(part.with_name(f"{part.name}.json"))
    assert stranger_among(tmp_path, "dog", [tmp_path / "dog.png", tmp_path / "dog.npz"]) is None
    export_result(small_result(), tmp_path, "dog", ["voc", "npz"])
    assert read_recipe(recipe).outputs


def _older(document: dict[str, object]) -> None:
    del document["earlier_files"]


def _newer(document: dict[str, object]) -> None:
    document["schema"] = 99
    document["a key of tomorrow"] = 1


@pytest.mark.parametrize("change", [_older, _newer])
def test_that_recipes_of_other_versions_vouch_too(tmp_path: Path, change: Callable[[dict[str, object]], None]) -> None:
    export_result(small_result(), tmp_path, "dog", ["voc"])
    document = json.loads((tmp_path / "dog.json").read_bytes())
    change(document)
    (tmp_path / "dog.json").write_text(json.dumps(document))
    export_result(small_result(), tmp_path, "dog", ["voc"])
    assert read_recipe(tmp_path / "dog.json").outputs


def test_that_a_name_too_long_for_a_format_is_told_before_any_work(tmp_path: Path) -> None:
    stem = "ä" * 125  # 250 bytes: long enough for .json to fit and .overlay.png not to
    check_targets(tmp_path / "not there yet", stem, ["voc"], None)
    with pytest.raises(UserError, match=r"overlay.png is too long for a file name; choose a shorter one"):
        check_targets(tmp_path / "not there yet", stem, ["voc", "png"], None)
