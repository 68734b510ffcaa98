"""A network without weights: scores and gradients made of seeded noise and of the pixels it is given."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tests.reference.network import Array


@dataclass(frozen=True)
class MadeNetwork:
    """`strides` are px of network input a value of each layer; `bias` lifts all logits.

    `sparse` is the share of positions with no gradient at all for any class, as guided back-propagation leaves them.
    """

    seed: int = 0
    classes: int = 6
    strides: tuple[int, ...] = (8, 16)
    channels: int = 3
    bias: float = 0.0
    sparse: float = 0.2

    def scores(self, pixels: Array) -> Array:
        logits = self._noise("scores", pixels.shape[1]).normal(self.bias, 1.5, self.classes) + 1e-3 * pixels.mean()
        return np.asarray(1 / (1 + np.exp(-logits)))

    def gradients(self, pixels: Array, class_id: int) -> Mapping[str, Array]:
        side = pixels.shape[1]
        layers = {}
        for depth, stride in enumerate(self.strides):
            n = -(-side // stride)
            seen = pixels[:, ::stride, ::stride].mean(axis=0)[:n, :n] / 255
            alive = self._noise("alive", side, depth).random((n, n)) >= self.sparse
            w = self._noise("w", side, depth, class_id).normal(0, 1e-4, (self.channels, n, n))
            layers[f"layer {depth}"] = w * alive * (1 + seen)
        return layers

    def _noise(self, *what: str | int) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32(repr((self.seed, *what)).encode()))
