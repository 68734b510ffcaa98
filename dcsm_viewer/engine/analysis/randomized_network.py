"""A copy of a network whose top layers have random weights; everything below is shared with the trained one."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.model_cache import Model
from dcsm_viewer.engine.networks.efficientnet_lite import Block, Convolution, EfficientNetLite
from dcsm_viewer.engine.networks.network import Network
from dcsm_viewer.engine.networks.torch_network import TorchNetwork
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE, Vgg16

CLASSIFIER, HEAD, STEM = "classifier", "head", "stem"


@dataclass(frozen=True, slots=True)
class WeightRandomizer:
    """Draws each layer once, so that k + 1 randomised layers are the k layers of before and one more.

    A drawn tensor has the shape, mean and standard deviation of the trained one, values normally distributed. What is
    drawn depends on the seed and the layer's name alone: not on the order asked in, nor on the device.
    """

    model: Model
    seed: int
    drawn: dict[str, Tensor] = field(default_factory=dict)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that have weights, the top first."""
        network = self.model.network
        if isinstance(network, Vgg16):
            return tuple(reversed((*CONVOLUTIONS, *DENSE)))
        if isinstance(network, EfficientNetLite):
            return (CLASSIFIER, HEAD, *(f"block{index}" for index in reversed(range(len(network.blocks)))), STEM)
        if isinstance(network, TorchNetwork):
            return tuple(reversed(tuple(_owners(network.module))))
        raise UserError(f"The layers of {self.model.card.name} are not known, so they cannot be randomised.")

    def model_with(self, count: int) -> Model:
        """Make the model whose top `count` layers are random; its card has its own digest, as nothing is shared."""
        if count == 0:
            return self.model
        card = replace(self.model.card, weights_digest=f"{self.model.card.weights_digest}/{self.seed}/{count}")
        return replace(self.model, network=self._network(frozenset(self.layers[:count])), card=card)

    def _network(self, random: frozenset[str]) -> Network[Any]:
        network = self.model.network
        if isinstance(network, Vgg16):
            tensors = {
                name: self._redrawn(name, tensor) if name.split(".")[0] in random else tensor
                for name, tensor in network.tensors.items()
            }
            return Vgg16(tensors, network.convention, ceil_mode=network.ceil_mode)
        if isinstance(network, TorchNetwork):
            return network.with_module(self._module(network.module, random))
        assert isinstance(network, EfficientNetLite), "`layers` refuses any other"
        blocks = [
            self._block(f"block{index}", block) if f"block{index}" in random else block
            for index, block in enumerate(network.blocks)
        ]
        stem, head, classify = (
            self._convolution(name, layer) if name in random else layer
            for name, layer in ((STEM, network.stem), (HEAD, network.head), (CLASSIFIER, network.classify))
        )
        return EfficientNetLite(stem, blocks, head, classify, network.convention, network.variant)

    def _module(self, trained: nn.Module, random: frozenset[str]) -> nn.Module:
        """A copy of a module whose submodules of these names have drawn parameters; running statistics stay."""
        drawn = copy.deepcopy(trained).requires_grad_(requires_grad=False)
        for name, owner in _owners(drawn).items():
            if name in random:
                for part, parameter in owner.named_parameters(recurse=False):
                    parameter.data = self._redrawn(f"{name}.{part}", parameter.detach())
        return drawn

    def _block(self, name: str, block: Block) -> Block:
        return Block(
            block.expand and self._convolution(f"{name}.expand", block.expand),
            self._convolution(f"{name}.depthwise", block.depthwise),
            self._convolution(f"{name}.project", block.project),
            block.skip,
        )

    def _convolution(self, name: str, layer: Convolution) -> Convolution:
        weight, bias = self._redrawn(f"{name}.weight", layer.weight), self._redrawn(f"{name}.bias", layer.bias)
        return replace(layer, weight=weight, bias=bias)

    def _redrawn(self, name: str, trained: Tensor) -> Tensor:
        if name not in self.drawn:
            self.drawn[name] = random_like(trained, zlib.crc32(f"{self.seed}/{name}".encode()))
        return self.drawn[name]


def _owners(module: nn.Module) -> dict[str, nn.Module]:
    """Submodules with parameters of their own, by name, in the order in which they were registered: from the input."""
    return {name: each for name, each in module.named_modules() if any(True for _ in each.parameters(recurse=False))}


def random_like(trained: Tensor, seed: int) -> Tensor:
    """Normally distributed values with the shape, mean and standard deviation of `trained`, on its device."""
    spread, mean = torch.std_mean(trained.float(), correction=0)
    # Drawn on the CPU, whose generator gives the same numbers on every machine.
    values = torch.randn(trained.shape, generator=torch.Generator().manual_seed(seed))
    # As the trained tensor lies in memory: channels_last weights are several times as fast.
    return torch.empty_like(trained).copy_(values.mul_(spread.cpu()).add_(mean.cpu()))


def layer_tensors(network: Network[Any]) -> Mapping[str, Tensor]:
    """Return every weight and bias by the name it is drawn under."""
    if isinstance(network, Vgg16):
        return network.tensors
    if isinstance(network, TorchNetwork):
        return dict(network.module.named_parameters())
    assert isinstance(network, EfficientNetLite), "the architectures written by hand"
    found = {CLASSIFIER: network.classify, HEAD: network.head, STEM: network.stem}
    for index, block in enumerate(network.blocks):
        parts = {"expand": block.expand, "depthwise": block.depthwise, "project": block.project}
        found |= {f"block{index}.{part}": layer for part, layer in parts.items() if layer is not None}
    return {
        f"{name}.{part}": tensor
        for name, layer in found.items()
        for part, tensor in (("weight", layer.weight), ("bias", layer.bias))
    }
