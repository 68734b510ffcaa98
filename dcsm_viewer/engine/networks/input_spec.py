"""How a network wants its pixels: channel order, mean and divisor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Network input = (pixels in `order`, 0..255, minus `mean`) / `std`, per channel in that order."""

    order: Literal["rgb", "bgr"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __str__(self) -> str:
        mean = ", ".join(f"{value:g}" for value in self.mean)
        std = ", ".join(f"{value:g}" for value in self.std)
        return f"{self.order.upper()} 0..255, minus ({mean}), divided by ({std})"


EFFICIENTNET_LITE = InputSpec("rgb", (127.0, 127.0, 127.0), (128.0, 128.0, 128.0))
TORCHVISION = InputSpec("rgb", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
CAFFE = InputSpec("bgr", (104.00699, 116.66877, 122.67892), (1.0, 1.0, 1.0))
# A3 in docs/method.md: dcsm.m subtracts the BGR means, in that order, from an RGB image.
DCSM_M = InputSpec("rgb", (104.00699, 116.66877, 122.67892), (1.0, 1.0, 1.0))
