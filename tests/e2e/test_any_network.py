"""A network of one's own from its file to a mask and back: import, layers, export, replay, another head."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dcsm_viewer.cli import main
from dcsm_viewer.engine.weights.architectures.module_building import torchvision_module
from tests.samples import SAMPLES, SHIPPED_MODELS

CAT = SAMPLES / "cat.jpg"
QUICK = ("--scales", "160", "--no-crf", "--device", "cpu", "--threshold", "0.2")


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the JSON lines of stdout, and stderr."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ResNet-18 of three classes as a training script leaves it, and an empty model folder."""
    monkeypatch.setenv("DCSM_VIEWER_MODELS", str(tmp_path / "models"))
    torch.manual_seed(0)
    module = torchvision_module("resnet18", 3)
    kept = {"state_dict": {f"model.{key}": tensor for key, tensor in module.state_dict().items()}, "epoch": 3}
    torch.save(kept, tmp_path / "best.pth")
    (tmp_path / "names.txt").write_text("cat\ndog\nbicycle\n", "utf-8")
    return tmp_path / "best.pth"


def test_that_a_network_is_imported_exported_and_replayed_to_the_same_bytes(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, words = run(
        capsys, "models", "import", checkpoint, "--name", "mine", "--classes", tmp_path / "names.txt"
    )
    assert code == 0
    assert lines[0]["architecture"] == "torchvision/resnet18"
    assert lines[0]["head"] == "softmax"
    assert lines[0]["layer_names"] == ["layer2", "layer3", "layer4"]
    assert "This is torchvision's resnet18 with 3 outputs." in words
    assert "for a multi-label one say --head sigmoid" in words
    out = tmp_path / "out"
    code, lines, _ = run(capsys, "export", CAT, "--model", "mine", "--layers", "layer[34]", "--out", out, *QUICK)
    assert code == 0
    recipe = json.loads((out / "cat.json").read_text("utf-8"))
    assert recipe["layers"] == ["layer3", "layer4"]
    assert recipe["model"]["architecture"] == "torchvision/resnet18"
    assert recipe["model"]["head"] == "softmax"
    with np.load(out / "cat.npz", allow_pickle=False) as numbers:
        assert set(numbers["class_names"]) == {"cat", "dog", "bicycle"}
        np.testing.assert_allclose(numbers["scores"].sum(), 1, atol=0.7)  # each class at its own best position
    code, lines, words = run(capsys, "replay", out / "cat.json", "--out", tmp_path / "again")
    assert (code, lines[0]["sentences"]) == (0, [])
    assert "every byte as recorded" in words


def test_that_a_file_is_a_model_without_being_imported(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = run(capsys, "export", CAT, "--model", checkpoint, "--out", tmp_path / "out", *QUICK)
    assert code == 0
    assert lines[0]["detected"]


def test_that_all_layers_are_listed_with_the_default_ones_marked(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = run(capsys, "models", "layers", checkpoint)
    assert code == 0
    by_name = {line["name"]: line for line in lines}
    assert by_name["layer2"] == {
        "name": "layer2", "kind": "Sequential", "channels": 128, "stride": 8, "size": [28, 40], "default": True,
    }  # fmt: skip
    assert not by_name["layer2.0.conv1"]["default"]


def test_that_head_and_preprocessing_are_chosen_at_import(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ("--head", "sigmoid", "--mean", "0.5,0.4,0.3", "--std", "0.2,0.2,0.1", "--order", "bgr")
    code, lines, words = run(capsys, "models", "import", checkpoint, "--name", "mine", *chosen)
    assert (code, lines[0]["head"]) == (0, "sigmoid")
    assert lines[0]["convention"] == "BGR 0..255, minus (76.5, 102, 127.5), divided by (25.5, 51, 51)"
    assert "assumed" not in words


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--mean", "0.5,0.5,0.5"), "--mean and --std go together"),
        (("--mean", "0.5", "--std", "1,1,1"), "--mean 0.5 is not three numbers"),
        (("--mean", "0,0,0", "--std", "0,1,1"), "divides by zero or less"),
        (("--layers", "stage4"), "has no layer stage4"),
        (("--architecture", "torchvision/resnet34"), "is nearest to torchvision's resnet34"),
        (("--architecture", "keras/resnet"), "There is no architecture 'keras/resnet'"),
    ],
)
def test_that_what_cannot_be_used_gets_one_sentence(
    option: tuple[str, ...], sentence: str, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, words = run(capsys, "models", "import", checkpoint, "--name", "mine", *option)
    assert (code, lines) == (1, [])
    assert sentence in words
    assert len(words.strip().splitlines()) == 1
    assert [line["name"] for line in run(capsys, "models", "list")[1]] == SHIPPED_MODELS


def test_that_guided_is_refused_by_name_where_it_is_not_defined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DCSM_VIEWER_MODELS", str(tmp_path / "models"))
    torch.manual_seed(0)
    module: nn.Module = torchvision_module("mobilenet_v3_small", 3)
    torch.save(module.state_dict(), tmp_path / "m.pth")
    code, lines, _ = run(capsys, "export", CAT, "--model", tmp_path / "m.pth", "--out", tmp_path / "out", *QUICK)
    assert code == 1
    assert "19 of 33 activations are hard swish" in lines[0]["error"]
    code, lines, _ = run(
        capsys, "export", CAT, "--model", tmp_path / "m.pth", "--method", "gradient", "--out", tmp_path / "out", *QUICK
    )
    assert code == 0
