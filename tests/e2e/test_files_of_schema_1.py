"""Recipes and sessions of schema 1, written by the version before settings got their present names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.batch.replay import replay
from dcsm_viewer.core.settings import ClassChoice, CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.export import read_recipe
from dcsm_viewer.gui.files.sessions.session_file import read_session, write_session
from dcsm_viewer.io.renamed_fields import CHOICE_FIELDS, CRF_FIELDS, METHOD_FIELDS
from tests.samples import ROOT

FOLDER = ROOT / "tests" / "data" / "schema_1"  # cat.png is resources/samples/cat.jpg made smaller
RECIPE, SESSION = FOLDER / "masks" / "cat.json", FOLDER / "made.dcsm.json"

EXPORTED = Settings(
    method=MethodSettings(
        min_candidates=3,
        scales=(250,),
        canvas_px=120,
        fit="letterbox",
        channel_reduction="signed",
        negative_mode="keep",
        score_reduction="max",
        skip_undetected_scales=False,
    ),
    crf=CrfSettings(adaptive_background=0.25),
    device="cpu",
    precision="float32",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def copied(folder: Path, **changes: Any) -> Path:
    """The recipe beside another copy of its masks, so that nothing in the data folder is written to."""
    document = json.loads(RECIPE.read_text("utf-8"))
    document["image"]["path"] = str(FOLDER / "cat.png")
    path = folder / "masks" / RECIPE.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document | changes), "utf-8")
    return path


def test_that_a_recipe_of_schema_1_has_its_settings_by_their_present_names() -> None:
    recipe = read_recipe(RECIPE)
    assert recipe.schema == 2
    assert recipe.settings == EXPORTED
    assert recipe.model.name == "lite0-voc"
    assert recipe.model.layer_names == ("block4", "block7", "block10", "block14", "block15")


def test_that_a_recipe_of_schema_1_is_replayed_to_the_labels_it_was_written_for(engine: Engine, tmp_path: Path) -> None:
    replayed = replay(engine, copied(tmp_path), tmp_path / "again")
    with Image.open(tmp_path / "again" / "cat.png") as ours, Image.open(FOLDER / "masks" / "cat.png") as theirs:
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    assert not [sentence for sentence in replayed.sentences if "weights" in sentence or "pixels" in sentence]
    assert read_recipe(tmp_path / "again" / "cat.json").settings == EXPORTED


def test_that_a_replay_of_schema_1_gives_the_bytes_of_schema_2(engine: Engine, tmp_path: Path) -> None:
    first = tmp_path / "first"
    replay(engine, copied(tmp_path / "schema_1"), first)
    assert json.loads((first / "cat.json").read_text("utf-8"))["schema"] == 2
    again = replay(engine, first / "cat.json", tmp_path / "again")
    assert (again.identical, again.sentences) == ({"cat.png": True}, ())
    assert (tmp_path / "again" / "cat.png").read_bytes() == (first / "cat.png").read_bytes()


def test_that_a_recipe_whose_model_still_had_derivable_layers_opens(tmp_path: Path) -> None:
    model = json.loads(RECIPE.read_text("utf-8"))["model"]
    of_then = {name: model[name] for name in ("name", "title", "class_names", "layer_names", "weights_digest")}
    of_then |= {"input_convention": model["input_convention"], "derivable": model["gradient_layers"]}
    assert read_recipe(copied(tmp_path, model=of_then)).settings == EXPORTED


def test_that_an_unknown_setting_in_a_recipe_of_schema_1_is_refused(tmp_path: Path) -> None:
    settings = json.loads(RECIPE.read_text("utf-8"))["settings"]
    settings["method"]["detect_with"] = "any"
    with pytest.raises(UserError, match=r"holds settings\.method\.detect_with, which this version does not know"):
        read_recipe(copied(tmp_path, settings=settings))


def test_that_an_older_name_in_a_recipe_of_schema_2_is_refused(tmp_path: Path) -> None:
    settings = json.loads(RECIPE.read_text("utf-8"))["settings"]
    with pytest.raises(UserError, match=r"candidates|fit"):
        read_recipe(copied(tmp_path, schema=2, settings=settings))


def test_that_a_session_of_schema_1_opens_with_all_that_it_held(tmp_path: Path) -> None:
    session = read_session(SESSION)
    method = MethodSettings(alpha=4.5, score_reduction="max", negative_mode="clamp")
    choice = ClassChoice(always_compared=(3,), excluded=(7,))
    assert session.settings == Settings(method=method, choice=choice, crf=CrfSettings(adaptive_background=0.25))
    assert session.tabs[0].choice == choice
    assert session.history[0].settings == Settings()
    assert session.history[-1].settings.choice == replace(choice, force_detected=(2,))
    assert read_session(write_session(session, tmp_path / "s.dcsm.json")) == session


def test_that_every_older_name_is_read_from_one_of_these_files() -> None:
    stored = {path: json.loads(path.read_text("utf-8"))["settings"] for path in (RECIPE, SESSION)}
    for section, names in (("method", METHOD_FIELDS), ("crf", CRF_FIELDS), ("choice", CHOICE_FIELDS)):
        for settings in stored.values():
            assert set(names) <= set(settings[section])
            assert not set(names.values()) & set(settings[section])
