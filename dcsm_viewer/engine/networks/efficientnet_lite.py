"""EfficientNet-Lite as a fully convolutional network with a hand-written backward pass.

Architecture: inverted residual blocks (expand 1x1, depthwise k x k, project 1x1), ReLU6, TensorFlow SAME padding.
Batch normalisation is folded into the convolutions when the weights are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import EFFICIENTNET_LITE, InputSpec
from dcsm_viewer.engine.networks.network import INPUT, ForwardState, Rectangle

BATCH_NORM_EPSILON = 1e-3
STEM_CHANNELS, HEAD_CHANNELS = 32, 1280  # of every variant
CHANNEL_SKIP_SHARE = 0.85  # share of living channels below which the dead ones are left out of the products


@dataclass(frozen=True, slots=True)
class Stage:
    """Inverted residual blocks of one width; `stride` is that of the first."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


@dataclass(frozen=True, slots=True)
class LiteVariant:
    """One EfficientNet-Lite: its stages from the input on."""

    name: str
    stages: tuple[Stage, ...]

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return sum(stage.repeats for stage in self.stages)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Return the last block of each stage of stride 8, 16 or 32: the counterparts of conv3, conv4 and conv5."""
        names, stride, blocks = [], 2, 0
        for stage in self.stages:
            stride, blocks = stride * stage.stride, blocks + stage.repeats
            if stride >= 8:
                names.append(f"block{blocks - 1}")
        return tuple(names)

    @property
    def gradient_layers(self) -> tuple[str, ...]:
        """Return the input and every block."""
        return (INPUT, *(f"block{index}" for index in range(self.blocks)))


def _variant(name: str, repeats: tuple[int, ...], channels: tuple[int, ...]) -> LiteVariant:
    kernels, strides, expansions = (3, 3, 5, 3, 5, 5, 3), (1, 2, 2, 2, 1, 2, 1), (1, 6, 6, 6, 6, 6, 6)
    return LiteVariant(name, tuple(map(Stage, repeats, kernels, strides, expansions, channels)))


# Tan and Le 2019, scaled in depth by 1.0, 1.1, 1.2 and in width by 1.0, 1.0, 1.1; stem and head are not scaled.
LITE0 = _variant("efficientnet-lite0", (1, 2, 2, 3, 3, 4, 1), (16, 24, 40, 80, 112, 192, 320))
LITE1 = _variant("efficientnet-lite1", (1, 3, 3, 4, 4, 5, 1), (16, 24, 40, 80, 112, 192, 320))
LITE2 = _variant("efficientnet-lite2", (1, 3, 3, 4, 4, 5, 1), (16, 24, 48, 88, 120, 208, 352))
VARIANTS = {variant.name: variant for variant in (LITE0, LITE1, LITE2)}


def variant_of(tensors: Mapping[str, Tensor]) -> LiteVariant:
    """Return the variant with as many blocks, and a last one as wide, as the tensors have; Lite0 where none has."""
    blocks = len({key.split(".")[1] for key in tensors if key.startswith("_blocks.")})
    head = tensors.get("_conv_head.weight")
    width = head.shape[1] if head is not None and head.ndim == 4 else None
    fitting = (each for each in VARIANTS.values() if each.blocks == blocks and each.stages[-1].channels == width)
    return next(fitting, LITE0)


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution of the network.

    weight (O, I / groups, k, k) and bias (O,), batch normalisation folded in; padding as TensorFlow's SAME.
    """

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
    """Outputs of the block's ReLU6s, (1, O, h, w): open where strictly between 0 and 6; and its input's size (h, w).

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

    def __init__(
        self,
        stem: Convolution,
        blocks: Sequence[Block],
        head: Convolution,
        classify: Convolution,
        convention: InputSpec,
        variant: LiteVariant = LITE0,
    ) -> None:
        self.stem, self.blocks, self.head, self.classify = stem, tuple(blocks), head, classify
        self.convention, self.variant = convention, variant
        self.layer_names, self.gradient_layers = variant.layer_names, variant.gradient_layers
        self.classes = classify.weight.shape[0]

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], convention: InputSpec = EFFICIENTNET_LITE) -> EfficientNetLite:
        """Make the network of a packaged state_dict (names `_conv_stem.weight` ... `_fc.bias`).

        Raises UserError for a missing tensor or a shape that does not fit, naming it.
        """
        variant, channels = variant_of(tensors), STEM_CHANNELS
        stem = _folded(tensors, "_conv_stem", "_bn0", 3, channels, 3, stride=2)
        blocks: list[Block] = []
        for stage in variant.stages:
            kernel, width = stage.kernel, stage.channels
            for repeat in range(stage.repeats):
                name, step = f"_blocks.{len(blocks)}.", stage.stride if repeat == 0 else 1
                inner = channels * stage.expansion
                expand = None
                if stage.expansion > 1:
                    expand = _folded(tensors, name + "_expand_conv", name + "_bn0", channels, inner, 1)
                depthwise = _folded(
                    tensors, name + "_depthwise_conv", name + "_bn1", 1, inner, kernel, stride=step, groups=inner
                )
                project = _folded(tensors, name + "_project_conv", name + "_bn2", inner, width, 1)
                blocks.append(Block(expand, depthwise, project, skip=step == 1 and channels == width))
                channels = width
        head = _folded(tensors, "_conv_head", "_bn1", channels, HEAD_CHANNELS, 1)
        classes = _tensor(tensors, "_fc.bias").shape[0]
        weight = _tensor(tensors, "_fc.weight", (classes, HEAD_CHANNELS))
        classify = Convolution(weight[:, :, None, None], _tensor(tensors, "_fc.bias"), 1, 1)
        return cls(stem, blocks, head, classify, convention, variant)

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
            self.variant,
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
    if masks.expand is None:  # its inner channels are its input's, all of which the block before wants
        return None
    living = (masks.depthwise.amax((0, 2, 3)) > 0) & (masks.expand.amax((0, 2, 3)) > 0)
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
