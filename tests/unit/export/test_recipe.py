"""A recipe gives back what it was made from, and nothing but recipes is taken for one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from dcsm_viewer.core.settings import ClassChoice, CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.recipe import (
    SCHEMA,
    Recipe,
    RecipeOutput,
    read_recipe,
    recipe_of,
    write_recipe,
)
from dcsm_viewer.io.images import read_image
from tests.unit.export.subjects import of_image, small_result, thousand_class_result

UNUSUAL = Settings(
    vocabulary="imagenet",
    method=MethodSettings(preset="caffe", threshold=0.1 + 0.2, scales=(401, 777), layers=("blocks.2",), alpha=1 / 3),
    choice=ClassChoice(
        always_compared=(1, 5), excluded=(7,), force_detected=(2,), image_labels=(3, 4), top1_if_none=True
    ),
    crf=CrfSettings(enabled=False, backend="pydensecrf", unary_floor=1e-20),
    device="cuda",
    precision="bfloat16",
)


def _written(folder: Path, settings: Settings = UNUSUAL) -> Path:
    result = small_result()
    result = replace(result, request=replace(result.request, settings=settings))
    outputs = [RecipeOutput("a.png", "voc", "ab" * 32)]
    write_recipe(recipe_of(result, folder, outputs, stages=True), folder / "a.json")
    return folder / "a.json"


def _edited(path: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_that_a_recipe_from_before_classes_could_be_found_by_the_mean_means_any_scale(tmp_path: Path) -> None:
    def older(recipe: dict[str, Any]) -> None:
        recipe["schema"] = 1
        del recipe["settings"]["method"]["score_reduction"]

    path = _edited(_written(tmp_path), older)
    assert UNUSUAL.method.score_reduction == "mean"
    assert read_recipe(path).settings.method == replace(UNUSUAL.method, score_reduction="max")


def test_that_a_recipe_reads_back_equal(tmp_path: Path) -> None:
    result = small_result()
    recipe = recipe_of(result, tmp_path, [RecipeOutput("ä.png", "voc", "00")], stages=False)
    write_recipe(recipe, tmp_path / "ä.json")
    assert read_recipe(tmp_path / "ä.json") == recipe


def test_that_unusual_settings_read_back_equal(tmp_path: Path) -> None:
    assert read_recipe(_written(tmp_path)).settings == UNUSUAL


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_that_floats_read_back_to_the_same_bits(threshold: float, width: float) -> None:
    settings = Settings(method=MethodSettings(threshold=threshold), crf=CrfSettings(gaussian_sxy=width))
    result = small_result()
    recipe = recipe_of(replace(result, request=replace(result.request, settings=settings)), Path(), [], stages=False)
    text = json.dumps(TypeAdapter(Recipe).dump_python(recipe, mode="json"))
    back = TypeAdapter(Recipe).validate_json(text, strict=True).settings
    assert (back.method.threshold.hex(), back.crf.gaussian_sxy.hex()) == (threshold.hex(), width.hex())


def test_that_image_model_and_what_was_really_used_are_named(tmp_path: Path) -> None:
    result = replace(small_result(), device="cuda:0 (a GPU)", precision="bfloat16", notes=("Fell back.",))
    recipe = recipe_of(result, tmp_path, [], stages=True)
    image = result.request.image
    assert (recipe.schema, recipe.stages, recipe.device, recipe.precision) == (2, True, "cuda:0 (a GPU)", "bfloat16")
    assert (recipe.image.name, recipe.image.pixels_sha256) == (image.name, image.digest)
    assert (recipe.image.height, recipe.image.width) == (24, 37)
    assert all(getattr(result.model, name) == value for name, value in asdict(recipe.model).items())
    assert recipe.index_meanings == {2: "bicycle", 12: "dog"}
    assert recipe.notes == ("Fell back.",)
    assert {"python", "numpy", "torch", "pillow"} <= recipe.versions.keys()


def test_that_the_files_digest_and_the_way_to_it_are_kept(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "photos").mkdir()
    (tmp_path / "masks").mkdir()
    path = tmp_path / "photos" / "a.png"
    Image.fromarray(small_result().request.image.rgb).save(path)
    recipe = recipe_of(of_image(small_result(), read_image(path)), tmp_path / "masks", [], stages=False)
    assert recipe.image.path == "../photos/a.png"
    assert recipe.image.file_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_that_an_image_that_went_away_keeps_its_pixels_digest(tmp_path: Path) -> None:
    result = small_result()
    gone = replace(result.request.image, path=str(tmp_path / "gone.png"))
    recipe = recipe_of(of_image(result, gone), tmp_path, [], stages=False)
    assert recipe.image.file_sha256 is None
    assert recipe.image.pixels_sha256 == gone.digest


def test_that_the_numbering_of_large_vocabularies_is_said(tmp_path: Path) -> None:
    recipe = recipe_of(thousand_class_result(), tmp_path, [], stages=False)
    assert recipe.index_meanings == {1: "class 5", 2: "class 900"}
    assert "in the order of detected_ids" in recipe.notes[-1]


def test_that_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    first = _written(tmp_path).read_bytes()
    assert _written(tmp_path).read_bytes() == first


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a recipe: it holds no JSON"),
        (b"\xff\xfe\x00", "is not a recipe: it holds no JSON"),
        (b"{", "is not a recipe: it holds no JSON"),
        (b"[" * 100_000, "is not a recipe: it holds no JSON"),
        (b"[1, 2]", "is not a recipe of this program"),
        (b"{}", "is not a recipe of this program"),
        (b'{"schema": 3}', "is a recipe of schema 3 and this version reads 2"),
        (b'{"schema": "1"}', "is a recipe of schema '1'"),
        (b'{"schema": true}', "is a recipe of schema True"),
        (b'{"schema": 1}', "is damaged at image (Field required)"),
    ],
)
def test_that_what_is_no_recipe_is_refused_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UserError) as refused:
        read_recipe(tmp_path / "a.json")
    assert str(refused.value).startswith(f"{tmp_path / 'a.json'} ")
    assert words in str(refused.value)


def test_that_a_missing_recipe_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there; choose another recipe"):
        read_recipe(tmp_path / "gone.json")
    with pytest.raises(UserError, match=r"cannot be read \(it is a folder\)"):
        read_recipe(tmp_path)


def test_that_a_number_that_became_a_text_is_found_where_it_stands(tmp_path: Path) -> None:
    path = _edited(_written(tmp_path), lambda document: document["settings"]["method"].update(alpha="3"))
    with pytest.raises(UserError, match=r"is damaged at settings\.method\.alpha \(Input should be a valid number\)"):
        read_recipe(path)


def test_that_a_setting_from_the_future_is_not_silently_left_out(tmp_path: Path) -> None:
    path = _edited(_written(tmp_path), lambda document: document["settings"]["crf"].update(kernel="wide"))
    with pytest.raises(UserError, match=r"holds settings\.crf\.kernel, which this version does not know"):
        read_recipe(path)


def test_that_an_unknown_key_in_a_list_is_found_too(tmp_path: Path) -> None:
    path = _edited(_written(tmp_path), lambda document: document["outputs"][0].update(size=3))
    with pytest.raises(UserError, match=r"holds outputs\.0\.size, which"):
        read_recipe(path)


def test_that_the_schema_is_written_first(tmp_path: Path) -> None:
    assert next(iter(json.loads(_written(tmp_path).read_text(encoding="utf-8")).items())) == ("schema", SCHEMA)
