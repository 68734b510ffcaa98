from __future__ import annotations

import json
from pathlib import Path

from dcsm_viewer.engine.weights.packaged import LITE0
from dcsm_viewer.engine.weights.torchvision_weights import NAME

MANIFEST = Path(__file__).parents[4] / "weights" / "manifest.json"


def test_that_the_manifest_names_the_packaged_network_as_the_code_does() -> None:
    models = {model["name"]: model for model in json.loads(MANIFEST.read_text("utf-8"))["models"]}
    entry = LITE0.entry()

    listed = models[entry.name]

    assert (listed["sha256"], listed["source"], listed["licence"]) == (entry.sha256, entry.source, entry.licence)
    assert (listed["file"], listed["bytes"]) == (LITE0.file().name, LITE0.file().stat().st_size)
    assert NAME in models
