"""EfficientNet-Lite1 and -Lite2 by the passes of Lite0: layers, recognition by shapes, derivatives, real weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.engine.networks.efficientnet_lite import LITE0, VARIANTS, EfficientNetLite, variant_of
from dcsm_viewer.engine.networks.network import INPUT
from dcsm_viewer.engine.weights import library

LAYERS = {
    "efficientnet-lite0": ("block4", "block7", "block10", "block14", "block15"),
    "efficientnet-lite1": ("block6", "block10", "block14", "block19", "block20"),
    "efficientnet-lite2": ("block6", "block10", "block14", "block19", "block20"),
}
DOUBLE = torch.float64


@pytest.mark.parametrize("name", VARIANTS)
def test_that_each_variant_is_told_by_its_shapes_and_has_the_last_block_of_each_stage(name: str) -> None:
    weights = library.load(name)
    assert weights.architecture == name == variant_of(weights.tensors).name
    network = EfficientNetLite.of(weights.tensors)
    assert network.layer_names == LAYERS[name] == VARIANTS[name].layer_names
    assert len(network.blocks) == VARIANTS[name].blocks
    assert network.classes == 1000


def test_that_tensors_of_no_variant_are_compared_with_lite0() -> None:
    assert variant_of({}) is LITE0


@pytest.mark.parametrize("name", ["efficientnet-lite1", "efficientnet-lite2"])
def test_that_derivatives_are_those_of_autograd(name: str) -> None:
    network = EfficientNetLite.of(library.load(name).tensors).to(torch.device("cpu"), DOUBLE)
    pixels = torch.randn(1, 3, 64, 80, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    state = network.forward(pixels)
    grad_outputs = torch.zeros_like(state.logits)
    grad_outputs[:, 207] = 1
    found = dict(network.backward(state, grad_outputs, [INPUT], "gradient"))[INPUT]
    x = pixels.clone().requires_grad_()
    logits = by_autograd(network, x)
    torch.testing.assert_close(state.logits, logits.detach(), rtol=0, atol=1e-10)
    (expected,) = torch.autograd.grad(logits[:, 207].sum(), x)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-11 * float(expected.abs().max()))


def by_autograd(network: EfficientNetLite, x: Tensor) -> Tensor:
    x = F.relu6(network.stem.forward(x))
    for block in network.blocks:
        before = x
        if block.expand is not None:
            x = F.relu6(block.expand.forward(x))
        x = block.project.forward(F.relu6(block.depthwise.forward(x)))
        x = x + before if block.skip else x
    return network.classify.forward(F.relu6(network.head.forward(x)))
