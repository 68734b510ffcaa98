"""What a transcription needs of a network: scores and gradients of one network input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Network(Protocol):
    """pixels: float64 (3, s, s), means taken off, channels in the network's order."""

    def scores(self, pixels: Array) -> Array:
        """(C,) in [0, 1]: sigmoid of the global maximum of the logits, or whatever the network has instead."""
        ...

    def gradients(self, pixels: Array, class_id: int) -> Mapping[str, Array]:
        """Per layer w (channels, h, w), signed."""
        ...


@dataclass(frozen=True)
class Pixels:
    """How the network wants its pixels: order of channels, then minus mean, over std, in that order."""

    order: str = "rgb"
    mean: tuple[float, float, float] = (104.00699, 116.66877, 122.67892)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def prepared(self, rgb: Array) -> Array:
        planes = rgb[::-1] if self.order == "bgr" else rgb
        return np.asarray((planes - np.array(self.mean)[:, None, None]) / np.array(self.std)[:, None, None])


@dataclass(frozen=True)
class ReferenceResult:
    """candidate_ids and detected_ids as the sources list them; maps float64 (T, H, W) and (K, H, W)."""

    candidate_ids: list[int]
    detected_ids: list[int]
    class_maps: Array
    raw_class_maps: Array
