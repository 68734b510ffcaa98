"""`dcsm-viewer models` as docs/weights.md has it, through the real main."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from dcsm_viewer.cli import main
from dcsm_viewer.engine.weights.input_spec_names import INPUT_SPECS
from tests.samples import SHIPPED_MODELS
from tests.unit.engine.weights.breaking import trace_of
from tests.unit.engine.weights.test_broken_files import BROKEN
from tests.unit.engine.weights.vgg import as_torchvision, random_vgg


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DCSM_VIEWER_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the JSON lines of stdout, and stderr."""
    with pytest.raises(SystemExit) as ended:
        main(["models", *(str(word) for word in words)])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.save(as_torchvision(random_vgg()), tmp_path / "net.pth")
    return tmp_path / "net.pth"


@pytest.mark.parametrize("convention", INPUT_SPECS)
def test_that_a_model_is_imported_described_listed_and_removed(
    convention: str, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classes = tmp_path / "classes.json"
    classes.write_text('["ant", "bee", "cat"]')
    words = ("--name", "mine", "--title", "My own", "--classes", classes, "--convention", convention)
    code, lines, _ = run(capsys, "import", weights, *words)
    assert (code, lines[0]["name"], lines[0]["classes"]) == (0, "mine", 3)

    _, lines, _ = run(capsys, "info", "mine")
    assert (lines[0]["title"], lines[0]["class_names"]) == ("My own", ["ant", "bee", "cat"])
    assert lines[0]["convention"] == str(INPUT_SPECS[convention])

    _, lines, _ = run(capsys, "list")
    assert [line["name"] for line in lines] == [*SHIPPED_MODELS, "mine"]

    code, lines, _ = run(capsys, "remove", "mine")
    assert (code, lines) == (0, [{"removed": "mine"}])
    _, lines, _ = run(capsys, "list")
    assert [line["name"] for line in lines] == SHIPPED_MODELS


def test_that_a_taken_name_is_kept_unless_it_shall_be_replaced(
    weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "import", weights, "--name", "mine")
    code, lines, words = run(capsys, "import", weights, "--name", "mine")
    assert (code, lines) == (1, [])
    assert "There is a model named 'mine' already" in words
    code, _, _ = run(capsys, "import", weights, "--name", "mine", "--replace")
    assert code == 0


def test_that_a_fetch_that_cannot_be_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    code, lines, words = run(capsys, "fetch")
    assert (code, lines) == (1, [])
    assert "torchvision cannot be imported here" in words
    code, _, words = run(capsys, "fetch", "resnet")
    assert code == 2
    assert "Only 'vgg16' can be fetched" in words


def test_that_every_broken_file_ends_in_one_sentence_and_no_code_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = 0
    for index, (what, (name, write, words)) in enumerate(BROKEN.items()):
        path = tmp_path / str(index) / name
        path.parent.mkdir()
        write(path)
        code, lines, output = run(capsys, "info", path)
        assert (code, lines) == (1, []), what
        assert words in output, what
        assert len(output.splitlines()) == 1, what
        assert "Traceback" not in output, what
        assert not trace_of(path).exists(), what
        refused += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{refused} broken weight files, {refused} sentences, no traceback, no code run\n")
    assert refused >= 30


def test_that_two_models_are_blended_into_a_file_that_can_be_imported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "mixed.safetensors"
    code, lines, _ = run(capsys, "blend", "lite0-voc", "efficientnet-lite0", "--share", "0.9", "--half", "--out", out)
    assert code == 0
    assert lines[0]["share"] == 0.9
    code, lines, _ = run(capsys, "info", out)
    assert code == 0
    assert lines[0]["recipe"]["blended"]["share"] == 0.9
    assert lines[0]["classes"][14] == "person"
    code, _, words = run(capsys, "blend", "lite0-voc", "efficientnet-lite0", "--share", "2", "--out", out)
    assert (code, words.strip()) == (1, "The share is 2; it must lie between 0 and 1.")
