"""The command line as scripts use it: JSON lines, exit codes, files that can be made again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.cli import main
from dcsm_viewer.engine.networks.class_head import imagenet_names
from tests.samples import ROOT, SAMPLE, SAMPLES

SMALL = ("--scales", "160,192", "--crf-iterations", "2", "--device", "cpu")


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the JSON lines of stdout, and stderr."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_that_an_export_holds_what_its_contract_promises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = run(capsys, "export", SAMPLE, "--out", tmp_path, *SMALL, "--stages")
    assert code == 0
    assert {Path(name).suffix for name in lines[0]["files"]} == {".png", ".npz", ".json"}
    with np.load(tmp_path / f"{SAMPLE.stem}.npz", allow_pickle=False) as kept:
        detected, candidates = kept["detected_ids"], kept["candidate_ids"]
        height, width = kept["labels"].shape
        assert kept["labels"].dtype == np.uint8
        assert kept["class_names"].shape == (20,)
        assert kept["scores"].shape == (2, len(candidates))
        assert kept["class_maps"].shape == (len(detected), height, width)
        assert kept["class_maps"].dtype == np.float32
        assert kept["unary"].shape == kept["q"].shape == (len(detected) + 1, height, width)
        assert kept["raw/160/block7"].shape[0] == len(candidates)
        np.testing.assert_allclose(kept["q"].sum(0), 1, atol=1e-5)
        assert set(np.unique(kept["labels"])) <= {0, *(detected + 1)}
        with Image.open(tmp_path / f"{SAMPLE.stem}.png") as mask:
            assert mask.mode == "P"
            np.testing.assert_array_equal(np.asarray(mask), kept["labels"])


def test_that_a_replay_makes_the_same_bytes_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "export", SAMPLE, "--out", tmp_path / "first", *SMALL, "--stages")
    recipe = tmp_path / "first" / f"{SAMPLE.stem}.json"
    for again in ("second", "third"):
        code, lines, words = run(capsys, "replay", recipe, "--out", tmp_path / again)
        assert (code, lines[0]["sentences"]) == (0, [])
        assert all(lines[0]["identical"].values())
        assert "every byte as recorded" in words
        assert (tmp_path / again / f"{SAMPLE.stem}.npz").read_bytes() == recipe.with_suffix(".npz").read_bytes()


def test_that_a_replay_on_another_device_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "export", SAMPLE, "--out", tmp_path / "first", *SMALL)
    recipe = tmp_path / "first" / f"{SAMPLE.stem}.json"
    elsewhere = json.loads(recipe.read_text("utf-8")) | {"device": "cpu (another)"}
    recipe.write_text(json.dumps(elsewhere), "utf-8")
    _, lines, words = run(capsys, "replay", recipe, "--out", tmp_path / "again")
    assert lines[0]["sentences"] == ["The recipe was made on cpu (another), not on cpu, which may round otherwise."]
    assert "cpu (another)" in words


def test_that_float64_is_exported_as_float32_and_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exact = ("--precision", "float64", "--device", "cpu")
    run(capsys, "export", SAMPLE, "--out", tmp_path / "first", *SMALL, *exact, "--stages")
    recipe = tmp_path / "first" / f"{SAMPLE.stem}.json"
    assert json.loads(recipe.read_text("utf-8"))["precision"] == "float64"
    with np.load(recipe.with_suffix(".npz")) as kept:
        assert {kept[name].dtype for name in kept.files if name.startswith("raw/")} == {np.dtype(np.float32)}
        assert kept["class_maps"].dtype == kept["scores"].dtype == np.float32
    code, lines, _ = run(capsys, "replay", recipe, "--out", tmp_path / "again")
    assert (code, lines[0]["sentences"]) == (0, [])


def test_that_training_in_float64_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, words = run(capsys, "train", tmp_path, "--out", tmp_path / "out", "--precision", "float64")
    assert code == 2
    assert "Training computes in float32 or bfloat16" in words


def test_that_a_replay_on_another_picture_says_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "export", SAMPLE, "--out", tmp_path / "first", *SMALL)
    recipe = tmp_path / "first" / f"{SAMPLE.stem}.json"
    code, lines, words = run(capsys, "replay", recipe, "--out", tmp_path / "again", "--image", SAMPLES / "cat.jpg")
    assert code == 1
    assert "cat.jpg has other pixels than the recipe's image" in words
    assert not all(lines[0]["identical"].values())


def test_that_one_bad_image_stops_nobody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a picture")
    code, lines, words = run(capsys, "export", broken, SAMPLE, tmp_path / "gone.png", "--out", tmp_path / "out", *SMALL)
    assert code == 1
    assert [line["error"] is None for line in lines] == [False, True, False]
    assert "broken.jpg" in lines[0]["error"]
    assert "2 of 3 images failed" in words


def test_that_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    code, lines, _ = run(capsys, "export", SAMPLE, "--out", tmp_path / "file" / "out", *SMALL)
    assert code == 1
    assert "cannot be made" in lines[0]["error"]


def test_that_what_reading_had_to_do_is_noted_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    _, lines, _ = run(capsys, "export", tmp_path / "moving.gif", "--out", tmp_path, *SMALL, "--format", "voc")
    note = "Only the first of 2 frames is used."
    assert lines[0]["notes"].count(note) == 1
    assert json.loads((tmp_path / "moving.json").read_text())["notes"].count(note) == 1


def test_that_resuming_leaves_finished_images_alone_and_remakes_damaged_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        shutil.copy(SAMPLE, folder / name)
    order = ("export", folder, "--out", tmp_path / "out", *SMALL, "--format", "voc", "--resume")
    run(capsys, *order)
    whole = (tmp_path / "out" / "b.png").read_bytes()
    (tmp_path / "out" / "b.png").write_bytes(whole[:50])
    code, lines, _ = run(capsys, *order)
    assert code == 0
    assert [line["resumed"] for line in lines] == [True, False]
    assert (tmp_path / "out" / "b.png").read_bytes() == whole


def test_that_other_settings_are_not_taken_for_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = ("export", SAMPLE, "--out", tmp_path, *SMALL, "--format", "voc", "--resume")
    run(capsys, *order)
    _, lines, _ = run(capsys, *order, "--alpha", "2.0")
    assert lines[0]["resumed"] is False


def test_that_given_classes_are_the_detected_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = run(capsys, "export", SAMPLE, "--out", tmp_path, *SMALL, "--classes", "cat, sofa", "--no-crf")
    assert [name for name, _ in lines[0]["detected"]] == ["cat", "sofa"]


def test_that_the_imagenet_vocabulary_names_breeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--vocabulary", "imagenet", "--threshold", "0.2", "--format", "npz")
    code, _, _ = run(capsys, "export", SAMPLE, "--out", tmp_path, *SMALL, *words)
    assert code == 0
    with np.load(tmp_path / f"{SAMPLE.stem}.npz", allow_pickle=False) as kept:
        assert kept["class_names"].shape == (1000,)
        assert kept["class_names"][kept["candidate_ids"][0]] in imagenet_names()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--threshold", "1.7"), "Threshold (method.threshold) is 1.7; it must lie between 0 and 1."),
        (("--n", "11"), "N (method.min_candidates) is 11; it must lie between 0 and 10."),
        (("--scales", "many"), "--scales 'many' is no list of whole numbers; write for example 400,500,600."),
        (("--scales", "10"), "Scale 10 px is out of range; it must lie between 64 and 1200."),
        (("--crf-preset", "best"), "There is no CRF preset 'best'"),
        (("--format", "bmp"), "There is no export format 'bmp'"),
        (("--classes", "unicorn"), "lite0-voc has no class 'unicorn'"),
        (("--model", "nothing"), "There is no model 'nothing'"),
        (("--device", "cuda"), "The device cuda cannot be used"),
    ],
)
def test_that_bad_usage_is_one_sentence_and_exit_code_2(
    words: tuple[str, ...], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, heard = run(capsys, "export", SAMPLE, "--out", tmp_path, *words)
    assert (code, lines) == (2, [])
    assert sentence in heard
    assert "Traceback" not in heard


def test_that_a_layer_the_model_lacks_is_named_with_those_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = run(capsys, "export", SAMPLE, "--out", tmp_path, *SMALL, "--layers", "conv3_1")
    assert code == 1
    assert lines[0]["error"] == ("lite0-voc has no layer conv3_1; it has block4, block7, block10, block14, block15.")


def test_that_the_doctor_tells_versions_devices_models_and_display(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor"])
    captured = capsys.readouterr()
    facts = json.loads(captured.out)
    assert facts["versions"]["torch"]
    assert "cpu" in facts["devices"]
    assert "efficientnet-lite0" in facts["models"]
    assert facts["display"]["platform"] == "offscreen"
    assert facts["display"]["window"] == "can be shown"
    assert "crf backends" in captured.err


def test_that_models_lists_the_packaged_network(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = run(capsys, "models", "list")
    assert code == 0
    assert lines[0]["name"] == "efficientnet-lite0"
    assert lines[0]["classes"] == 1000


def test_that_help_and_the_window_need_no_torch() -> None:
    code = (
        "import sys; from dcsm_viewer.cli.cli_app import app; import dcsm_viewer.gui.app; "
        "raise SystemExit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_that_the_window_is_painted_before_any_library_of_plots_is_loaded(tmp_path: Path) -> None:
    code = """
import sys
from PySide6.QtWidgets import QApplication
app = QApplication([])
from dcsm_viewer.gui.app import build
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.theme import Themes
from tests.gui.engines import InstantEngine
parts = build(ViewState(), InstantEngine().make, Themes(app), UserSettings())
parts.window.show()
app.processEvents()
parts.window.grab()
loaded = {"pyqtgraph", "superqt", "matplotlib"} & set(sys.modules)
parts.window.close()
parts.stop()
print(sorted(loaded))
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_that_the_engine_needs_no_qt() -> None:
    code = "import sys; import dcsm_viewer.engine.engine; raise SystemExit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
