"""Pooling, loss, schedule, calibration."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from dcsm_viewer.engine.stages.preprocess import Placement, positions_on_image
from dcsm_viewer.engine.weights.weight_interpolation import interpolate_tensors
from dcsm_viewer.training.batches import valid_positions
from dcsm_viewer.training.calibration import ABSENT, SPREAD, fit_calibration
from dcsm_viewer.training.learning_rate import LEAST, rate_factor
from dcsm_viewer.training.objective import Objective, cross_entropy, feature_drift, pooled
from dcsm_viewer.training.trainable.trainable_vgg16 import TrainableVgg16
from dcsm_viewer.training.training_recipe import TrainingRecipe
from tests.networks import random_vgg_tensors


@pytest.mark.parametrize("rectangle", [(0, 0, 100, 100), (13, 0, 70, 100), (0, 40, 100, 33), (50, 50, 2, 2)])
def test_that_valid_positions_are_those_the_engine_calls_on_the_image(rectangle: tuple[int, int, int, int]) -> None:
    top, left, height, width = rectangle
    expected = positions_on_image(Placement(100, top, left, height, width, (height, width)), (7, 5))
    found = valid_positions(torch.tensor([[0, 0, 100, 100], rectangle]), 100, (7, 5))
    assert found[0].all()
    assert torch.equal(found[1], expected)


def test_that_the_loss_is_sigmoid_cross_entropy_of_the_largest_logits() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (2, 3, 4, 5))
    valid = np.zeros((2, 4, 5), dtype=bool)
    valid[0, 1:3], valid[1, :, 2:4] = True, True
    labels = np.array([[1, 0, 1], [0, 0, 1]])
    total = 0.0
    for n in range(2):
        for c in range(3):
            z = max(logits[n, c, y, x] for y in range(4) for x in range(5) if valid[n, y, x] or not labels[n, c])
            target = 0.9 if labels[n, c] else 0.1
            total -= target * math.log(1 / (1 + math.exp(-z))) + (1 - target) * math.log(1 - 1 / (1 + math.exp(-z)))
    found = cross_entropy(
        torch.tensor(logits), torch.tensor(valid), torch.tensor(labels, dtype=torch.float64), smoothing=0.1
    )
    assert float(found) == pytest.approx(total / 6, rel=1e-6)


def test_that_a_class_on_the_padding_is_no_find_but_is_a_mistake() -> None:
    logits = torch.full((1, 1, 1, 2), -5.0)
    logits[..., 1] = 5.0  # on the padding
    valid = torch.tensor([[[True, False]]])
    on_image, anywhere = pooled(logits, valid)
    assert (float(on_image), float(anywhere)) == (-5.0, 5.0)
    assert float(cross_entropy(logits, valid, torch.ones(1, 1))) > 4
    assert float(cross_entropy(logits, valid, torch.zeros(1, 1))) > 4


def test_that_forgetting_is_nothing_for_the_same_features_and_1_for_none() -> None:
    before = torch.randn((2, 8, 3, 3), generator=torch.Generator().manual_seed(0))
    assert float(feature_drift(before, before)) == 0
    assert float(feature_drift(torch.zeros_like(before), before)) == pytest.approx(1)


def test_that_what_is_to_be_remembered_adds_to_the_loss_by_how_far_the_features_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dcsm_viewer.training.trainable.trainable_vgg16.DROPOUT", 0.0)
    start = {name: torch.tensor(values).float() for name, values in random_vgg_tensors(1, 3).items()}
    trained = start | {"fc7.weight": start["fc7.weight"] * 1.3}
    network, before = TrainableVgg16.of(trained), TrainableVgg16.of(start)
    x = torch.randn((2, 3, 200, 200), generator=torch.Generator().manual_seed(0))
    batch = (x, 200, torch.tensor([[0, 0, 200, 200]] * 2), torch.eye(2, 3))
    with torch.no_grad():
        moved = float(feature_drift(network.upper(x), before.upper(x)))
        losses = [
            float(Objective(network, TrainingRecipe(feature_reg=weight), before)(*batch)) for weight in (0.0, 2.0)
        ]
        alone = float(Objective(network, TrainingRecipe(), None)(*batch))
    assert moved > 0.01
    assert losses[0] == pytest.approx(alone)
    assert losses[1] - losses[0] == pytest.approx(2 * moved, rel=1e-4)


def test_that_the_rate_rises_in_a_line_and_falls_along_a_cosine() -> None:
    factors = [rate_factor(step, 101, 10) for step in range(101)]
    assert factors[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert factors[10] == 1
    assert factors[55] == pytest.approx((1 + LEAST) / 2)
    assert factors[100] == pytest.approx(LEAST)
    assert all(later < earlier for earlier, later in pairwise(factors[10:]))
    assert rate_factor(0, 1, 0) == 1


def test_that_calibration_puts_the_images_without_a_class_where_they_belong() -> None:
    rng = np.random.default_rng(0)
    present = rng.random((200, 3)) < 0.3
    logits = rng.normal((5, -2, 30), (1, 4, 9), (200, 3)) + 40 * present
    scale, offset = (values.numpy() for values in fit_calibration(torch.tensor(logits), torch.tensor(present)))
    for class_id in range(3):
        absent = scale[class_id] * logits[~present[:, class_id], class_id] + offset[class_id]
        assert (absent.mean(), absent.std()) == pytest.approx((ABSENT, SPREAD))
        found = scale[class_id] * logits[present[:, class_id], class_id] + offset[class_id]
        assert found.mean() > absent.mean()


def test_that_calibration_knows_a_way_where_every_image_shows_the_class_or_all_are_alike() -> None:
    logits = torch.tensor([[1.0, 7.0], [3.0, 7.0]])
    scale, offset = fit_calibration(logits, torch.tensor([[True, False], [True, False]]))
    assert torch.isfinite(scale).all()
    torch.testing.assert_close((scale * logits.double() + offset).mean(0), torch.full((2,), ABSENT).double())


def test_that_a_blend_lies_between_start_and_trained() -> None:
    start, trained = {"a": torch.tensor([0.0, 4.0])}, {"a": torch.tensor([2.0, 0.0])}
    torch.testing.assert_close(interpolate_tensors(trained, start, 0.25)["a"], torch.tensor([0.5, 3.0]))
    torch.testing.assert_close(interpolate_tensors(trained, start, 1.0)["a"], trained["a"])
