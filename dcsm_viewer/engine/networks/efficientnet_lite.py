"""EfficientNet-Lite0 as a fully convolutional network with a hand-written backward pass.

Architecture: inverted residual blocks (expand 1x1, depthwise k x k, project 1x1), ReLU6, TensorFlow SAME padding.
Batch normalisation is folded into the convolutions when the weights are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import EFFICIENTNET_LITE, InputSpec
from dcsm_viewer.engine.networks.network import INPUT, ForwardState, Rectangle

BATCH_NORM_EPSILON = 1e-3
# (repeats, kernel, stride of the first, expansion, channels out) of the seven stages.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
CHANNEL_SKIP_SHARE = 0.85  # share of living channels below which the dead ones are left out of the products
# Last block of each stage with stride 8, 16 or 32: the counterparts of conv3, conv4 and conv5.
SALIENCY_BLOCKS = (4, 7, 10, 14, 15)


@dataclass(frozen=True, slots=True)
class Convolution:
    """weight (O, I / groups, k, k) and bias (O,), batch normalisation folded in; padding as TensorFlow's SAME."""

    weight: Tensor
    bias: Tensor
    stride: int
    groups: int

    @property
    def kernel(self) -> int:
        """The side of the kernel, px."""
        return self.weight.shape[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, I, h, w)."""
        if self.kernel == 1:
            return _pointwise(x, self.weight.flatten(1).T, self.bias)
        left, right = self._padding(x.shape[-1])
        top, bottom = self._padding(x.shape[-2])
        if (left, top) == (right, bottom):
            return F.conv2d(x, self.weight, self.bias, self.stride, (top, left), groups=self.groups)
        return F.conv2d(F.pad(x, (left, right, top, bottom)), self.weight, self.bias, self.stride, groups=self.groups)

    def backward(self, gradient: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the derivative (K, I, *size) at the input, of `gradient` (K, O, h, w) at the output."""
        if self.kernel == 1:
            return _pointwise(gradient, self.weight.flatten(1))
        if self.groups == 1:
            return self._transposed(gradient, size)
        return self._depthwise(gradient, size)

    def _depthwise(self, gradient: Tensor, size: tuple[int, int]) -> Tensor:
        # A transposed depthwise convolution is a depthwise convolution with the kernel turned round, of the
        # gradient spread out by the stride; CPUs have a fast kernel for that one and none for the other.
        spread = gradient
        (top, _), (left, _) = self._padding(size[0]), self._padding(size[1])
        if self.stride > 1:
            batch, channels, rows, columns = gradient.shape
            spread = gradient.new_zeros(
                (batch, channels, (rows - 1) * self.stride + 1, (columns - 1) * self.stride + 1)
            ).contiguous(memory_format=torch.channels_last)
            spread[:, :, :: self.stride, :: self.stride] = gradient
        before = (self.kernel - 1 - top, self.kernel - 1 - left)
        after = (size[0] + top - spread.shape[2], size[1] + left - spread.shape[3])
        flipped = self.weight.flip(2, 3)
        if before == after:
            return F.conv2d(spread, flipped, padding=before, groups=self.groups)
        spread = F.pad(spread, (before[1], after[1], before[0], after[0]))
        return F.conv2d(spread, flipped, groups=self.groups)

    def _transposed(self, gradient: Tensor, size: tuple[int, int]) -> Tensor:
        (top, _), (left, _) = self._padding(size[0]), self._padding(size[1])
        whole = F.conv_transpose2d(gradient, self.weight, stride=self.stride)
        missing = (top + size[0] - whole.shape[2], left + size[1] - whole.shape[3])
        whole = F.pad(whole, (0, max(missing[1], 0), 0, max(missing[0], 0)))
        return whole[:, :, top : top + size[0], left : left + size[1]]

    def taking(self, channels: Tensor) -> Convolution:
        """Return a convolution with only these outputs."""
        return Convolution(self.weight[channels], self.bias[channels], self.stride, self.groups)

    def _padding(self, size: int) -> tuple[int, int]:
        """(before, after): TensorFlow SAME, the odd pixel goes behind."""
        outputs = -(-size // self.stride)
        total = max((outputs - 1) * self.stride + self.kernel - size, 0)
        return total // 2, total - total // 2

    def to(self, device: torch.device, dtype: torch.dtype) -> Convolution:
        """Return the same convolution with its weights there and in that precision."""
        weight = self.weight.to(device, dtype).contiguous(memory_format=torch.channels_last)
        return Convolution(weight, self.bias.to(device, dtype), self.stride, self.groups)


@dataclass(frozen=True, slots=True)
class Block:
    """An inverted residual block; `expand` is missing where the expansion is 1."""

    expand: Convolution | None
    depthwise: Convolution
    project: Convolution
    skip: bool


@dataclass(frozen=True, slots=True)
class BlockReluMasks:
    """What the block's ReLU6s gave, (1, O, h, w): open where strictly between 0 and 6; and its input's size (h, w).

    The activations are there anyway; making bools of them took a third of a forward pass.
    """

    expand: Tensor | None
    depthwise: Tensor
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class LiteReluMasks:
    """Activations of the whole network, as in BlockReluMasks; `size` is (h, w) of the network input."""

    stem: Tensor
    blocks: tuple[BlockReluMasks, ...]
    head: Tensor
    size: tuple[int, int]


class EfficientNetLite:
    """Logits at every position of the stride-32 grid; derivatives at block outputs (before the next convolution).

    A block output has no ReLU of its own, so its derivative has negative entries, as DCSM's layers have.
    """

    layer_names = tuple(f"block{index}" for index in SALIENCY_BLOCKS)
    gradient_layers = (INPUT, *(f"block{index}" for index in range(SALIENCY_BLOCKS[-1] + 1)))

    def __init__(
        self,
        stem: Convolution,
        blocks: Sequence[Block],
        head: Convolution,
        classify: Convolution,
        convention: InputSpec,
    ) -> None:
        self.stem, self.blocks, self.head, self.classify = stem, tuple(blocks), head, classify
        self.convention = convention
        self.classes = classify.weight.shape[0]

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], convention: InputSpec = EFFICIENTNET_LITE) -> EfficientNetLite:
        """Make the network of a packaged state_dict (names `_conv_stem.weight` ... `_fc.bias`).

        Raises UserError for a missing tensor or a shape that does not fit, naming it.
        """
        channels = 32
        stem = _folded(tensors, "_conv_stem", "_bn0", 3, channels, 3, stride=2)
        blocks: list[Block] = []
        for repeats, kernel, stride, expansion, width in STAGES:
            for repeat in range(repeats):
                name, step = f"_blocks.{len(blocks)}.", stride if repeat == 0 else 1
                inner = channels * expansion
                expand = None
                if expansion > 1:
                    expand = _folded(tensors, name + "_expand_conv", name + "_bn0", channels, inner, 1)
                depthwise = _folded(
                    tensors, name + "_depthwise_conv", name + "_bn1", 1, inner, kernel, stride=step, groups=inner
                )
                project = _folded(tensors, name + "_project_conv", name + "_bn2", inner, width, 1)
                blocks.append(Block(expand, depthwise, project, skip=step == 1 and channels == width))
                channels = width
        head = _folded(tensors, "_conv_head", "_bn1", channels, 1280, 1)
        classes = _tensor(tensors, "_fc.bias").shape[0]
        weight = _tensor(tensors, "_fc.weight", (classes, 1280))
        classify = Convolution(weight[:, :, None, None], _tensor(tensors, "_fc.bias"), 1, 1)
        return cls(stem, blocks, head, classify, convention)

    def to(self, device: torch.device, dtype: torch.dtype) -> EfficientNetLite:
        """Return the same network with its weights there and in that precision."""
        blocks = [
            Block(
                block.expand and block.expand.to(device, dtype),
                block.depthwise.to(device, dtype),
                block.project.to(device, dtype),
                block.skip,
            )
            for block in self.blocks
        ]
        return EfficientNetLite(
            self.stem.to(device, dtype),
            blocks,
            self.head.to(device, dtype),
            self.classify.to(device, dtype),
            self.convention,
        )

    def forward(self, network_input: Tensor, on_image: Rectangle | None = None) -> ForwardState[LiteReluMasks]:  # noqa: ARG002 - no pools
        """Run the forward pass, as `Network.forward`."""
        size = (network_input.shape[2], network_input.shape[3])
        x = stem = self.stem.forward(network_input.contiguous(memory_format=torch.channels_last)).clamp_(0, 6)
        masks = []
        for block in self.blocks:
            before, expand = x, None
            if block.expand is not None:
                x = expand = block.expand.forward(x).clamp_(0, 6)
            depthwise = block.depthwise.forward(x).clamp_(0, 6)
            x = block.project.forward(depthwise)
            if block.skip:
                x = x.add_(before)
            masks.append(BlockReluMasks(expand, depthwise, (before.shape[2], before.shape[3])))
        head = self.head.forward(x).clamp_(0, 6)
        return ForwardState(self.classify.forward(head), LiteReluMasks(stem, tuple(masks), head, size))

    def backward(
        self, state: ForwardState[LiteReluMasks], grad_outputs: Tensor, layers: Sequence[str], mode: BackwardMode
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
        wanted = set(layers)
        masks = state.masks
        size = (masks.head.shape[2], masks.head.shape[3])
        gradient = _relu6_backward(self.classify.backward(grad_outputs, size), masks.head, mode)
        gradient = self.head.backward(gradient, size)
        for index in reversed(range(len(self.blocks))):
            if f"block{index}" in wanted:
                yield f"block{index}", gradient
                wanted.discard(f"block{index}")
            if not wanted:
                return
            gradient = _block_backward(self.blocks[index], masks.blocks[index], gradient, mode)
        gradient = self.stem.backward(_relu6_backward(gradient, masks.stem, mode), masks.size)
        yield INPUT, gradient


def _block_backward(block: Block, masks: BlockReluMasks, gradient: Tensor, mode: BackwardMode) -> Tensor:
    expand, depthwise, project = block.expand, block.depthwise, block.project.weight.flatten(1)
    open_expand, open_depthwise = masks.expand, masks.depthwise
    # On a GPU looking for them makes the CPU wait, and products of ever new shapes, for nothing.
    skips_zero_channels = mode != "deconvnet" and gradient.device.type == "cpu"
    living = _open_channels(masks) if skips_zero_channels else None
    if living is not None:
        project, open_depthwise = project[:, living], open_depthwise[:, living]
        depthwise = replace(depthwise.taking(living), groups=len(living))
        if expand is not None and open_expand is not None:
            expand, open_expand = expand.taking(living), open_expand[:, living]
    inner = _relu6_backward(_pointwise(gradient, project), open_depthwise, mode)
    inner = depthwise.backward(inner, masks.size)
    if expand is not None and open_expand is not None:
        inner = expand.backward(_relu6_backward(inner, open_expand, mode), masks.size)
    return inner.add_(gradient) if block.skip else inner


def _open_channels(masks: BlockReluMasks) -> Tensor | None:
    """Indices of the inner channels that some position lets a gradient through, None where leaving the rest out is
    not worth a copy. Half the channels of the last blocks are dead in a photograph.
    """
    living = masks.depthwise.amax((0, 2, 3)) > 0
    if masks.expand is not None:
        living &= masks.expand.amax((0, 2, 3)) > 0
    indices = living.nonzero()[:, 0]
    return indices if 0 < len(indices) <= CHANNEL_SKIP_SHARE * len(living) else None


def _pointwise(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The 1x1 convolution (N, O, h, w) of x (N, I, h, w) with weight (I, O), as one matrix product.

    In channels_last nothing has to be copied for it; the convolution of torch takes its slowest way for this shape.
    """
    batch, channels, rows, columns = x.shape
    flat = x.permute(0, 2, 3, 1).reshape(-1, channels)
    product = flat @ weight if bias is None else torch.addmm(bias, flat, weight)
    return product.view(batch, rows, columns, -1).permute(0, 3, 1, 2)


def _relu6_backward(gradient: Tensor, activation: Tensor, mode: BackwardMode) -> Tensor:
    """As `relu_backward`, with the gate read from the ReLU6's output: 0 < activation < 6."""
    if mode != "deconvnet":
        if gradient.device.type == "cpu":
            torch.ops.aten.hardtanh_backward.grad_input(gradient, activation, 0, 6, grad_input=gradient)
        else:
            # Kernels of other devices are written for the input of the ReLU6, and mps's lets the bounds 0 and 6
            # through: given the output, no gate of it would ever close.
            gradient.mul_((activation > 0) & (activation < 6))
    if mode != "gradient":
        gradient.clamp_(min=0)
    return gradient


def _tensor(tensors: Mapping[str, Tensor], name: str, shape: tuple[int, ...] | None = None) -> Tensor:
    if name not in tensors:
        raise UserError(f"These are not EfficientNet-Lite0 weights: the tensor {name} is missing.")
    tensor = tensors[name].detach()
    if shape is not None and tuple(tensor.shape) != shape:
        raise UserError(
            f"These EfficientNet-Lite0 weights do not fit: {name} should be {shape}, it is {tuple(tensor.shape)}."
        )
    return tensor


def _folded(
    tensors: Mapping[str, Tensor],
    convolution: str,
    norm: str,
    inputs: int,
    outputs: int,
    kernel: int,
    *,
    stride: int = 1,
    groups: int = 1,
) -> Convolution:
    """One convolution for gamma (Wx - mean) / sqrt(var + eps) + beta; folded in float64, kept as it came."""
    weight = _tensor(tensors, convolution + ".weight", (outputs, inputs, kernel, kernel))
    parts = (
        _tensor(tensors, f"{norm}.{part}", (outputs,)) for part in ("weight", "bias", "running_mean", "running_var")
    )
    gamma, beta, mean, variance = (part.double() for part in parts)
    factor = gamma / torch.sqrt(variance + BATCH_NORM_EPSILON)
    folded = weight.double() * factor[:, None, None, None]
    return Convolution(folded.to(weight.dtype), (beta - mean * factor).to(weight.dtype), stride, groups)


assert sum(stage[0] for stage in STAGES) == SALIENCY_BLOCKS[-1] + 1
assert all(earlier < later for earlier, later in pairwise(SALIENCY_BLOCKS))
