"""Unaries from class maps, probabilities and labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.crf import unary_from_class_maps, unary_from_labels, unary_from_probabilities


def test_that_the_background_is_what_the_strongest_class_leaves() -> None:
    maps = torch.tensor([[[0.25, 1.0]], [[0.5, 0.0]]])
    expected = -np.log([[[0.5, 1e-5]], [[0.25, 1.0]], [[0.5, 1e-5]]])
    np.testing.assert_allclose(unary_from_class_maps(maps, 1e-5), expected, rtol=1e-6, atol=1e-7)


def test_that_the_background_is_one_minus_the_tanh_of_the_strongest_map() -> None:
    """docs/method.md 7: p_bg = 1 - tanh(3 F / max F) / tanh(3), F the largest map before its final tanh."""
    plain = np.random.default_rng(0).random((3, 4, 5))
    plain /= plain.max((1, 2), keepdims=True)
    background = 1 - np.tanh(3 * plain.max(0)) / np.tanh(3)
    found = np.exp(-unary_from_class_maps(np.tanh(3 * plain) / np.tanh(3), 1e-12)[0].numpy())
    np.testing.assert_allclose(found, background, rtol=0, atol=1e-6)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5, 10.0])
@pytest.mark.parametrize("background", [0.01, 0.3, 0.5, 0.97])
def test_that_the_odds_are_those_over_the_background_level_to_a_power(background: float, sharpness: float) -> None:
    values = np.random.default_rng(1).random((2, 4, 5))
    values[0, 0, :3] = 0.0, 1.0, background
    values[1, 0, :3] = 0.0
    with np.errstate(divide="ignore"):
        odds = (values / (1 - values) / (background / (1 - background))) ** sharpness
    probability = np.where(np.isinf(odds), 1.0, odds / (1 + np.where(np.isinf(odds), 0, odds)))
    expected = np.concatenate((1 - probability.max(0, keepdims=True), probability))
    found = unary_from_class_maps(values, 1e-6, background=background, sharpness=sharpness).numpy()
    np.testing.assert_allclose(np.exp(-found), expected.clip(1e-6), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[:2, 0, 2], -np.log(0.5), rtol=1e-5)


def slow_level(values: NDArray[np.float64], background: float, follows: float) -> float:
    """The formula in the docstring of unary_from_class_maps, pixel by pixel."""
    squares = plain = 0.0
    for value in values.flatten().tolist():
        squares, plain = squares + value * value, plain + value
    own = squares / plain if plain else background
    return (1 - follows) * background + follows * own


@pytest.mark.parametrize("follows", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("background", [0.3, 0.5])
def test_that_each_map_moves_its_own_level(background: float, follows: float) -> None:
    values = np.random.default_rng(2).random((3, 6, 5)) ** np.array([1.0, 4.0, 0.5])[:, None, None]
    found = unary_from_class_maps(values, 1e-9, background=background, follows=follows).numpy()
    for row, of_class in enumerate(values):
        level = slow_level(of_class, background, follows)
        odds = of_class / (1 - of_class) * (1 - level) / level
        np.testing.assert_allclose(np.exp(-found[row + 1]), odds / (1 + odds), rtol=1e-5)


def covered(values: NDArray[np.float64], follows: float) -> float:
    """The share of the image where the class is the likelier one."""
    return float((np.exp(-unary_from_class_maps(values, 1e-9, follows=follows)[1].numpy()) > 0.5).mean())


def test_that_a_map_with_one_bright_spot_covers_more_and_a_flat_one_less() -> None:
    spot, flat = np.full((1, 10, 10), 0.05), np.full((1, 10, 10), 0.55)
    spot[0, 3:8, 3:8], spot[0, 3, 3] = 0.45, 1.0
    flat[0, :, :6] = 0.9
    assert (covered(spot, 0.0), covered(spot, 1.0)) == (0.01, 0.25)
    assert (covered(flat, 0.0), covered(flat, 1.0)) == (1.0, 0.6)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_that_a_constant_map_has_a_level_too(value: float) -> None:
    found = np.exp(-unary_from_class_maps(np.full((1, 3, 3), value), 1e-6, follows=1.0).numpy())
    np.testing.assert_allclose(found[1], max(value, 1e-6), rtol=1e-4)


def test_that_maps_are_probabilities_as_they_are_unless_told_otherwise() -> None:
    maps = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
    plain = unary_from_class_maps(maps, 1e-5)
    np.testing.assert_array_equal(unary_from_class_maps(maps, 1e-5, background=0.5, sharpness=1.0), plain)
    np.testing.assert_array_equal(plain[1:], -torch.log(maps.clamp(1e-5, 1)))


@pytest.mark.parametrize("follows", [-0.1, 1.1, float("nan")])
def test_that_a_level_cannot_follow_by_less_than_nothing_or_more_than_all(follows: float) -> None:
    with pytest.raises(UserError, match="background level follows"):
        unary_from_class_maps(np.zeros((1, 2, 2)), 1e-5, follows=follows)


@pytest.mark.parametrize(("background", "sharpness"), [(0.0, 1.0), (1.0, 1.0), (0.5, 0.0), (0.5, float("inf"))])
def test_that_a_level_or_sharpness_outside_its_range_is_refused(background: float, sharpness: float) -> None:
    with pytest.raises(UserError, match=r"background level|sharpness"):
        unary_from_class_maps(np.zeros((1, 2, 2)), 1e-5, background=background, sharpness=sharpness)


def test_that_no_class_leaves_only_background() -> None:
    unary = unary_from_class_maps(torch.zeros(0, 2, 3), 1e-5)
    assert unary.shape == (1, 2, 3)
    assert not unary.any()


def test_that_the_smallest_allowed_floor_stays_finite() -> None:
    unary = unary_from_class_maps(np.zeros((1, 2, 2), np.float32), 1e-20)
    np.testing.assert_allclose(unary[1], 46.05, rtol=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.5, 1.5])
def test_that_class_maps_outside_their_range_are_refused(value: float) -> None:
    with pytest.raises(UserError, match=r"class maps leave \[0, 1\]"):
        unary_from_class_maps(np.full((1, 2, 2), value), 1e-5)


@pytest.mark.parametrize("floor", [0.0, 1.0, -1.0])
def test_that_a_floor_outside_its_range_is_refused(floor: float) -> None:
    with pytest.raises(UserError, match="unary floor"):
        unary_from_class_maps(np.zeros((1, 2, 2)), floor)


def test_that_maps_of_one_class_need_their_first_axis() -> None:
    with pytest.raises(UserError, match="must be"):
        unary_from_class_maps(np.zeros((2, 2)), 1e-5)


def test_that_confidence_draws_probabilities_towards_uniform() -> None:
    unary = unary_from_probabilities(np.array([[[1.0]], [[0.0]]]), 1e-5, confidence=0.6)
    np.testing.assert_allclose(unary, -np.log([[[0.8]], [[0.2]]]), rtol=1e-6)


def test_that_a_confidence_of_zero_is_refused() -> None:
    with pytest.raises(UserError, match="confidence"):
        unary_from_probabilities(np.ones((1, 1, 1)), 1e-5, confidence=0.0)


def test_that_labels_cost_little_and_all_others_share_the_rest() -> None:
    unary = unary_from_labels(np.array([[0, 2, 255]]), 3, 0.7, unsure=255)
    sure = -np.log([[0.7, 0.15], [0.15, 0.15], [0.15, 0.7]])
    np.testing.assert_allclose(unary[:, 0, :2], sure, rtol=1e-6)
    np.testing.assert_allclose(unary[:, 0, 2], np.log(3), rtol=1e-6)


def test_that_one_label_leaves_nothing_to_choose() -> None:
    assert not unary_from_labels(np.zeros((2, 2), np.uint8), 1, 0.7).any()


def test_that_labels_beyond_the_last_are_refused_with_their_range() -> None:
    with pytest.raises(UserError, match="from 1 to 5, not 0 to 3"):
        unary_from_labels(np.array([[1, 5]]), 4, 0.7)


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_that_a_certain_or_impossible_label_is_refused(confidence: float) -> None:
    with pytest.raises(UserError, match="confidence"):
        unary_from_labels(np.array([[0]]), 2, confidence)
