"""What the options of `export` make of the settings; nothing is computed."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dcsm_viewer.batch import run_batch as batch
from dcsm_viewer.cli import main
from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.parameter_rows import Choice, Limit
from dcsm_viewer.core.parameters import CHOICES, LIMITS
from dcsm_viewer.core.settings import MethodSettings, PresetName, Settings
from dcsm_viewer.core.types import ModelCard
from tests.results import make_model_card

# option, value on the command line, path in Settings, value there
OPTIONS: tuple[tuple[tuple[str, ...], str, object], ...] = (
    (("--n", "2"), "method.min_candidates", 2),
    (("--threshold", "0.25"), "method.threshold", 0.25),
    (("--scales", "320,480"), "method.scales", (320, 480)),
    (("--layers", "block7, input"), "method.layers", ("block7", "input")),
    (("--alpha", "2.5"), "method.alpha", 2.5),
    (("--method", "deconvnet"), "method.attribution", "deconvnet"),
    (("--method", "finercam"), "method.attribution", "finercam"),
    (("--canvas", "400"), "method.canvas_px", 400),
    (("--fit", "stretch"), "method.fit", "stretch"),
    (("--channel-reduction", "signed"), "method.channel_reduction", "signed"),
    (("--subtract-at", "layer"), "method.subtract_at", "layer"),
    (("--upsampling", "corner"), "method.upsampling", "corner"),
    (("--normalise", "pair_and_layer"), "method.normalise", "pair_and_layer"),
    (("--negatives", "keep"), "method.negative_mode", "keep"),
    (("--score-reduction", "max"), "method.score_reduction", "max"),
    (("--no-skip-undetected-scales",), "method.skip_undetected_scales", False),
    (("--preset", "formula", "--skip-undetected-scales"), "method.skip_undetected_scales", True),
    (("--preset", "paper", "--no-final-tanh"), "method.final_tanh", False),
    (("--preset", "caffe", "--final-tanh"), "method.final_tanh", True),
    (("--maps-for", "candidates"), "method.maps_for", "candidates"),
    (("--crf-unary-floor", "0.001"), "crf.unary_floor", 0.001),
    (("--crf-background", "0.6"), "crf.background", 0.6),
    (("--crf-adaptive-background", "0.25"), "crf.adaptive_background", 0.25),
    (("--crf-sharpness", "2.5"), "crf.sharpness", 2.5),
)

# older spellings and older values, path in Settings, value there
OLDER: tuple[tuple[tuple[str, ...], str, object], ...] = (
    (("--backward", "deconvnet"), "method.attribution", "deconvnet"),
    (("--fit", "pad"), "method.fit", "letterbox"),
    (("--channel-max", "signed"), "method.channel_reduction", "signed"),
    (("--negatives", "keep"), "method.negative_mode", "keep"),
    (("--detect-by", "any"), "method.score_reduction", "max"),
    (("--detect-by", "max"), "method.score_reduction", "max"),
    (("--score-reduction", "any"), "method.score_reduction", "max"),
    (("--no-gate-by-scale",), "method.skip_undetected_scales", False),
    (("--preset", "formula", "--gate-by-scale"), "method.skip_undetected_scales", True),
    (("--crf-level-follows", "0.25"), "crf.adaptive_background", 0.25),
)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of every order; no image is opened and no network loaded."""
    orders: list[Settings] = []

    class NoEngine:
        def card(self, settings: Settings) -> ModelCard:
            orders.append(settings)
            return make_model_card()

    def no_images(*_: Any) -> tuple[()]:
        return ()

    monkeypatch.setattr("dcsm_viewer.engine.engine.Engine", NoEngine)
    monkeypatch.setattr(batch, "export_images", no_images)
    return orders


def export(out: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["export", "a.jpg", "--out", str(out), *words])
    return int(ended.value.code or 0)


@pytest.mark.parametrize(("words", "path", "value"), OPTIONS + OLDER)
def test_that_an_option_sets_its_constant_and_no_other(
    words: tuple[str, ...], path: str, value: object, seen: list[Settings], tmp_path: Path
) -> None:
    assert export(tmp_path, *words) == 0
    preset: PresetName = words[1] if words[0] == "--preset" else "tuned"  # type: ignore[assignment]  # of the table
    section, name = path.split(".")
    plain = Settings(method=PRESETS[preset])
    assert getattr(getattr(seen[0], section), name) == value
    others = [field.name for field in fields(getattr(plain, section)) if field.name != name]
    assert all(getattr(getattr(seen[0], section), other) == getattr(getattr(plain, section), other) for other in others)


def test_that_every_constant_of_the_method_has_an_option() -> None:
    there = {path.removeprefix("method.") for _, path, _ in OPTIONS if path.startswith("method.")}
    assert there == {field.name for field in fields(MethodSettings)} - {"preset"}


def test_that_every_older_spelling_and_value_is_tried_above() -> None:
    tried = {word.replace("--no-", "--") for words, _, _ in OLDER for word in words}
    rows: tuple[Limit | Choice, ...] = (*LIMITS.values(), *CHOICES.values())
    assert {alias for row in rows for alias in row.aliases} <= tried
    assert {alias for row in CHOICES.values() for option in row.options for alias in option.aliases} <= tried


def test_that_the_help_shows_no_older_spelling_or_value(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    output = capsys.readouterr().out
    assert "--score-reduction" in output
    older = {word.replace("--no-", "--") for words, _, _ in OLDER for word in words if word.startswith("--")}
    shown = {row.option for row in CHOICES.values()} | {"--preset"}
    assert {spelling for spelling in older - shown if spelling in output} == set()
    assert "any|" not in output
    assert "pad|" not in output


def test_that_two_spellings_with_two_values_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(tmp_path, "--negative-mode", "keep", "--negatives", "floor") == 2
    assert "--negatives is the older name of --negative-mode, and the two differ" in capsys.readouterr().err


def test_that_an_unknown_value_is_refused_and_the_present_ones_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(tmp_path, "--score-reduction", "median") == 2
    assert "'median' is not one of 'max', 'mean'" in capsys.readouterr().err


@pytest.mark.parametrize("preset", PRESETS)
def test_that_every_preset_can_be_named(preset: PresetName, seen: list[Settings], tmp_path: Path) -> None:
    assert export(tmp_path, "--preset", preset) == 0
    assert seen[0].method == PRESETS[preset]
