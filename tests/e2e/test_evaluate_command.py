"""`evaluate` as somebody with a data set uses it."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.cli import main
from dcsm_viewer.evaluation.run_evaluation import ImageDone
from dcsm_viewer.io.datasets import VOC_CLASSES
from tests.unit.evaluation.scenes import SCENES, make_scenes

SMALL = ("--scales", "160,192", "--crf-iterations", "2", "--device", "cpu")


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the JSON lines of stdout, and stderr."""
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", *(str(word) for word in words)])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scenes(tmp_path_factory.mktemp("scenes") / "VOC")


def report_of(out: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((out / "evaluation.json").read_text("utf-8"))
    return report


def test_that_a_sweep_leaves_a_line_an_image_and_a_whole_report(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, words = run(
        capsys, scenes, "--out", tmp_path / "out", "--labels-given", "--sweep", "n=0:4,crf", *SMALL
    )
    assert code == 0
    assert [line["image"] for line in lines[:-1]] == list(SCENES)
    assert [line["labels"] for line in lines[:-1]] == [list(names) for names in SCENES.values()]
    rows = ["N 0, CRF off", "N 0, CRF on", "N 4, CRF off", "N 4, CRF on"]
    assert all(list(line["rows"]) == rows for line in lines[:-1])
    assert "3/3 eagle: mean IoU up to" in words
    assert {Path(path).name for path in lines[-1]["report"]} == {
        "evaluation.json", "evaluation.csv", "thresholds.csv", "evaluation.md", "n.png", "crf.png", "thresholds.png",
        "classes.png",
    }  # fmt: skip
    report = report_of(tmp_path / "out")
    assert [row["row"] for row in report["rows"]] == rows
    # Other scales than the poster's: its figures stand apart, beside none of these rows.
    assert [row["published_counterpart"] for row in report["rows"]] == [None] * 4
    assert report["published"]["by_n_with_crf_percent"]["4"] == 44.2
    assert "not measured here" in (tmp_path / "out" / "evaluation.md").read_text("utf-8")
    with (tmp_path / "out" / "evaluation.csv").open(encoding="utf-8") as stream:
        in_csv = [float(line["mean_iou"]) for line in csv.DictReader(stream)]
    assert in_csv == pytest.approx([row["mean_iou"] for row in report["rows"]], rel=1e-4)
    for line in lines[-1]["report"]:
        if line.endswith(".png"):
            with Image.open(line) as plot:
                assert plot.mode == "RGB"
                assert len(plot.getcolors(1 << 20) or ()) > 100


def test_that_the_figures_are_those_of_the_exported_masks(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["export", str(scenes / "JPEGImages"), "--out", str(tmp_path / "masks"), "--format", "voc", *SMALL])
    out = tmp_path / "out"
    code, _, _ = run(capsys, scenes, "--out", out, "--predictions", tmp_path / "masks", "--ours", *SMALL)
    assert code == 0
    ours, theirs = report_of(out)["rows"]
    assert theirs["row"] == "masks"
    for figure in ("mean_iou", "mean_iou_void_counted_wrong", "pixel_accuracy", "iou"):
        assert theirs[figure] == ours[figure]
    assert theirs["classification_map"] is None


def test_that_the_true_masks_themselves_score_full_marks(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank = tmp_path / "blank"
    blank.mkdir()
    for stem in SCENES:
        with Image.open(scenes / "SegmentationClass" / f"{stem}.png") as mask:
            Image.fromarray(np.zeros_like(np.asarray(mask))).save(blank / f"{stem}.png")
    code, lines, _ = run(
        capsys, scenes, "--out", tmp_path / "out",
        "--predictions", scenes / "SegmentationClass", "--predictions", blank,
    )  # fmt: skip
    assert code == 0
    perfect, nothing = lines[-1]["rows"]
    assert (perfect["row"], perfect["mean_iou"], perfect["pixel_accuracy"]) == ("SegmentationClass", 1, 1)
    assert nothing["mean_iou"] < 0.25
    notes = " ".join(report_of(tmp_path / "out")["notes"])
    absent = [name for name in VOC_CLASSES if name not in {name for names in SCENES.values() for name in names}]
    assert f"left out of the mean: {', '.join(absent)}." in notes


def test_that_resuming_makes_only_what_is_missing_and_the_same_report(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = (scenes, "--out", tmp_path / "out", "--sweep", "crf", "--no-gate-by-scale", *SMALL)
    run(capsys, *order)
    whole = report_of(tmp_path / "out")
    records = tmp_path / "out" / "records.jsonl"
    # Stopped in the middle of the second image's last line.
    kept = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(kept[:3]) + kept[3][:40])
    _, lines, words = run(capsys, *order, "--resume")
    assert [line["resumed"] for line in lines[:-1]] == [2, 1, 0]
    assert "1/3 cat: known already" in words
    again = report_of(tmp_path / "out")
    for one, other in zip(whole["rows"], again["rows"], strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
    _, lines, _ = run(capsys, *order, "--resume", "--alpha", "2")
    assert [line["resumed"] for line in lines[:-1]] == [0, 0, 0]


def test_that_one_bad_image_stops_nobody_and_is_left_out(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "VOC"
    shutil.copytree(scenes, damaged)
    (damaged / "JPEGImages" / "cat.jpg").write_bytes(b"no picture")
    code, lines, words = run(capsys, damaged, "--out", tmp_path / "out", "--no-crf", *SMALL)
    assert code == 1
    assert [line["error"] is None for line in lines[:-1]] == [False, True, True]
    assert "1 of 3 images could not be measured" in words
    assert report_of(tmp_path / "out")["rows"][0]["images"] == 2


def _grown(path: Path) -> None:
    with Image.open(path) as mask:
        Image.fromarray(np.asarray(mask).repeat(2, 0)).save(path)


@pytest.mark.parametrize("ours", [True, False])
def test_that_a_true_mask_of_another_size_is_its_images_error(
    ours: bool, scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "VOC"
    shutil.copytree(scenes, damaged)
    _grown(damaged / "SegmentationClass" / "cat.png")
    words = ("--no-crf", *SMALL) if ours else ("--predictions", scenes / "SegmentationClass")
    code, lines, _ = run(capsys, damaged, "--out", tmp_path / "out", *words)
    assert code == 1
    assert [line["error"] is None for line in lines[:-1]] == [False, True, True]
    assert "px and the image" in lines[0]["error"] if ours else "and the true mask" in lines[0]["error"]
    assert report_of(tmp_path / "out")["rows"][0]["images"] == 2


def test_that_whatever_is_wrong_with_one_image_is_its_own_error(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "VOC"
    shutil.copytree(scenes, damaged)
    (damaged / "Annotations" / "cat.xml").write_text("<annotations/>")
    with (damaged / "ImageSets" / "Segmentation" / "val.txt").open("a") as stream:
        stream.write("gone\n")
    code, lines, _ = run(capsys, damaged, "--out", tmp_path / "out", "--predictions", scenes / "SegmentationClass")
    assert code == 1
    assert [line["image"] for line in lines[:-1]] == [*SCENES, "gone"]
    errors = [line["error"] for line in lines[:-1]]
    assert "cat.xml, line 1, begins with <annotations>" in errors[0]
    assert errors[1:3] == [None, None]
    assert "val.txt, line 4: there is no image 'gone'" in errors[3]


def test_that_other_peoples_masks_need_neither_annotations_nor_images(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "VOC"
    for folder in ("SegmentationClass", "ImageSets"):
        shutil.copytree(scenes / folder, bare / folder)
    code, lines, _ = run(capsys, bare, "--out", tmp_path / "out", "--predictions", scenes / "SegmentationClass")
    assert code == 0
    assert [line["labels"] for line in lines[:-1]] == [list(names) for names in SCENES.values()]
    assert lines[-1]["rows"][0]["mean_iou"] == 1


def test_that_a_set_with_masks_alone_has_their_labels(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "VOC"
    for folder in ("SegmentationClass", "ImageSets", "JPEGImages"):
        shutil.copytree(scenes / folder, bare / folder)
    code, lines, _ = run(capsys, bare, "--out", tmp_path / "out", "--first", "1", "--labels-given", "--no-crf", *SMALL)
    assert (code, lines[0]["labels"]) == (0, ["cat"])


def test_that_the_list_our_own_export_writes_is_read(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    voc = tmp_path / "VOC"
    (voc / "JPEGImages").mkdir(parents=True)
    for name in ("my photo 1", "a.b", "bär"):
        shutil.copy(scenes / "JPEGImages" / "cat.jpg", voc / "JPEGImages" / f"{name}.jpg")
    with pytest.raises(SystemExit):
        main(["export", str(voc / "JPEGImages"), "--out", str(voc), "--format", "voc-layout", "--no-crf", *SMALL])
    capsys.readouterr()
    code, lines, _ = run(
        capsys, voc, "--set", "default", "--out", tmp_path / "out", "--predictions", voc / "SegmentationClass"
    )
    assert code == 0
    assert [line["image"] for line in lines[:-1]] == ["a.b", "bär", "my photo 1"]


def test_that_whoever_stops_it_is_told_how_to_go_on(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dcsm_viewer.evaluation.evaluation_job import Evaluation

    images = Evaluation.images

    def stopped_after_one(evaluation: Evaluation) -> Iterator[ImageDone]:
        yield next(images(evaluation))
        raise KeyboardInterrupt

    monkeypatch.setattr(Evaluation, "images", stopped_after_one)
    code, lines, words = run(capsys, scenes, "--out", tmp_path, "--predictions", scenes / "SegmentationClass")
    assert (code, [line["image"] for line in lines]) == (130, ["cat"])
    assert "--resume goes on from there" in words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--set", "test"), "There is no image set"),
        (("--sweep", "colour"), "There is nothing called 'colour' to sweep"),
        (("--no-ours",), "There is nothing to measure: leave --no-ours out, or give --predictions."),
        (("--predictions", "."), "has no cat.png"),
        (("--alpha", "99"), "Alpha (method.alpha) is 99"),
        (("--model", "nothing"), "There is no model 'nothing'"),
    ],
)
def test_that_bad_usage_is_one_sentence_and_exit_code_2(
    words: tuple[str, ...], sentence: str, scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, output = run(capsys, scenes, "--out", tmp_path / "out", *words)
    assert (code, lines) == (2, [])
    assert sentence in output


@pytest.mark.parametrize("name", ["evaluation.md", "records.jsonl", "classes.png"])
def test_that_a_file_of_the_users_in_the_reports_folder_stays_and_nothing_is_measured(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_text("mine")
    code, lines, words = run(capsys, scenes, "--out", tmp_path, *SMALL)
    assert (code, lines) == (2, [])
    assert f"{name} is there already and is not known as a file of this program" in words
    assert (tmp_path / name).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [name]
