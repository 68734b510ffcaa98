"""The network that checked weights make, whatever their architecture."""

from __future__ import annotations

from typing import Any

from dcsm_viewer.engine.networks.efficientnet_lite import VARIANTS, EfficientNetLite, LiteVariant
from dcsm_viewer.engine.networks.network import Network
from dcsm_viewer.engine.networks.torch_network import TorchNetwork, wrap_module
from dcsm_viewer.engine.networks.vgg16 import Vgg16
from dcsm_viewer.engine.weights.architectures.module_building import build_module
from dcsm_viewer.engine.weights.weights_file import WeightsFile

# Networks with passes of their own, and what they are asked about their layers; all others go through TorchNetwork.
WRITTEN_BY_HAND: dict[str, type[Vgg16] | LiteVariant] = {"vgg16": Vgg16, **VARIANTS}


def network_of(weights: WeightsFile) -> Network[Any]:
    """Return the network, on the CPU in float32. Raises UserError for weights that do not make one."""
    if weights.architecture == "vgg16":
        return Vgg16.of(weights.tensors, weights.convention, ceil_mode=weights.ceil_mode)
    if weights.architecture in VARIANTS:
        return EfficientNetLite.of(weights.tensors, weights.convention)
    return torch_network_of(weights)


def torch_network_of(weights: WeightsFile) -> TorchNetwork:
    """Return the network of an architecture that a library builds. Raises UserError as `wrap_module` does."""
    outputs = len(weights.class_names) if weights.groups is None else 1 + max(max(group) for group in weights.groups)
    module = build_module(weights.architecture, outputs, weights.tensors)
    return wrap_module(
        module,
        weights.convention,
        layer_names=weights.layer_names or None,
        architecture=weights.architecture,
    )
