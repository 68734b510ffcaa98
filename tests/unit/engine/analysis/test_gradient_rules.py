"""Derivatives by layer and rule, and the gate of a unit, against literal float64 networks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest
import torch

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.analysis.gradient_rules import answer, gate_of
from dcsm_viewer.engine.analysis.unit_gate import relu_input
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.engine.stages.preprocess import network_input
from dcsm_viewer.queries.gradient_query import MODES, GradientAnswer, GradientQuestion, Unit, passes_relu
from tests.networks import real_lite0_tensors
from tests.reference.network import Array
from tests.reference.networks import (
    batch_norm,
    convolution,
    lite0_derivatives,
    lite0_layers,
    vgg16_derivatives,
    vgg16_logits,
)
from tests.unit.engine.analysis.stages import CANVAS_PX, SCALES, request, stage, vgg, vgg_tensors

EXACT = choose("cpu", "float64")
CLASS = 3
SCALE = SCALES[1]
SEED = 4  # of a network in which no two values of a pool are equal by arithmetic, where rounding would decide


def made() -> MapPipeline:
    """In float64, as rounding may choose another of two nearly equal values of a pool."""
    return stage(request(), vgg(vgg_tensors(SEED), EXACT), compute=EXACT)


@cache
def seen(unit: Unit | None = None) -> GradientAnswer:
    *_, last = answer(GradientQuestion(CLASS, SCALE, unit), made())
    return last


@cache
def pixels() -> Array:
    passes = made().passes
    prepared: Array = network_input(passes.canvas()[0], SCALE, passes.model.network.convention)[0].double().numpy()
    return prepared


@cache
def expected(mode: BackwardMode) -> Mapping[str, Array]:
    """The literal derivative at the input of each convolution."""
    tensors = vgg_tensors(SEED)
    logits, _, _ = vgg16_logits(tensors, pixels(), ceil=True)
    seed = np.zeros_like(logits)
    seed[CLASS] = 1
    return vgg16_derivatives(tensors, pixels(), seed, mode, ceil=True)


@pytest.mark.parametrize("mode", MODES)
def test_that_every_layers_map_norm_and_shares_are_the_derivatives(mode: BackwardMode) -> None:
    found = seen()
    assert found.layers[0] == "conv5_3"
    assert found.layers[-1] == "input"
    assert "conv1_1" not in found.layers, "its input is the network's, which is there already"
    for layer, gradient in found.gradients[mode].items():
        w = expected(mode)["conv1_1" if layer == "input" else layer]
        scale = np.abs(w).max()
        np.testing.assert_allclose(gradient.largest, np.abs(w).max(0), atol=2e-4 * scale, err_msg=layer)
        assert gradient.channels == w.shape[0]
        assert gradient.norm == pytest.approx(float(np.sqrt((w**2).sum())), rel=1e-3)
        assert gradient.positive == pytest.approx(float((w > 0).mean()), abs=0.01)
        assert gradient.zero == pytest.approx(float((w == 0).mean()), abs=0.01)


def pre_activations(layer: str) -> Array:
    """What the ReLU of this convolution is given, (channels, h, w)."""
    tensors = vgg_tensors(SEED)
    _, inputs, _ = vgg16_logits(tensors, pixels(), ceil=True)
    return convolution(inputs[layer], tensors[f"{layer}.weight"], tensors[f"{layer}.bias"], 1, 1, 1)


def test_that_a_gate_shows_what_the_relu_before_a_convolution_was_given_and_what_arrives() -> None:
    unit = Unit("conv4_2", 9, 12)
    gate = seen(unit).gate
    assert gate is not None
    z = pre_activations("conv4_1")[:, 9, 12]
    assert gate.count == len(z)
    assert gate.name == "ReLU of conv4_1"
    assert gate.open_share == pytest.approx(float((z > 0).mean()))
    for channel in gate.channels:
        assert channel.activation == pytest.approx(float(z[channel.channel]), abs=1e-4)
        for mode in MODES:
            w = expected(mode)["conv4_2"]
            arrived = float(w[channel.channel, 9, 12])
            assert channel.incoming[mode] == pytest.approx(arrived, abs=2e-4 * float(np.abs(w).max()))


def test_that_behind_a_pool_the_gate_is_where_the_pool_found_its_largest_value() -> None:
    unit = Unit("conv4_1", 5, 7)
    gate = seen(unit).gate
    assert gate is not None
    z = pre_activations("conv3_3")[:, 10:12, 14:16].reshape(-1, 4)
    for channel in gate.channels:
        given = z[channel.channel]
        # Below zero everywhere the pool sees four zeros and takes the first of them.
        winner = given.max() if given.max() > 0 else given[0]
        assert channel.activation == pytest.approx(float(winner), abs=1e-4)


def test_that_what_a_gate_lets_through_is_what_the_rules_say() -> None:
    table = {
        (True, 2.0): (True, True, True),
        (True, -2.0): (True, False, False),
        (False, 2.0): (False, True, False),
        (False, -2.0): (False, False, False),
    }
    for (is_open, incoming), passes in table.items():
        assert tuple(passes_relu(mode, is_open=is_open, incoming=incoming) for mode in MODES) == passes
    for channel in seen(Unit("conv4_2", 9, 12)).gate.channels:  # type: ignore[union-attr]  # asked for above
        assert channel.is_open == (channel.activation > 0)
        for mode in MODES:
            assert channel.outgoing(mode) == (channel.incoming[mode] if channel.passes(mode) else 0.0)


def test_that_the_network_input_has_no_gate_and_a_unit_beyond_the_layer_is_refused() -> None:
    gate = seen(Unit("input", 3, 4)).gate
    assert gate is not None
    assert gate.channels == ()
    with pytest.raises(UserError, match="none at"):
        seen(Unit("conv5_3", 99, 0))


def test_that_the_unit_over_a_place_in_the_image_is_the_one_whose_square_lies_there() -> None:
    found = seen()
    top, left, height, width = found.image_on_canvas
    side = found.gradients["guided"]["conv4_2"].largest.shape[0]
    drawn = found.on_image("guided", "conv4_2")
    assert drawn.shape == (height, width)
    for row, col in ((0.0, 0.0), (0.5, 0.5), (0.999, 0.2)):
        unit = found.unit_at("conv4_2", row, col)
        assert unit == (int((top + row * height) * side / CANVAS_PX), int((left + col * width) * side / CANVAS_PX))
        assert drawn[int(row * height), int(col * width)] == found.gradients["guided"]["conv4_2"].largest[unit]
    assert found.unit_at("conv9", 0.5, 0.5) is None


@pytest.mark.parametrize("block", [0, 7, 15])
def test_that_the_gate_of_a_residual_block_is_its_inner_relu6(block: int, model_cache: ModelCache) -> None:
    compute, side = choose("cpu", "float32"), 64
    network = model_cache.get("efficientnet-lite0", "imagenet", compute).network
    x = np.random.default_rng(0).normal(0, 0.5, (3, side, side))
    tensors = real_lite0_tensors()
    pixels = torch.tensor(x[None], dtype=torch.float32)
    state = network.forward(pixels)
    seed = np.zeros(state.logits.shape[1:])
    seed[207] = 1
    row = col = min(1, side // 32 - 1)
    unit = Unit(f"block{block}", row, col)
    at: dict[BackwardMode, Array] = {mode: lite0_derivatives(tensors, x, seed, mode)[1][unit.layer] for mode in MODES}
    vectors = {mode: torch.tensor(w[:, row, col], dtype=torch.float32) for mode, w in at.items()}
    gate = gate_of(unit, relu_input(network, pixels, state, unit), vectors)

    stem, blocks, _ = lite0_layers(tensors)
    y = stem.forward(x)
    for index, layers in enumerate(blocks[: block + 1]):
        inner = y
        for layer in layers[:-1]:
            before, inner = inner, layer.forward(inner)
        if index == block:
            depthwise, project = layers[-2], layers[-1]
            after = before.shape[1] + 2 * depthwise.weight.shape[2] - depthwise.before
            raw = convolution(before, depthwise.weight, np.zeros(len(inner)), depthwise.stride, depthwise.before, after)
            z = batch_norm(raw[:, : inner.shape[1], : inner.shape[2]], tensors, depthwise.norm)[0][:, row, col]
            project.forward(inner)
            propagated = {mode: project.backward(w, mode)[:, row, col] for mode, w in at.items()}
        out = layers[-1].forward(inner)
        y = out + y if out.shape == y.shape and layers[-2].stride == 1 else out

    assert gate.count == len(z)
    assert gate.open_share == pytest.approx(float(((z > 0) & (z < 6)).mean()), abs=2 / len(z))
    for channel in gate.channels:
        assert channel.activation == pytest.approx(float(z[channel.channel]), abs=1e-3)
        for mode in MODES:
            size = float(np.abs(propagated[mode]).max())
            assert channel.incoming[mode] == pytest.approx(float(propagated[mode][channel.channel]), abs=1e-4 * size)
