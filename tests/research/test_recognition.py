from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.evaluation.label_evaluator import LabelEvaluator
from dcsm_viewer.io.images import read_image
from research import recognition
from research.recognition import Recogniser
from tests.samples import SAMPLE


def test_that_scores_are_those_an_evaluation_takes() -> None:
    image = SourceImage.of(read_image(SAMPLE).rgb[::3, ::3], name="small")
    method = replace(PRESETS["paper"], scales=(96, 128))
    settings = Settings(method=method, device="cpu", crf=replace(Settings().crf, iterations=1))
    np.testing.assert_array_equal(Recogniser(settings).scores(image), LabelEvaluator().label(image, settings).scores)


class MadeUp:
    """A network that finds in a picture what its colour says."""

    class_names = ("cat", "dog")

    def __init__(self, settings: Settings) -> None:
        self.scale = settings.method.scales[0]

    def scores(self, image: SourceImage) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        red, green, _ = image.rgb[0, 0] / np.float32(self.scale)
        return np.array([red, green], np.float32)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    for name, colour in (("one", (200, 100, 0)), ("two", (50, 150, 0)), ("none", (0, 0, 0))):
        Image.new("RGB", (8, 8), colour).save(tmp_path / f"{name}.png")
    table = tmp_path / "labels.csv"
    table.write_text("one.png,cat\ntwo.png,dog\nnone.png\n")
    return table


def test_that_there_is_a_line_of_figures_a_model_and_a_table_of_all(
    labels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recognition, "Recogniser", MadeUp)
    out = labels.parent / "tables" / "recognition.md"
    asked = [str(labels), "--model", "this", "--model", "that", "--scales", "250", "--out", str(out)]
    assert recognition.main(asked) == 0
    output = capsys.readouterr()
    lines = [json.loads(line) for line in output.out.splitlines()]
    assert [(line["model"], line["images"], line["map"], line["recall"]) for line in lines] == [
        ("this", 3, 1.0, 1.0),
        ("that", 3, 1.0, 1.0),
    ]
    assert "this: 3/3 none.png, 0 s left" in output.err
    assert "| that | 3 | 2 | 1.000 | 1.00 | 1.00 | 1.00 |" in out.read_text()


def test_that_a_table_that_is_not_there_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recognition.main([str(tmp_path / "none.csv")]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "none.csv" in output.err


def test_that_scales_that_are_none_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        recognition.main(["labels.csv", "--scales", "big"])
    assert "write them as 400,500,600" in capsys.readouterr().err
