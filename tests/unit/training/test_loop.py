"""Trainings that end, that are interrupted, that make no sense, and that several processes share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.model_cache import model_of
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.io.datasets import Dataset
from dcsm_viewer.io.renamed_fields import TRAINING_FIELDS
from dcsm_viewer.training.checkpoint import NAME as CHECKPOINT
from dcsm_viewer.training.curve_picture import curve_figure, write_curve
from dcsm_viewer.training.initial_weights import load_initial_weights
from dcsm_viewer.training.loop import data_digest, train
from dcsm_viewer.training.progress import Epoch, Event, TrainStep
from dcsm_viewer.training.train_job import TrainJob, TrainResult
from dcsm_viewer.training.training_recipe import digest_of
from tests.unit.training.tiny import tiny_order


def finished(order: TrainJob) -> TrainResult:
    return train(order, lambda _event: None, lambda: True)


def after_steps(count: int) -> Callable[[], bool]:
    """True `count` times, then False."""
    left = iter([True] * count)
    return lambda: next(left, False)


def test_that_an_interrupted_training_ends_bit_for_bit_as_an_unbroken_one(tmp_path: Path) -> None:
    unbroken = finished(tiny_order(tmp_path, tmp_path / "a"))
    broken = tiny_order(tmp_path, tmp_path / "b")
    for steps in (1, 2, 4):
        assert not train(broken, lambda _event: None, after_steps(steps)).finished
    ended = finished(broken)
    assert ended.finished
    assert ended.curve == unbroken.curve
    assert ended.sha256 == unbroken.sha256
    assert len(ended.curve) == 3


def test_that_a_checkpoint_of_every_step_is_enough_after_a_crash(tmp_path: Path) -> None:
    order = replace(tiny_order(tmp_path, tmp_path / "a"), checkpoint_s=0)

    def crash(event: Event) -> None:
        if isinstance(event, TrainStep) and (event.epoch, event.step) == (2, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(order, crash, lambda: True)
    assert finished(order).curve == finished(tiny_order(tmp_path, tmp_path / "b")).curve


def test_that_training_teaches_the_colours(tmp_path: Path) -> None:
    order = tiny_order(
        tmp_path,
        tmp_path / "a",
        start="efficientnet-lite0",
        freeze=15,
        epochs=4,
        sizes=(96, 128),
        validate_px=128,
        backbone_lr=1e-3,
        head_lr=1e-2,
        augmentation="paper",
        calibrate=4,
    )
    order = replace(order, validation=replace(order.training, name="the same"))
    curve = finished(order).curve
    assert curve[-1].mean_ap is not None
    assert curve[-1].mean_ap > 0.9
    assert curve[-1].loss < 0.7 * curve[0].loss


def test_that_the_weights_open_in_the_engine_with_their_names_and_recipe(tmp_path: Path) -> None:
    order = replace(tiny_order(tmp_path, tmp_path / "a"), half=True)
    ended = finished(order)
    assert ended.weights is not None
    weights = read_weights(ended.weights)
    assert (weights.digest, weights.class_names) == (ended.sha256, ("blue", "green", "red"))
    assert weights.recipe is not None
    assert (weights.recipe["epochs"], weights.recipe["epoch"]) == (3, ended.best_epoch)
    model = model_of("mine", weights, "voc", order.compute)
    assert model.card.class_names == ("blue", "green", "red")
    assert load_file(ended.weights)["fc8.weight"].dtype == torch.float16


def test_that_nothing_of_the_trained_weights_is_left_where_the_blend_is_0(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a", epochs=1, weight_interpolation=0)
    ended = finished(order)
    assert ended.weights is not None
    start = load_initial_weights(order.recipe.start, order.training.class_names, 0).tensors
    for name, tensor in read_weights(ended.weights).tensors.items():
        torch.testing.assert_close(tensor, start[name])


def test_that_another_recipe_or_other_images_do_not_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a", epochs=1)
    finished(order)
    with pytest.raises(UserError, match=r"another training \(epochs 1, now 2; seed 0, now 3\)"):
        finished(tiny_order(tmp_path, tmp_path / "a", epochs=2, seed=3))
    fewer = replace(order.training, examples=order.training.examples[:8])
    with pytest.raises(UserError, match="the images, labels or start weights are others"):
        finished(replace(order, training=fewer))


def test_that_a_checkpoint_with_the_older_names_of_the_recipe_is_gone_on_from(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a")
    train(order, lambda _event: None, after_steps(4))
    older = {name: old for old, name in TRAINING_FIELDS.items()}
    path = tmp_path / "a" / CHECKPOINT
    content = torch.load(path, weights_only=True)
    recipe = {older.get(name, name): value for name, value in content["recipe"].items()}
    assert "ema_decay" not in recipe
    start = load_initial_weights(order.recipe.start, order.training.class_names, order.recipe.seed)
    identity = digest_of(recipe, data_digest(order, start.digest))
    torch.save({**content, "form": 1, "recipe": recipe, "identity": identity}, path)
    assert finished(order).sha256 == finished(tiny_order(tmp_path, tmp_path / "b")).sha256


@pytest.mark.parametrize("damage", [b"", b"no checkpoint", None])
def test_that_a_damaged_checkpoint_is_named(damage: bytes | None, tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a", epochs=1)
    train(order, lambda _event: None, after_steps(1))
    path = tmp_path / "a" / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-100] if damage is None else damage)
    with pytest.raises(UserError, match=r"checkpoint\.pt is damaged, or no checkpoint of this program .* delete it"):
        finished(order)


@pytest.mark.parametrize("name", ["weights.safetensors", "curve.png"])
def test_that_a_file_of_the_users_in_the_folder_stays_and_nothing_is_trained(name: str, tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a", epochs=1)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / name).write_bytes(b"mine")
    with pytest.raises(UserError, match="is not known as a file of this program"):
        finished(order)
    assert [path.name for path in (tmp_path / "a").iterdir()] == [name]
    assert (tmp_path / "a" / name).read_bytes() == b"mine"


def test_that_trainings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a")
    nobody: Dataset = replace(order.training, examples=())
    with pytest.raises(UserError, match="holds no images"):
        finished(replace(order, training=nobody))
    unlabelled = replace(order.training, examples=tuple(replace(one, labels=()) for one in order.training.examples))
    with pytest.raises(UserError, match="No image of labels has a label"):
        finished(replace(order, training=unlabelled))
    with pytest.raises(UserError, match="has other classes than"):
        finished(replace(order, validation=replace(order.validation, class_names=("ant",))))
    with pytest.raises(UserError, match=r"batch is 0; it must lie between 1 and 4096"):
        finished(tiny_order(tmp_path, tmp_path / "a", batch=0))
    with pytest.raises(UserError, match="make no range"):
        finished(tiny_order(tmp_path, tmp_path / "a", sizes=(700, 300)))


def test_that_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a")
    loud = load_file(tmp_path / "vgg.safetensors")
    save_file({name: tensor * 2000 if "conv" in name else tensor for name, tensor in loud.items()}, tmp_path / "loud")
    with pytest.raises(UserError, match="take smaller learning rates"):
        finished(replace(order, recipe=replace(order.recipe, start=str(tmp_path / "loud"))))


def test_that_without_validation_the_last_epoch_is_taken(tmp_path: Path) -> None:
    order = tiny_order(tmp_path, tmp_path / "a", epochs=2)
    ended = finished(replace(order, validation=replace(order.validation, examples=())))
    assert ended.best_epoch == 2
    assert [point.mean_ap for point in ended.curve] == [None, None]


def test_that_the_curve_has_a_line_for_every_value_with_its_last_number_and_the_best_epoch(tmp_path: Path) -> None:
    curve = [Epoch(n, 1 / n, 1e-3, 1.2 / n, n / 6, {"a": n / 6}) for n in range(1, 6)]
    losses, precision = curve_figure(curve, 5).axes
    found = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in losses.get_lines()}
    assert found["training 0.200"] == [point.loss for point in curve]
    assert found["validation 0.240"] == [point.validation_loss for point in curve]
    assert found["best: 5"] == [0, 1]
    assert (losses.get_title("left"), precision.get_title("left")) == ("Loss (nats)", "Mean average precision")
    assert precision.get_xlabel() == "Epoch"
    for name in ("one.png", "two.png"):
        write_curve(tmp_path / name, curve, 5)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_that_a_curve_without_validation_has_the_panel_of_losses_alone(tmp_path: Path) -> None:
    curve = [Epoch(1, 0.5, 1e-3, None, None, None)]
    (losses,) = curve_figure(curve, None).axes
    assert [line.get_label() for line in losses.get_lines()] == ["training 0.500"]
    write_curve(tmp_path / "one.png", curve, None)
    assert (tmp_path / "one.png").stat().st_size > 1000
