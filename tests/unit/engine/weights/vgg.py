"""A VGG-16 of small random widths, the same for every format under test."""

from __future__ import annotations

import torch
from torch import Tensor

from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE

WIDTHS = (4, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 8, 11, 12)


def random_vgg(classes: int = 3, seed: int = 0, widths: tuple[int, ...] = WIDTHS) -> dict[str, Tensor]:
    """Canonical tensors; widths are those of conv1_1 ... conv5_3, fc6, fc7."""
    generator = torch.Generator().manual_seed(seed)
    tensors, inputs = {}, 3
    for name, outputs in zip((*CONVOLUTIONS, *DENSE), (*widths, classes), strict=True):
        kernel = 3 if name in CONVOLUTIONS else 7 if name == "fc6" else 1
        tensors[f"{name}.weight"] = torch.randn(outputs, inputs, kernel, kernel, generator=generator)
        tensors[f"{name}.bias"] = torch.randn(outputs, generator=generator)
        inputs = outputs
    return tensors


def as_torchvision(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same under torchvision's keys, dense layers as matrices."""
    indices = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    keys = dict(zip(CONVOLUTIONS, (f"features.{index}" for index in indices), strict=True))
    keys |= dict(zip(DENSE, (f"classifier.{index}" for index in (0, 3, 6)), strict=True))
    renamed = {}
    for name, tensor in tensors.items():
        owner, part = name.split(".")
        flat = owner in DENSE and part == "weight"
        renamed[f"{keys[owner]}.{part}"] = tensor.flatten(1) if flat else tensor.clone()
    return renamed
