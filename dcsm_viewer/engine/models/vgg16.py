"""The paper's network: a fully convolutional VGG-16 of any widths, with a hand-written backward pass.

Thirteen 3x3 convolutions with padding 1, five 2x2 max-pools, fc6 as a 7x7 convolution without padding, fc7 and fc8
as 1x1 convolutions, no dropout. Derivatives are taken at the *input* of conv3_1 ... conv5_3 (docs/method.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.engine.models.convention import InputConvention
from dcsm_viewer.engine.models.network import INPUT, Trace, through_relu
from dcsm_viewer.values import BackwardMode, UserError

BLOCKS = (2, 2, 3, 3, 3)
CONVOLUTIONS = tuple(f"conv{block}_{i}" for block, count in enumerate(BLOCKS, 1) for i in range(1, count + 1))
DENSE = ("fc6", "fc7", "fc8")
LAYERS = tuple(name for name in CONVOLUTIONS if name >= "conv3_1")
# Values this close (relative) are a tie of a max-pool: a little above what float32 makes of another order of summing.
TIE = 1e-5
POOLED = frozenset(f"conv{block}_{count}" for block, count in enumerate(BLOCKS, 1))


@dataclass(frozen=True, slots=True)
class VggGates:
    """Per convolution, bool (1, O, h, w): where its ReLU let values through, and where the pool behind took them.

    dense: the gates (O, P) of fc6 and fc7 at their P positions. pooled: (h, w) of pool5's output.
    """

    convolutions: Mapping[str, Tensor]
    winners: Mapping[str, Tensor]
    dense: tuple[Tensor, Tensor]
    pooled: tuple[int, int]


class Vgg16:
    """Logits on the grid of fc6; the input must give pool5 at least 7x7 positions (193 px with ceil-mode pooling)."""

    layer_names = LAYERS
    derivable = (INPUT, *CONVOLUTIONS)

    def __init__(self, tensors: Mapping[str, Tensor], convention: InputConvention, *, ceil_mode: bool = True) -> None:
        self.tensors = dict(tensors)
        self.convention = convention
        self.ceil_mode = ceil_mode
        self.classes = tensors["fc8.weight"].shape[0]

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], convention: InputConvention, *, ceil_mode: bool = True) -> Vgg16:
        """The network of tensors named conv1_1.weight ... fc8.bias; every width follows from their shapes.

        Raises UserError for a missing tensor or a chain of shapes that breaks, naming what was expected.
        """
        inputs = 3
        for name in (*CONVOLUTIONS, *DENSE):
            kernel = 3 if name in CONVOLUTIONS else 7 if name == "fc6" else 1
            for part in ("weight", "bias"):
                if f"{name}.{part}" not in tensors:
                    raise UserError(f"These are not VGG-16 weights: {name}.{part} is missing.")
            weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
            expected = (weight.shape[0], inputs, kernel, kernel)
            if tuple(weight.shape) != expected:
                raise UserError(
                    f"These VGG-16 weights do not fit: {name}.weight should be {expected}, it is {tuple(weight.shape)}."
                )
            if tuple(bias.shape) != (weight.shape[0],):
                raise UserError(
                    f"These VGG-16 weights do not fit: {name}.bias should be {(weight.shape[0],)}, "
                    f"it is {tuple(bias.shape)}."
                )
            inputs = weight.shape[0]
        return cls({name: tensor.detach() for name, tensor in tensors.items()}, convention, ceil_mode=ceil_mode)

    def to(self, device: torch.device, dtype: torch.dtype) -> Vgg16:
        tensors = {name: tensor.to(device, dtype) for name, tensor in self.tensors.items()}
        for name in CONVOLUTIONS:
            weight = tensors[f"{name}.weight"]
            tensors[f"{name}.weight"] = weight.contiguous(memory_format=torch.channels_last)
        return Vgg16(tensors, self.convention, ceil_mode=self.ceil_mode)

    def forward(self, network_input: Tensor) -> Trace[VggGates]:
        x = network_input.contiguous(memory_format=torch.channels_last)
        gates, winners = {}, {}
        for name in CONVOLUTIONS:
            x = F.conv2d(x, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"], padding=1).clamp_(min=0)
            gates[name] = x > 0
            if name in POOLED:
                pooled_x = F.max_pool2d(x, 2, ceil_mode=self.ceil_mode)
                winners[name] = _winners(x, pooled_x)
                x = pooled_x
        pooled = (x.shape[2], x.shape[3])
        if min(pooled) < 7:
            side = min(network_input.shape[2:])
            raise UserError(
                f"A scale of {side} px is too small for VGG-16: fc6 needs 7x7 positions. Take 224 px or more."
            )
        # As matrix products: the convolution for a 7x7 kernel reorders 400 MB of weights on every call.
        rows, columns = pooled[0] - 6, pooled[1] - 6
        x = self._dense("fc6", F.unfold(x, 7)[0]).clamp_(min=0)
        fc6 = x > 0
        x = self._dense("fc7", x).clamp_(min=0)
        fc7 = x > 0
        logits = self._dense("fc8", x).view(1, -1, rows, columns)
        return Trace(logits, VggGates(gates, winners, (fc6, fc7), pooled))

    def backward(
        self, trace: Trace[VggGates], seeds: Tensor, layers: Sequence[str], mode: BackwardMode
    ) -> Iterator[tuple[str, Tensor]]:
        wanted, gates = set(layers), trace.gates
        fc6, fc7 = gates.dense
        # The positions of all classes side by side, (channels, K * P): the great matrices are then read once.
        gradient = seeds.flatten(2).transpose(0, 1).flatten(1)
        for name, gate in (("fc8", fc7), ("fc7", fc6)):
            gradient = self.tensors[f"{name}.weight"].flatten(1).T @ gradient
            through_relu(gradient.view(gradient.shape[0], len(seeds), -1), gate[:, None], mode)
        gradient = self._fc6_backward(gradient.view(gradient.shape[0], len(seeds), -1), gates.pooled)
        for name in reversed(CONVOLUTIONS):
            gate = gates.convolutions[name]
            if name in POOLED:
                gradient = _unpooled(gradient, gates.winners[name])
            gradient = through_relu(gradient, gate, mode)
            # The transpose of a 3x3 convolution with padding 1 is one with the kernel turned round.
            turned = self.tensors[f"{name}.weight"].transpose(0, 1).flip(2, 3)
            gradient = F.conv2d(gradient, turned, padding=1)
            if name in wanted:
                yield name, gradient
                wanted.discard(name)
            if not wanted:
                return
        yield INPUT, gradient

    def backward_bytes(self, trace: Trace[VggGates], layers: Sequence[str]) -> int:
        wanted, gates = set(layers), trace.gates
        patches = 7 * 7 * gates.convolutions[CONVOLUTIONS[-1]].shape[1] * gates.dense[0].shape[1]
        largest = patches
        for name in reversed(CONVOLUTIONS):
            # What comes in, what the convolution gives, and a third beside them for the unpooling or the reordering.
            outputs = gates.convolutions[name][0].numel()
            inputs = self.tensors[f"{name}.weight"].shape[1] * outputs // gates.convolutions[name].shape[1]
            largest = max(largest, 2 * outputs + max(outputs, inputs))
            wanted.discard(name)
            if not wanted:
                break
        return largest * trace.logits.element_size()

    def _dense(self, name: str, x: Tensor) -> Tensor:
        """(O, P): a fully connected layer at P positions; x: (I, P)."""
        return torch.addmm(self.tensors[f"{name}.bias"][:, None], self.tensors[f"{name}.weight"].flatten(1), x)

    def _fc6_backward(self, gradient: Tensor, pooled: tuple[int, int]) -> Tensor:
        """One matrix product from (4096, K, P), then every 7x7 patch added where it belongs."""
        patches = self.tensors["fc6.weight"].flatten(1).T @ gradient.flatten(1)
        patches = patches.view(patches.shape[0], *gradient.shape[1:]).transpose(0, 1)
        return F.fold(patches, pooled, kernel_size=7).contiguous(memory_format=torch.channels_last)


def _winners(x: Tensor, pooled: Tensor) -> Tensor:
    """Bool, shaped as x (1, O, H, W): which of each 2x2 window a gradient goes back to, the first of the largest.

    Values that differ by rounding alone are equal here: the black canvas around a photograph is full of ties, and
    where its gradient goes must not depend on the device or the number of threads. Windows do not overlap, so a map
    of winners is all that the unpooling needs.
    """
    winners = torch.zeros_like(x, dtype=torch.bool)
    least = pooled * (1 - TIE)
    free = torch.ones_like(pooled, dtype=torch.bool)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        values = x[:, :, row::2, column::2]
        # Ceil-mode windows at the edge are cut; floor-mode pooling leaves the last row and column out.
        rows, columns = (min(values.shape[axis], pooled.shape[axis]) for axis in (2, 3))
        here = (slice(None), slice(None), slice(rows), slice(columns))
        taken = (values[here] >= least[here]) & free[here]
        winners[:, :, row::2, column::2][here] = taken
        free[here] &= ~taken
    return winners


def _unpooled(gradient: Tensor, winners: Tensor) -> Tensor:
    """Each (K, O, h, w) gradient at its window's winner, zero elsewhere, as large as `winners`."""
    rows, columns = winners.shape[2:]
    spread = F.interpolate(gradient, scale_factor=2.0, mode="nearest")[:, :, :rows, :columns]
    if spread.shape[2:] != winners.shape[2:]:  # floor-mode pooling never looked at the last row or column
        spread = F.pad(spread, (0, columns - spread.shape[3], 0, rows - spread.shape[2]))
    return spread * winners
