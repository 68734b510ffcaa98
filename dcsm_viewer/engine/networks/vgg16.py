"""The paper's network: a fully convolutional VGG-16 of any widths, with a hand-written backward pass.

Thirteen 3x3 convolutions with padding 1, five 2x2 max-pools, fc6 as a 7x7 convolution without padding, fc7 and fc8
as 1x1 convolutions, no dropout. Derivatives are taken at the *input* of conv3_1 ... conv5_3 (docs/method.md 10.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import EllipsisType

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.networks.network import INPUT, ForwardState, Rectangle, relu_backward

BLOCKS = (2, 2, 3, 3, 3)
CONVOLUTIONS = tuple(f"conv{block}_{i}" for block, count in enumerate(BLOCKS, 1) for i in range(1, count + 1))
DENSE = ("fc6", "fc7", "fc8")
LAYERS = tuple(name for name in CONVOLUTIONS if name >= "conv3_1")
# Values of the canvas this close (relative) are equal: a little above what another order of summing makes of them.
TIE, TIE_IN_FLOAT64 = 1e-5, 1e-13
POOLED = frozenset(f"conv{block}_{count}" for block, count in enumerate(BLOCKS, 1))


Index = tuple[EllipsisType, slice, slice]


@dataclass(frozen=True, slots=True)
class VggReluMasks:
    """Per convolution, bool (1, O, h, w): where its ReLU let values through, and where the pool behind took them.

    dense: the masks (O, P) of fc6 and fc7 at their P positions. pooled: (h, w) of pool5's output.
    """

    convolutions: Mapping[str, Tensor]
    pool_argmax: Mapping[str, Tensor]
    dense: tuple[Tensor, Tensor]
    pooled: tuple[int, int]


class Vgg16:
    """Logits on the grid of fc6; the input must give pool5 at least 7x7 positions (193 px with ceil-mode pooling)."""

    layer_names = LAYERS
    gradient_layers = (INPUT, *CONVOLUTIONS)

    def __init__(self, tensors: Mapping[str, Tensor], convention: InputSpec, *, ceil_mode: bool = True) -> None:
        self.tensors = dict(tensors)
        self.convention = convention
        self.ceil_mode = ceil_mode
        self.classes = tensors["fc8.weight"].shape[0]

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], convention: InputSpec, *, ceil_mode: bool = True) -> Vgg16:
        """Make the network of tensors named conv1_1.weight ... fc8.bias; every width follows from their shapes.

        Parameters
        ----------
        tensors
            By name.
        convention
            How the network wants its pixels.
        ceil_mode
            Whether pools keep an odd last row and column.

        Returns
        -------
        Vgg16
            On the device of the tensors.

        Raises
        ------
        UserError
            A missing tensor or a chain of shapes that breaks; names what was expected.
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
        """Return the same network with its weights there and in that precision."""
        tensors = {name: tensor.to(device, dtype) for name, tensor in self.tensors.items()}
        for name in CONVOLUTIONS:
            weight = tensors[f"{name}.weight"]
            tensors[f"{name}.weight"] = weight.contiguous(memory_format=torch.channels_last)
        return Vgg16(tensors, self.convention, ceil_mode=self.ceil_mode)

    def forward(self, network_input: Tensor, on_image: Rectangle | None = None) -> ForwardState[VggReluMasks]:
        """Run the forward pass, as `Network.forward`."""
        x = network_input.contiguous(memory_format=torch.channels_last)
        seen = on_image or (range(x.shape[2]), range(x.shape[3]))
        masks, pool_argmax = {}, {}
        for name in CONVOLUTIONS:
            x = F.conv2d(x, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"], padding=1).clamp_(min=0)
            masks[name] = x > 0
            seen = _widened(seen, (x.shape[2], x.shape[3]))
            if name in POOLED:
                pooled_x = F.max_pool2d(x, 2, ceil_mode=self.ceil_mode)
                pool_argmax[name] = _pool_argmax(x, pooled_x, seen)
                x = pooled_x
                seen = _halved(seen)
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
        return ForwardState(logits, VggReluMasks(masks, pool_argmax, (fc6, fc7), pooled))

    def backward(
        self, state: ForwardState[VggReluMasks], grad_outputs: Tensor, layers: Sequence[str], mode: BackwardMode
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield derivatives at the wanted layers, as `Network.backward`.

        Parameters
        ----------
        state
            Of the forward pass.
        grad_outputs
            (K, C, h, w).
        layers
            Names of the wanted layers.
        mode
            How the gradient passes a ReLU.

        Returns
        -------
        Iterator
            (layer, derivative (K, channels, h, w)).
        """
        wanted, masks = set(layers), state.masks
        fc6, fc7 = masks.dense
        # The positions of all classes side by side, (channels, K * P): the great matrices are then read once.
        gradient = grad_outputs.flatten(2).transpose(0, 1).flatten(1)
        for name, mask in (("fc8", fc7), ("fc7", fc6)):
            gradient = self.tensors[f"{name}.weight"].flatten(1).T @ gradient
            relu_backward(gradient.view(gradient.shape[0], len(grad_outputs), -1), mask[:, None], mode)
        gradient = self._fc6_backward(gradient.view(gradient.shape[0], len(grad_outputs), -1), masks.pooled)
        for name in reversed(CONVOLUTIONS):
            mask = masks.convolutions[name]
            if name in POOLED:
                gradient = _unpooled(gradient, masks.pool_argmax[name])
            gradient = relu_backward(gradient, mask, mode)
            # The transpose of a 3x3 convolution with padding 1 is one with the kernel turned round.
            turned = self.tensors[f"{name}.weight"].transpose(0, 1).flip(2, 3)
            gradient = F.conv2d(gradient, turned, padding=1)
            if name in wanted:
                yield name, gradient
                wanted.discard(name)
            if not wanted:
                return
        yield INPUT, gradient

    def _dense(self, name: str, x: Tensor) -> Tensor:
        """(O, P): a fully connected layer at P positions; x: (I, P)."""
        return torch.addmm(self.tensors[f"{name}.bias"][:, None], self.tensors[f"{name}.weight"].flatten(1), x)

    def _fc6_backward(self, gradient: Tensor, pooled: tuple[int, int]) -> Tensor:
        """One matrix product from (4096, K, P), then every 7x7 patch added where it belongs."""
        patches = self.tensors["fc6.weight"].flatten(1).T @ gradient.flatten(1)
        patches = patches.view(patches.shape[0], *gradient.shape[1:]).transpose(0, 1)
        return F.fold(patches, pooled, kernel_size=7).contiguous(memory_format=torch.channels_last)


def _widened(seen: Rectangle, size: tuple[int, int]) -> Rectangle:
    """Where a 3x3 convolution with padding 1, of outputs (h, w), sees something of `seen`."""
    rows, columns = (range(max(0, r.start - 1), min(n, r.stop + 1)) for r, n in zip(seen, size, strict=True))
    return rows, columns


def _halved(seen: Rectangle) -> Rectangle:
    """The 2x2 windows with something of `seen` in them."""
    rows, columns = (range(r.start // 2, (r.stop + 1) // 2) for r in seen)
    return rows, columns


def _pool_argmax(x: Tensor, pooled: Tensor, on_image: Rectangle) -> Tensor:
    """Bool, shaped as x (1, O, H, W): which of each 2x2 window a gradient goes back to, the first of the largest.

    `on_image` are the positions of x that see something of the image. A window whose largest value is at one of them
    gives to the first that has the very same value. Elsewhere the largest is the constant canvas's, which is full of
    ties: where a gradient goes among them must not depend on the device or the number of threads, so there the first
    within rounding gets it. Windows do not overlap, so a map of winners is all that the unpooling needs.
    """
    pool_argmax = torch.zeros_like(x, dtype=torch.bool)
    free = torch.ones_like(pooled, dtype=torch.bool)
    cells = list(_cells(x, pooled))
    for (cell, here), least in zip(cells, _least(x, pooled, on_image, cells), strict=True):
        taken = (x[cell] >= least) & free[here]
        pool_argmax[cell] = taken
        free[here] &= ~taken
    return pool_argmax


def _cells(x: Tensor, pooled: Tensor) -> Iterator[tuple[Index, Index]]:
    """For each of the four places in a 2x2 window, in row-major order: the values there in x, and their windows."""
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        # Ceil-mode windows at the edge are cut; floor-mode pooling leaves the last row and column out.
        rows = min((x.shape[2] - row + 1) // 2, pooled.shape[2])
        columns = min((x.shape[3] - column + 1) // 2, pooled.shape[3])
        cell = (..., slice(row, 2 * rows, 2), slice(column, 2 * columns, 2))
        yield cell, (..., slice(rows), slice(columns))


def _least(x: Tensor, pooled: Tensor, on_image: Rectangle, cells: list[tuple[Index, Index]]) -> Iterator[Tensor]:
    """What a value must reach to be a largest one, at each of the four places."""
    rows, columns = on_image
    if (len(rows), len(columns)) == (x.shape[2], x.shape[3]):
        yield from (pooled[here] for _, here in cells)
        return
    seen = torch.zeros((1, 1, *x.shape[2:]), dtype=torch.bool, device=x.device)
    seen[..., rows.start : rows.stop, columns.start : columns.stop] = True
    from_image = torch.zeros_like(pooled, dtype=torch.bool)
    for cell, here in cells:
        from_image[here] |= (x[cell] == pooled[here]) & seen[cell]
    tie = TIE_IN_FLOAT64 if x.dtype == torch.float64 else TIE
    nearly = torch.where(from_image, pooled, pooled * (1 - tie))
    yield from (torch.where(seen[cell], pooled[here], nearly[here]) for cell, here in cells)


def _unpooled(gradient: Tensor, pool_argmax: Tensor) -> Tensor:
    """Each (K, O, h, w) gradient at its window's winner, zero elsewhere, as large as `pool_argmax`."""
    rows, columns = pool_argmax.shape[2:]
    spread = F.interpolate(gradient, scale_factor=2.0, mode="nearest")[:, :, :rows, :columns]
    if spread.shape[2:] != pool_argmax.shape[2:]:  # floor-mode pooling never looked at the last row or column
        spread = F.pad(spread, (0, columns - spread.shape[3], 0, rows - spread.shape[2]))
    return spread * pool_argmax
