"""Recipes that a replay cannot follow are refused in a sentence, before any work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from dcsm_viewer.batch.replay import replay
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.export.recipe import read_recipe, recipe_of, write_recipe
from tests.unit.export.subjects import small_result

NO_ENGINE = cast("Engine", None)  # nothing is computed


def _recipe(folder: Path, **changed: Any) -> Path:
    Image.new("RGB", (37, 24)).save(folder / "a.png")
    write_recipe(recipe_of(small_result(), folder, [], stages=False), folder / "a.json")
    document = json.loads((folder / "a.json").read_text("utf-8")) | changed
    (folder / "a.json").write_text(json.dumps(document), "utf-8")
    return folder / "a.json"


@pytest.mark.parametrize("changed", [{"device": "quantum (Acme)"}, {"precision": "float7"}])
def test_that_a_device_or_precision_nobody_has_is_one_sentence(tmp_path: Path, changed: dict[str, str]) -> None:
    recipe = _recipe(tmp_path, **changed)
    with pytest.raises(UserError, match=r"a\.json was made on the device '.*which this version does not know"):
        replay(NO_ENGINE, recipe, tmp_path / "out", tmp_path / "a.png")


def test_that_a_recipe_nested_without_end_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = _recipe(tmp_path)
    document = json.loads(recipe.read_text("utf-8"))
    for _ in range(5000):
        document["notes"] = [document["notes"]]
    # From Python 3.12 on its JSON reader goes deeper than its functions may.
    monkeypatch.setattr("dcsm_viewer.io.versioned_json.plain_json", lambda _stored: document)
    with pytest.raises(UserError, match=r"a\.json is damaged: it is nested too deeply; export the image once more"):
        read_recipe(recipe)
