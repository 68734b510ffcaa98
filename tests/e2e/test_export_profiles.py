"""The table of profiles in docs/formats.md is what exporting the sample photographs and reading them back gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dcsm_viewer.cli import main
from dcsm_viewer.export import FORMATS
from tests.consumers import CONSUMERS
from tests.samples import ROOT, SAMPLES

# pycocotools 2.0.11 with numpy 2.4 says so of its own arrays.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All sample photographs in every format, at one scale: what is read back does not hang on it."""
    out = tmp_path_factory.mktemp("profiles") / "out"
    formats = [word for name in FORMATS for word in ("--format", name)]
    labels = out.parent / "labels.csv"
    labels.write_text("cat.jpg,cat\ndog-bicycle.jpg,dog,bicycle\neagle.jpg,bird\n")
    words = ["export", str(SAMPLES), "--out", str(out), "--labels", str(labels), "--device", "cpu"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--scales", "320", "--canvas", "320", "--crf-iterations", "2", *formats])
    assert not ended.value.code
    return out


def _row(folder: Path, name: str) -> str:
    """`| profile | reader | result |`, the result counted over the photographs."""
    consumer = CONSUMERS[name]
    read, differing, classes = 0, 0, set()
    for recipe_path in sorted(folder.glob("*.json")):
        if recipe_path.name.endswith(".coco.json") or recipe_path.name.startswith("."):
            continue
        stem = recipe_path.stem
        with np.load(folder / f"{stem}.npz", allow_pickle=False) as archive:
            labels, names = archive["labels"], archive["class_names"].tolist()
            wanted = {0, 255, *(archive["detected_ids"] + 1).tolist()}
        found = consumer.read(folder, stem, names)
        assert found.shape == labels.shape
        assert set(np.unique(found).tolist()) <= wanted, f"{name} has a class in {stem} that nobody found"
        read += 1
        differing += int((found != labels).sum())
        classes |= set(np.unique(found).tolist()) - {0, 255}
    if consumer.exact:
        result = f"{read} photographs, {len(classes)} classes, {differing} pixels differ from the labels"
    elif name == "png":
        result = f"{read} photographs, RGB, of their size"
    else:
        result = f"{read} photographs, {len(classes)} classes, as the consumer's own labels"
    return f"| `{name}` | {consumer.says} | {result} |"


@pytest.mark.parametrize("name", FORMATS)
def test_that_the_table_in_the_docs_says_what_reading_back_gives(exported: Path, name: str) -> None:
    row = _row(exported, name)
    assert row in (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").splitlines()


def test_that_every_file_of_every_photograph_was_checked_and_found_right(exported: Path) -> None:
    for stem in ("cat", "dog-bicycle", "eagle"):
        outputs = json.loads((exported / f"{stem}.json").read_bytes())["outputs"]
        assert {output["format"] for output in outputs} == set(FORMATS)
        assert len(outputs) == sum(len(each.files) for each in FORMATS.values())
        assert all(output["checks"] for output in outputs)


def test_that_a_replay_makes_the_bytes_of_every_format_again(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Beside the first one, as labelme's file holds the way to the photograph.
    with pytest.raises(SystemExit) as ended:
        main(["replay", str(exported / "cat.json"), "--out", str(exported.parent / "again")])
    captured = capsys.readouterr()
    assert not ended.value.code, captured.err
    identical = json.loads(captured.out)["identical"]
    assert len(identical) == sum(len(each.files) for each in FORMATS.values())
    assert all(identical.values())
