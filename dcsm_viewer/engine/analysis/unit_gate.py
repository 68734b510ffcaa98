"""Which ReLU lies below a unit of a layer, what it was given on the way up, and how a derivative gets to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.efficientnet_lite import EfficientNetLite
from dcsm_viewer.engine.networks.network import ForwardState, Network
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, POOLED, Vgg16, VggReluMasks
from dcsm_viewer.queries.gradient_query import Unit


@dataclass(frozen=True, slots=True)
class ReluInput:
    """The ReLU of `name`: what it was given (channels,), above which it is closed again, and how it is reached.

    weight: (channels of the layer, channels of the ReLU), None where a derivative arrives as it is.
    """

    name: str
    activations: Tensor
    ceiling: float = math.inf
    weight: Tensor | None = None

    def propagated(self, vector: Tensor) -> Tensor:
        """Carry the derivative at the unit (channels of the layer,) to the ReLU (channels of the ReLU,)."""
        return vector if self.weight is None else vector @ self.weight


def relu_input(network: Network[Any], pixels: Tensor, state: ForwardState[Any], unit: Unit) -> ReluInput:
    """Find the ReLU in front of a unit and what carries derivatives to it.

    For the input of a VGG convolution it is the ReLU before it, through the pool's switch where a pool lies between;
    for the output of an inverted residual block the ReLU6 inside it, before the projection, at the same position.

    Parameters
    ----------
    network
        The network.
    pixels
        Its input (1, 3, h, w).
    state
        Of the forward pass.
    unit
        The unit of the layer.

    Returns
    -------
    ReluInput
        The ReLU's values at the position.
    """
    if isinstance(network, Vgg16):
        return _of_vgg(network, pixels, state.masks, unit)
    if isinstance(network, EfficientNetLite):
        return _of_lite(network, pixels, unit)
    raise UserError("The gates of this network are not known.")


def _of_vgg(network: Vgg16, pixels: Tensor, masks: VggReluMasks, unit: Unit) -> ReluInput:
    before = CONVOLUTIONS[CONVOLUTIONS.index(unit.layer) - 1]
    x = pixels.contiguous(memory_format=torch.channels_last)
    for name in CONVOLUTIONS:
        z = F.conv2d(x, network.tensors[f"{name}.weight"], network.tensors[f"{name}.bias"], padding=1)
        if name == before:
            break
        x = z.clamp_(min=0)
        if name in POOLED:
            x = F.max_pool2d(x, 2, ceil_mode=network.ceil_mode)
    if before not in POOLED:
        return ReluInput(f"ReLU of {before}", z[0, :, unit.row, unit.col])
    window = (slice(None), slice(2 * unit.row, 2 * unit.row + 2), slice(2 * unit.col, 2 * unit.col + 2))
    winner = masks.pool_argmax[before][0][window].flatten(1).to(torch.uint8).argmax(1, keepdim=True)
    return ReluInput(
        f"ReLU of {before}, where the pool found its largest value", z[0][window].flatten(1).gather(1, winner)[:, 0]
    )


def _of_lite(network: EfficientNetLite, pixels: Tensor, unit: Unit) -> ReluInput:
    wanted = int(unit.layer.removeprefix("block"))
    x = network.stem.forward(pixels.contiguous(memory_format=torch.channels_last)).clamp_(0, 6)
    for index, block in enumerate(network.blocks):
        y = x if block.expand is None else block.expand.forward(x).clamp_(0, 6)
        z = block.depthwise.forward(y)
        if index == wanted:
            break
        y = block.project.forward(z.clamp_(0, 6))
        x = y.add_(x) if block.skip else y
    return ReluInput(
        f"ReLU6 inside {unit.layer}, before its projection",
        z[0, :, unit.row, unit.col],
        ceiling=6.0,
        weight=block.project.weight.flatten(1),
    )
