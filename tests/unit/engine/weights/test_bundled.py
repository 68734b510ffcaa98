"""The networks in weights/: found, unchanged, and of VOC's classes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.model_cache import load_model
from dcsm_viewer.engine.networks.class_head import SoftmaxClasses, SoftmaxGroups, imagenet_names, voc_groups
from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.engine.weights import library
from dcsm_viewer.engine.weights.bundled import BUNDLED_MODELS, BundledModel
from dcsm_viewer.engine.weights.packaged import PACKAGED_NETWORKS

MANIFEST = Path(__file__).parents[4] / "weights" / "manifest.json"


@pytest.fixture(params=list(BUNDLED_MODELS))
def one(request: pytest.FixtureRequest) -> BundledModel:
    return BUNDLED_MODELS[request.param]


def test_that_a_shipped_network_is_found_by_name_and_knows_vocs_classes(one: BundledModel) -> None:
    weights, entry = library.load(one.name), library.info(one.name)
    assert weights.digest == entry.sha256 == one.digest
    assert weights.architecture == entry.architecture
    assert weights.class_names == entry.class_names == voc_groups().names
    assert (str(weights.convention), weights.source, weights.licence) == (entry.convention, entry.source, entry.licence)
    assert weights.recipe is not None
    assert library.find(one.name) == one.file()


def test_that_the_default_network_scores_its_outputs_in_groups() -> None:
    assert isinstance(load_model("lite0-voc", "voc", choose("cpu", "float32")).class_head, SoftmaxGroups)


def test_that_the_shipped_network_speaks_imagenets_classes_when_asked() -> None:
    cpu = choose("cpu", "float32")
    model = load_model("lite0-voc", "imagenet", cpu)
    assert model.card.class_names == imagenet_names()
    assert isinstance(model.class_head, SoftmaxClasses)
    weights, known = library.load("lite0-voc"), library.load("efficientnet-lite0")
    assert weights.groups is not None
    members = dict(zip(weights.class_names, weights.groups, strict=True))
    for name, ids in zip(voc_groups().names, voc_groups().members, strict=True):
        assert not ids or members[name] == ids
    assert members["person"]
    half = known.tensors["_fc.weight"].half().float()
    torch.testing.assert_close(weights.tensors["_fc.weight"].reshape(half.shape), half, rtol=0, atol=0)


def test_that_the_manifest_names_a_shipped_network_as_the_code_does(one: BundledModel) -> None:
    listed = {model["name"]: model for model in json.loads(MANIFEST.read_text("utf-8"))["models"]}[one.name]
    entry, file = library.info(one.name), one.file()
    assert file is not None
    assert (listed["sha256"], listed["source"], listed["licence"]) == (entry.sha256, entry.source, entry.licence)
    assert (listed["file"], listed["bytes"]) == (file.name, file.stat().st_size)


def test_that_its_name_is_taken_and_it_cannot_be_removed(one: BundledModel, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"'{one.name}' comes with the program and cannot be removed"):
        library.remove(one.name, tmp_path)
    with pytest.raises(UserError, match=f"'{one.name}' is a network that comes with the program"):
        library.import_weights(tmp_path / "any", one.name, folder=tmp_path)


def test_that_a_changed_file_is_refused_and_a_missing_one_is_not_listed(
    one: BundledModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = one.file()
    assert file is not None
    changed = bytearray(file.read_bytes())
    changed[-2] ^= 1
    (tmp_path / one.file_name).write_bytes(changed)
    monkeypatch.setattr(BundledModel, "file", lambda asked: tmp_path / asked.file_name)
    with pytest.raises(UserError, match="is not the file this program was made with"):
        one.weights()
    monkeypatch.setattr(BundledModel, "file", lambda _: None)
    with pytest.raises(UserError, match=rf"is missing: {one.file_name} is not in weights/"):
        one.weights()
    assert [entry.name for entry in library.list_models(tmp_path)] == [*PACKAGED_NETWORKS]
