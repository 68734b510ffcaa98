"""Folders on the command line: which images, by whose labels, in whose share, and what is said at the end."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.cli import main
from dcsm_viewer.cli.export_command import Formats
from dcsm_viewer.export import FORMATS
from tests.samples import SAMPLES

QUICK = ("--scales", "64,96", "--canvas", "100", "--no-crf", "--device", "cpu", "--format", "voc")


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the JSON lines of stdout, and stderr."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two cats of one name in two folders, a dog, and a picture that is none."""
    root = tmp_path / "photographs"
    for name, sample, width in (("a/cat.png", "cat", 90), ("b/cat.png", "cat", 100), ("dog.jpg", "dog-bicycle", 96)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        with Image.open(SAMPLES / f"{sample}.jpg") as photograph:
            photograph.convert("RGB").resize((width, 80)).save(root / name)
    (root / "b" / "broken.png").write_bytes(b"no picture")
    return root


def _files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_that_a_tree_of_folders_is_exported_and_what_failed_is_told_at_the_end(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, words = run(capsys, "export", folder, "--recursive", "--out", folder / "out", *QUICK)
    assert code == 1
    images = [Path(line["image"]).relative_to(folder).as_posix() for line in lines]
    assert images == ["dog.jpg", "a/cat.png", "b/broken.png", "b/cat.png"]
    assert {"a_cat.png", "b_cat.png", "dog.png"} <= _files(folder / "out").keys()
    last = words.splitlines()
    assert last[-3:-1] == [
        "voc: the files of 3 images were read back by their consumers' rules, and all held.",
        "1 of 4 images failed:",
    ]
    assert last[-1].startswith(f"  {folder / 'b' / 'broken.png'}: ")
    assert "left" in words
    assert "saliency" not in words
    again, lines, _ = run(capsys, "export", folder, "--recursive", "--out", folder / "out", *QUICK, "--resume")
    assert (again, [line["resumed"] for line in lines]) == (1, [True, True, False, True])


def test_that_shares_and_then_all_of_them_make_the_files_of_one_run(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "b" / "broken.png").unlink()
    order = ("export", folder, "--recursive", *QUICK, "--format", "coco")
    run(capsys, *order, "--out", tmp_path / "one")
    made = [run(capsys, *order, "--out", tmp_path / "two", "--shard", f"{number}/2")[1] for number in (1, 2)]
    assert sum(len(lines) for lines in made) == 3
    assert not (tmp_path / "two" / "coco").exists(), "a share is not the whole folder"
    code, lines, words = run(capsys, *order, "--out", tmp_path / "two", "--resume")
    assert (code, [line["resumed"] for line in lines]) == (0, [True] * 3)
    assert "annotations.json holds all images: It names the 3 images, each once." in words
    assert _files(tmp_path / "two") == _files(tmp_path / "one")


def test_that_a_table_of_labels_decides_what_is_sought(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.csv").write_text("image,labels\ncat.png,cat,sofa\ndog.jpg,dog,bicycle\n")
    words = ("--labels", tmp_path / "labels.csv", "--recursive", "--out", tmp_path / "out")
    code, lines, output = run(capsys, "export", folder, *words, *QUICK)
    assert code == 1
    found = {Path(line["image"]).name: sorted(name for name, _ in line["detected"]) for line in lines}
    assert found == {"dog.jpg": ["bicycle", "dog"], "cat.png": ["cat", "sofa"], "broken.png": []}
    assert "broken.png has no labels" in output
    with Image.open(tmp_path / "out" / "a_cat.png") as mask:
        assert set(np.unique(np.asarray(mask))) <= {0, 8, 18}


def test_that_voc_annotations_are_labels_too(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    annotations = tmp_path / "Annotations"
    annotations.mkdir()
    content = "<annotation><object><name>dog</name></object><object><name>dog</name></object></annotation>"
    (annotations / "dog.xml").write_text(content)
    _, lines, _ = run(capsys, "export", folder, "--labels", annotations, "--out", tmp_path / "out", *QUICK)
    assert [[name for name, _ in line["detected"]] for line in lines] == [["dog"]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--shard", "3/2"), "--shard '3/2' is no share"),
        (("--workers", "2", "--scheduler", "tcp://a:1"), "choose one."),
        (("--classes", "cat", "--labels", "x.csv"), "--classes says the same for all images"),
        (("--labels", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_that_what_contradicts_itself_is_bad_usage(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    code, lines, output = run(capsys, "export", folder, "--out", tmp_path / "out", *QUICK, *words)
    assert (code, lines) == (2, [])
    assert sentence in output


def test_that_the_images_folder_is_no_place_for_masks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, output = run(capsys, "export", folder, "--out", folder, *QUICK)
    assert code == 2
    assert "holds the images; choose another --out" in output


def test_that_one_image_is_told_all_that_reading_back_found(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, lines, output = run(capsys, "export", folder / "dog.jpg", "--out", tmp_path / "out", *QUICK)
    assert "voc read back: It is a palette PNG. Its colours are VOC's 256." in output
    assert lines[0]["checks"]["voc"][0] == "It is a palette PNG."
    assert "saliency" in output


def test_that_help_names_every_format() -> None:
    (option,) = Formats.__metadata__  # type: ignore[attr-defined] # Annotated has it
    assert set(option.help.split(";")[0].replace(" or ", ", ").replace(" ", "").split(",")) == set(FORMATS)
