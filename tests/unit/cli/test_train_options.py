"""Options of `train` that were renamed: the new spelling, the older one, and both."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dcsm_viewer.cli import main
from tests.unit.training.tiny import write_squares

RENAMED = (
    ("--head-lr", "--rate-head", "0.002", "head_lr", 0.002),
    ("--backbone-lr", "--rate-body", "0.0002", "backbone_lr", 0.0002),
    ("--label-smoothing", "--smoothing", "0.1", "label_smoothing", 0.1),
    ("--ema-decay", "--average", "0.9", "ema_decay", 0.9),
    ("--feature-reg", "--remember", "0.5", "feature_reg", 0.5),
    ("--weight-interpolation", "--blend", "0.8", "weight_interpolation", 0.8),
    ("--cached-epochs", "--views", "3", "cached_epochs", 3),
    ("--frozen-head", "--outputs-of", "efficientnet-lite0", "frozen_head", "efficientnet-lite0"),
)


def status_of(*words: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main([*words])
    return end.value.code


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command without training, and gives (exit status, recipe it would have trained by or None)."""
    write_squares(tmp_path / "train", 6, 0)
    recipes: list[Any] = []

    def no_training(job: Any, *_listeners: object) -> SimpleNamespace:
        recipes.append(job.recipe)
        return SimpleNamespace(curve=(), best_epoch=None, finished=True, weights=None, sha256="")

    monkeypatch.setattr("dcsm_viewer.training.loop.train", no_training)

    def run(*options: str) -> tuple[int | str | None, Any]:
        data, out = tmp_path / "train" / "labels.csv", tmp_path / "out"
        status = status_of("train", str(data), "--out", str(out), "--device", "cpu", *options)
        return status, recipes[-1] if recipes else None

    return run


@pytest.mark.parametrize(("new", "old", "text", "field", "value"), RENAMED)
def test_that_the_new_and_the_older_spelling_mean_the_same(
    trained: Any, new: str, old: str, text: str, field: str, value: object
) -> None:
    for spelling in (new, old):
        status, recipe = trained(spelling, text)
        assert status == 0
        assert getattr(recipe, field) == value


def test_that_two_spellings_with_two_values_are_refused(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    status, recipe = trained("--cached-epochs", "3", "--views", "2")
    assert (status, recipe) == (2, None)
    assert "--views is the older name of --cached-epochs" in capsys.readouterr().err


def test_that_the_help_shows_new_spellings_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("train", "--help") == 0
    output = capsys.readouterr().out
    for new, old, *_ in RENAMED:
        assert new in output
        assert f"{old} " not in output
