"""`dcsm-viewer train` as its user meets it: killed at any moment, stopped, misspelled."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dcsm_viewer.cli import main
from tests.patience import PATIENCE_S
from tests.unit.training.tiny import write_squares, write_vgg

ROOT = Path(__file__).parents[2]


def words(folder: Path, out: Path) -> list[str]:
    if not (folder / "vgg.safetensors").exists():
        write_squares(folder / "train", 12, 0)
        write_squares(folder / "val", 6, 1)
        write_vgg(folder / "vgg.safetensors")
    return [
        "train", str(folder / "train" / "labels.csv"), "--val", str(folder / "val" / "labels.csv"), "--out", str(out),
        "--from", str(folder / "vgg.safetensors"), "--epochs", "4", "--batch", "4", "--sizes", "200-230",
        "--val-px", "200", "--freeze", "2", "--cached-epochs", "2", "--average", "0.9", "--augment", "strong",
        "--device", "cpu", "--checkpoint-every", "0",
    ]  # fmt: skip


def start(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "main.py", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def killed_at_random_moments(arguments: list[str], kills: int, seed: int) -> tuple[list[dict[str, Any]], int]:
    """(JSON lines of all runs together, how many kills hit): SIGKILL at random moments after a first step."""
    moments, lines, hits = random.Random(seed), list[dict[str, Any]](), 0
    for _ in range(kills):
        with start(arguments) as process:
            assert process.stderr is not None
            for printed in process.stderr:
                if printed.startswith("Epoch"):
                    break
            time.sleep(moments.uniform(0, 0.5))  # the moment is what is tested; nothing is waited for
            process.kill()
            out, _ = process.communicate(timeout=PATIENCE_S)
            hits += process.returncode == -signal.SIGKILL
        lines += [json.loads(line) for line in out.splitlines() if line.endswith("}")]
    process = start(arguments)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    return lines + [json.loads(line) for line in out.splitlines()], hits


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_that_a_training_killed_at_random_moments_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    unbroken, _ = killed_at_random_moments(words(tmp_path, tmp_path / "a"), 0, 0)
    broken, hits = killed_at_random_moments(words(tmp_path, tmp_path / "b"), 2, 1)
    assert hits > 0
    curve = {line["epoch"]: line for line in unbroken if "epoch" in line}
    assert {line["epoch"]: line for line in broken if "epoch" in line}.items() <= curve.items()
    assert broken[-1]["sha256"] == unbroken[-1]["sha256"]
    assert broken[-1]["finished"]
    assert (tmp_path / "b" / "curve.png").stat().st_size > 1000


def test_that_an_interrupt_stops_after_a_step_and_the_same_command_goes_on(tmp_path: Path) -> None:
    arguments = words(tmp_path, tmp_path / "out")
    process = start(arguments)
    assert process.stderr is not None
    for printed in process.stderr:
        if printed.startswith("Epoch"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "the same command goes on" in err
    assert json.loads(out.splitlines()[-1])["finished"] is False
    process = start(arguments)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Going on from epoch" in err
    assert json.loads(out.splitlines()[-1])["finished"] is True


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"--sizes": "large"}, "--sizes 'large' is no range"),
        ({"--batch": "0"}, "batch is 0; it must lie between"),
        ({"--from": "nobody"}, "There is no model 'nobody'"),
    ],
)
def test_that_words_that_make_no_sense_are_named(
    changes: dict[str, str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = words(tmp_path, tmp_path / "out")
    for option, value in changes.items():
        arguments[arguments.index(option) + 1] = value
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code in (1, 2)
    assert sentence in capsys.readouterr().err


def test_that_missing_data_is_named_before_torch_is_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert "nowhere is not there; give a VOC folder" in capsys.readouterr().err
