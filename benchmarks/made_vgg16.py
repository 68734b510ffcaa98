"""VGG-16 in its full widths with random weights, for what does not depend on them: time and memory."""

from __future__ import annotations

import torch
from torch import Tensor

from dcsm_viewer.engine.networks.vgg16 import BLOCKS, DENSE

WIDTHS = (64, 128, 256, 512, 512)


def made_tensors(classes: int) -> dict[str, Tensor]:
    """conv1_1.weight ... fc8.bias in float32, scaled so that activations keep their size through the layers."""
    generator = torch.Generator().manual_seed(0)
    names = [
        (f"conv{block}_{at}", width, 3)
        for block, (count, width) in enumerate(zip(BLOCKS, WIDTHS, strict=True), 1)
        for at in range(1, count + 1)
    ] + [(name, outputs, kernel) for name, outputs, kernel in zip(DENSE, (4096, 4096, classes), (7, 1, 1), strict=True)]
    tensors, inputs = {}, 3
    for name, outputs, kernel in names:
        weight = torch.randn(outputs, inputs, kernel, kernel, generator=generator)
        tensors[f"{name}.weight"] = weight.mul_((2 / (inputs * kernel**2)) ** 0.5)
        tensors[f"{name}.bias"] = torch.randn(outputs, generator=generator) * 0.1
        inputs = outputs
    return tensors
