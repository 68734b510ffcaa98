"""Both networks and their guided back-propagation once more: slow, literal, float64 numpy, one loop per kernel offset.

Springenberg et al. (2015) for the guided ReLU; docs/method.md 10.1 for seed, pool switches and transposed convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Tensors = Mapping[str, Array]


def convolution(x: Array, weight: Array, bias: Array, stride: int, before: int, after: int) -> Array:
    """y[o, r, c] = b[o] + sum_{i,u,v} w[o,i,u,v] x[i, r s + u - before, c s + v - before]; x (I, H, W), zeros outside.

    A weight of shape (I, 1, k, k) is depthwise: output channel o sees input channel o only.
    """
    padded = np.pad(x, ((0, 0), (before, after), (before, after)))
    outputs, _, kernel, _ = weight.shape
    rows = (padded.shape[1] - kernel) // stride + 1
    columns = (padded.shape[2] - kernel) // stride + 1
    y = np.broadcast_to(bias[:, None, None], (outputs, rows, columns)).copy()
    for u in range(kernel):
        for v in range(kernel):
            seen = padded[:, u : u + stride * rows : stride, v : v + stride * columns : stride]
            y += (
                weight[:, 0, u, v, None, None] * seen
                if is_depthwise(weight, x)
                else np.tensordot(weight[:, :, u, v], seen, 1)
            )
    return y


def transposed_convolution(g: Array, weight: Array, stride: int, before: int, size: tuple[int, int]) -> Array:
    """Derivative at x of `convolution`: each g[o, r, c] times w[o, i, u, v] goes to x[i, r s + u - before, ...]."""
    outputs, inputs, kernel, _ = weight.shape
    depthwise = inputs == 1 and outputs == g.shape[0]
    channels = outputs if depthwise else inputs
    side = max(size) + 2 * kernel + stride
    x = np.zeros((channels, side, side))
    rows, columns = g.shape[1:]
    for u in range(kernel):
        for v in range(kernel):
            share = weight[:, 0, u, v, None, None] * g if depthwise else np.tensordot(weight[:, :, u, v].T, g, 1)
            x[:, u : u + stride * rows : stride, v : v + stride * columns : stride] += share
    return x[:, before : before + size[0], before : before + size[1]]


def is_depthwise(weight: Array, x: Array) -> bool:
    return bool(weight.shape[1] == 1 and x.shape[0] == weight.shape[0])


def relu_backward(g: Array, passed: NDArray[np.bool_], mode: str) -> Array:
    """guided g [x>0] [g>0]; gradient g [x>0]; deconvnet g [g>0]. `passed` is where the forward let x through."""
    through = np.ones_like(passed) if mode == "deconvnet" else passed
    rising = np.ones_like(passed) if mode == "gradient" else g > 0
    return g * through * rising


def max_pool(x: Array, *, ceil: bool) -> tuple[Array, NDArray[np.int64]]:
    """2x2/2 maximum of x (C, H, W) and its switches: flat index into (H, W), first of equals in row-major order."""
    channels, height, width = x.shape
    rows, columns = ((height + 1) // 2, (width + 1) // 2) if ceil else (height // 2, width // 2)
    y = np.zeros((channels, rows, columns))
    switches = np.zeros((channels, rows, columns), dtype=np.int64)
    for r in range(rows):
        for c in range(columns):
            window = x[:, 2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
            flat = window.reshape(channels, -1)
            best = flat.argmax(1)
            y[:, r, c] = flat.max(1)
            switches[:, r, c] = (2 * r + best // window.shape[2]) * width + 2 * c + best % window.shape[2]
    return y, switches


def max_unpool(g: Array, switches: NDArray[np.int64], size: tuple[int, int]) -> Array:
    x = np.zeros((g.shape[0], size[0] * size[1]))
    for channel in range(g.shape[0]):
        np.add.at(x[channel], switches[channel].ravel(), g[channel].ravel())
    return x.reshape(g.shape[0], *size)


VGG_BLOCKS = ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3))


def vgg16_logits(
    tensors: Tensors, x: Array, *, ceil: bool
) -> tuple[Array, dict[str, Array], dict[str, NDArray[np.int64]]]:
    """fc8 (C, h, w), the input of every layer by name ("conv3_1", "pool3", "fc6"), and the pools' switches."""
    inputs: dict[str, Array] = {}
    switches: dict[str, NDArray[np.int64]] = {}
    for block, count in VGG_BLOCKS:
        for index in range(1, count + 1):
            name = f"conv{block}_{index}"
            inputs[name] = x
            x = np.maximum(convolution(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], 1, 1, 1), 0)
        inputs[f"pool{block}"] = x
        x, switches[f"pool{block}"] = max_pool(x, ceil=ceil)
    for name in ("fc6", "fc7", "fc8"):
        inputs[name] = x
        x = convolution(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], 1, 0, 0)
        x = np.maximum(x, 0) if name != "fc8" else x
    return x, inputs, switches


