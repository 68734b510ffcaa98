"""torchvision's classifiers through TorchNetwork: layers proposed, methods defined, gradients against graph surgery."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import pytest
import torch
import torchvision  # type: ignore[import-untyped]  # ships no type information
from torch import nn

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.engine.networks.input_spec import TORCHVISION
from dcsm_viewer.engine.networks.network import INPUT
from dcsm_viewer.engine.networks.torch_network import wrap_module
from tests.reference.guided_by_surgery import derivatives

CLASSES = 5


@dataclass(frozen=True, slots=True)
class Expected:
    """What a network is found to be; `side` of an input that is enough for it, 0 where it has a size of its own."""

    proposed: tuple[str, ...]
    is_guided: bool
    head_is_map: bool
    side: int = 96


NETWORKS = {
    "resnet18": Expected(("layer2", "layer3", "layer4"), is_guided=True, head_is_map=True),
    "resnet50": Expected(("layer2", "layer3", "layer4"), is_guided=True, head_is_map=True),
    "densenet121": Expected(
        ("features.denseblock2", "features.denseblock3", "features"), is_guided=True, head_is_map=True
    ),
    "googlenet": Expected(("inception3b", "inception4e", "inception5b"), is_guided=True, head_is_map=True),
    "inception_v3": Expected(("Mixed_5d", "Mixed_6e", "Mixed_7c"), is_guided=True, head_is_map=True, side=139),
    "mobilenet_v2": Expected(("features.6", "features.13", "features"), is_guided=True, head_is_map=True),
    "mobilenet_v3_small": Expected(("features.3", "features.8", "features"), is_guided=False, head_is_map=False),
    "squeezenet1_1": Expected(("features.4", "features.7", "features"), is_guided=True, head_is_map=True),
    "shufflenet_v2_x1_0": Expected(("stage2", "stage3", "conv5"), is_guided=True, head_is_map=True),
    "mnasnet0_5": Expected(("layers.9", "layers.11", "layers"), is_guided=True, head_is_map=True),
    "regnet_y_400mf": Expected(
        ("trunk_output.block2", "trunk_output.block3", "trunk_output"), is_guided=True, head_is_map=True
    ),
    "efficientnet_b0": Expected(("features.3", "features.5", "features"), is_guided=False, head_is_map=True),
    "convnext_tiny": Expected(("features.3", "features.5", "features"), is_guided=False, head_is_map=False),
    "vit_b_16": Expected(
        tuple(f"encoder.layers.encoder_layer_{index}" for index in (3, 7, 10)), is_guided=False, head_is_map=False
    ),
    "swin_t": Expected(("features.3", "features.5", "norm"), is_guided=False, head_is_map=True),
    "vgg16_bn": Expected(("features.21", "features.31", "features.41"), is_guided=True, head_is_map=False),
}
TRACED = [name for name, expected in NETWORKS.items() if expected.is_guided]


def made(name: str) -> nn.Module:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GoogLeNet's and Inception's on their initial weights
        module: nn.Module = torchvision.models.get_model(name, weights=None, num_classes=CLASSES)
    for parameter in module.parameters():
        if parameter.ndim > 1 and not bool(parameter.any()):  # ViT begins with a head of zeros
            torch.nn.init.normal_(parameter, std=0.02)
    return module


@pytest.mark.parametrize("name", NETWORKS)
def test_that_layers_are_proposed_and_methods_told_apart(name: str) -> None:
    expected = NETWORKS[name]
    network = wrap_module(made(name), TORCHVISION, architecture=f"torchvision/{name}")
    assert network.layer_names == expected.proposed
    assert ("guided" not in network.undefined_methods) == expected.is_guided
    assert network.head_is_map == expected.head_is_map
    assert network.classes == CLASSES
    strides = {layer.name: layer.stride for layer in network.layers}
    assert sorted(strides[layer] for layer in network.layer_names) == [strides[layer] for layer in network.layer_names]
    state = network.forward(torch.randn(1, 3, expected.side, expected.side))
    grad_outputs = torch.zeros_like(state.logits)
    grad_outputs[:, 1] = 1
    mode: BackwardMode = "guided" if expected.is_guided else "gradient"
    channels = {layer.name: layer.channels for layer in network.layers}
    for layer, gradient in network.backward(state, grad_outputs, network.layer_names, mode):
        assert gradient.ndim == 4
        assert gradient.shape[1] == channels[layer]
        assert bool(torch.isfinite(gradient).all())
        assert float(gradient.abs().max()) > 0


@pytest.mark.parametrize("name", TRACED)
def test_that_guided_gradients_are_those_of_graph_surgery(name: str) -> None:
    module = made(name).double()
    side = NETWORKS[name].side
    x = torch.randn(1, 3, side, side, dtype=torch.float64)
    network = wrap_module(module, TORCHVISION)
    state = network.forward(x)
    grad_outputs = torch.zeros_like(state.logits)
    grad_outputs[:, 2] = 1 / state.logits[0, 0].numel()
    expected = derivatives(module, x, 2, "guided")
    wanted = [name for name in network.gradient_layers if name in expected]
    assert len(wanted) > 5
    for layer, gradient in network.backward(state, grad_outputs, [INPUT, *wanted[:: len(wanted) // 5]], "guided"):
        scale = float(expected[layer].abs().max())
        torch.testing.assert_close(gradient, expected[layer], rtol=0, atol=1e-9 * scale + 1e-300, msg=layer)
