"""The networks with passes written by hand, as modules through TorchNetwork: the same logits and derivatives."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.engine.baselines.torch_modules import LiteModule, VggModule, _Convolved
from dcsm_viewer.engine.networks.class_head import SoftmaxClasses
from dcsm_viewer.engine.networks.efficientnet_lite import EfficientNetLite
from dcsm_viewer.engine.networks.network import INPUT, Network
from dcsm_viewer.engine.networks.torch_network import TorchNetwork, wrap_module
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, POOLED, Vgg16
from dcsm_viewer.engine.weights import library

# Of the largest value, in float64: in float32 a ReLU or a maximum may fall on the other side by rounding alone.
TOLERANCE = 1e-11
CPU, DOUBLE = torch.device("cpu"), torch.float64
MODES: tuple[BackwardMode, ...] = ("guided", "gradient", "deconvnet")


class Lite(LiteModule):
    """Logits averaged over positions, with a graph from its input on."""

    def forward(self, network_input: Tensor) -> Tensor:
        x = F.relu6(self._stem(network_input))
        for block, skip in zip(self._blocks, self._skips, strict=True):
            before = x
            *inner, project = block.children()
            for convolved in inner:
                x = F.relu6(convolved(x))
            x = project(x) + before if skip else project(x)
        result: Tensor = self._classify(self.features(self._head(x))).mean((2, 3))
        return result


class Vgg(VggModule):
    """Logits averaged over positions, with a graph from its input on."""

    def forward(self, network_input: Tensor) -> Tensor:
        x = network_input
        for name in CONVOLUTIONS:
            x = self._convolved(x, name, padding=1)
            x = self.features(x) if name == CONVOLUTIONS[-1] else x.relu()
            if name in POOLED:
                x = F.max_pool2d(x, 2, ceil_mode=self._ceil_mode)
        x = self._convolved(self._convolved(x, "fc6").relu(), "fc7").relu()
        return self._convolved(x, "fc8").mean((2, 3))


def derivatives(network: Network[Any], pixels: Tensor, mode: BackwardMode, layers: list[str]) -> dict[str, Tensor]:
    state = network.forward(pixels)
    grad_outputs = torch.zeros_like(state.logits)
    grad_outputs[:, 3] = 1
    found = {name: gradient.clone() for name, gradient in network.backward(state, grad_outputs, layers, mode)}
    return found | {"logits": state.logits}


def assert_close(found: Tensor, expected: Tensor) -> None:
    scale = float(expected.abs().max())
    assert scale > 0
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE * scale)


@pytest.mark.parametrize("mode", MODES)
def test_that_lite0_as_a_module_has_the_same_logits_and_derivatives(mode: BackwardMode) -> None:
    weights = library.load("lite0-voc")
    by_hand = EfficientNetLite.of(weights.tensors, weights.convention).to(CPU, DOUBLE)
    names = tuple(f"class {index}" for index in range(by_hand.classes))
    module = Lite(by_hand, SoftmaxClasses(names)).double()
    for each in module.modules():
        if isinstance(each, _Convolved):
            each._convolution = each._convolution.to(CPU, DOUBLE)
    wrapped = wrap_module(module, weights.convention)
    pixels = torch.randn(1, 3, 96, 112, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    expected = derivatives(by_hand, pixels, mode, [INPUT, *by_hand.layer_names])
    # A block's sum has the derivative of the projection that goes into it.
    parts = {name: f"_blocks.{name[5:]}.{len(wrapped_block(wrapped, name)) - 1}" for name in by_hand.layer_names}
    found = derivatives(wrapped, pixels, mode, [INPUT, *parts.values()])
    assert_close(found["logits"], expected["logits"])
    for block, part in {INPUT: INPUT, **parts}.items():
        assert_close(found[part], expected[block])


def wrapped_block(network: TorchNetwork, block: str) -> list[str]:
    return [name for name in network.gradient_layers if name.startswith(f"_blocks.{block[5:]}.")]


@pytest.mark.parametrize("mode", MODES[:1])  # a second each; Lite0 has all three
def test_that_vgg16_as_a_module_has_the_same_logits_and_derivatives(mode: BackwardMode) -> None:
    weights = library.load("vgg16-voc")
    by_hand = Vgg16.of(weights.tensors, weights.convention, ceil_mode=weights.ceil_mode).to(CPU, DOUBLE)
    names = tuple(f"class {index}" for index in range(by_hand.classes))
    wrapped = wrap_module(Vgg(by_hand, SoftmaxClasses(names)).double(), weights.convention)
    pixels = torch.randn(1, 3, 224, 224, dtype=DOUBLE, generator=torch.Generator().manual_seed(0)) * 2
    expected = derivatives(by_hand, pixels, mode, [INPUT])
    found = derivatives(wrapped, pixels, mode, [INPUT])
    assert_close(found["logits"], expected["logits"])
    assert_close(found[INPUT], expected[INPUT])