def vgg16_derivatives(tensors: Tensors, x: Array, seed: Array, mode: str, *, ceil: bool) -> dict[str, Array]:
    """Derivative at the input of every convolution, by name, of sum(seed * fc8); seed (C, h, w)."""
    _, inputs, switches = vgg16_logits(tensors, x, ceil=ceil)
    at: dict[str, Array] = {}
    g = seed
    for name in ("fc8", "fc7", "fc6"):
        if name != "fc8":
            following = {"fc6": "fc7", "fc7": "fc8"}[name]
            g = relu_backward(g, inputs[following] > 0, mode)
        g = transposed_convolution(g, tensors[f"{name}.weight"], 1, 0, inputs[name].shape[1:])
        at[name] = g
    for block, count in reversed(VGG_BLOCKS):
        pooled_from = inputs[f"pool{block}"]
        g = max_unpool(g, switches[f"pool{block}"], pooled_from.shape[1:])
        for index in range(count, 0, -1):
            name = f"conv{block}_{index}"
            after = pooled_from if index == count else inputs[f"conv{block}_{index + 1}"]
            g = relu_backward(g, after > 0, mode)
            g = transposed_convolution(g, tensors[f"{name}.weight"], 1, 1, inputs[name].shape[1:])
            at[name] = g
    return at


LITE_STAGES = ((1, 3, 1, 1), (2, 3, 2, 6), (2, 5, 2, 6), (3, 3, 2, 6), (3, 5, 1, 6), (4, 5, 2, 6), (1, 3, 1, 6))


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow SAME: ceil(size / stride) outputs, the odd pixel of padding behind."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def batch_norm(y: Array, tensors: Tensors, name: str) -> tuple[Array, Array]:
    """gamma (y - mean) / sqrt(var + 1e-3) + beta, and its slope per channel."""
    slope = tensors[f"{name}.weight"] / np.sqrt(tensors[f"{name}.running_var"] + 1e-3)
    shift = tensors[f"{name}.bias"] - tensors[f"{name}.running_mean"] * slope
    return y * slope[:, None, None] + shift[:, None, None], slope


class LiteLayer:
    """One convolution with batch normalisation and, but for a projection, ReLU6; square inputs only."""

    def __init__(self, tensors: Tensors, conv: str, norm: str, stride: int, *, relu: bool) -> None:
        self.weight = tensors[f"{conv}.weight"]
        self.tensors, self.norm, self.stride, self.relu = tensors, norm, stride, relu

    def forward(self, x: Array) -> Array:
        self.size = (x.shape[1], x.shape[2])
        self.before, after = same_padding(x.shape[1], self.weight.shape[2], self.stride)
        zero = np.zeros(self.weight.shape[0])
        y, self.slope = batch_norm(
            convolution(x, self.weight, zero, self.stride, self.before, after), self.tensors, self.norm
        )
        self.passed = (y > 0) & (y < 6)
        return np.clip(y, 0, 6) if self.relu else y

    def backward(self, g: Array, mode: str) -> Array:
        if self.relu:
            g = relu_backward(g, self.passed, mode)
        g = g * self.slope[:, None, None]
        return transposed_convolution(g, self.weight, self.stride, self.before, self.size)


def lite0_layers(tensors: Tensors) -> tuple[LiteLayer, list[list[LiteLayer]], LiteLayer]:
    stem = LiteLayer(tensors, "_conv_stem", "_bn0", 2, relu=True)
    blocks: list[list[LiteLayer]] = []
    for repeats, _, stride, expansion in LITE_STAGES:
        for repeat in range(repeats):
            name = f"_blocks.{len(blocks)}."
            step = stride if repeat == 0 else 1
            layers = [LiteLayer(tensors, f"{name}_expand_conv", f"{name}_bn0", 1, relu=True)] if expansion > 1 else []
            layers.append(LiteLayer(tensors, f"{name}_depthwise_conv", f"{name}_bn1", step, relu=True))
            layers.append(LiteLayer(tensors, f"{name}_project_conv", f"{name}_bn2", 1, relu=False))
            blocks.append(layers)
    return stem, blocks, LiteLayer(tensors, "_conv_head", "_bn1", 1, relu=True)


def lite0_derivatives(tensors: Tensors, x: Array, seed: Array, mode: str) -> tuple[Array, dict[str, Array]]:
    """Logits (C, h, w), and the derivative of sum(seed * logits) at every block's output and at "input"."""
    stem, blocks, head = lite0_layers(tensors)
    x = stem.forward(x)
    skips = []
    for layers in blocks:
        y = x
        for layer in layers:
            y = layer.forward(y)
        skips.append(y.shape == x.shape and layers[-2].stride == 1)
        x = y + x if skips[-1] else y
    features = head.forward(x)
    weight = tensors["_fc.weight"][:, :, None, None]
    logits = convolution(features, weight, tensors["_fc.bias"], 1, 0, 0)
    g = transposed_convolution(seed, weight, 1, 0, features.shape[1:])
    g = head.backward(g, mode)
    at: dict[str, Array] = {}
    for index in reversed(range(len(blocks))):
        at[f"block{index}"] = g
        inner = g
        for layer in reversed(blocks[index]):
            inner = layer.backward(inner, mode)
        g = inner + g if skips[index] else inner
    at["input"] = stem.backward(g, mode)
    return logits, at
