"""The layers of a module whose outputs lie on a grid of positions, and which of them are proposed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from dcsm_viewer.core.types import LayerInfo
from dcsm_viewer.engine.networks.module_pass import LayerOutput

Layout = Literal["channels first", "channels last", "tokens"]
PROPOSED = 3  # layers, the counterparts of conv3, conv4 and conv5


@dataclass(frozen=True, slots=True)
class GridLayer:
    """One layer on a grid, and how its output lies in memory; extra_tokens: class tokens before the grid's."""

    info: LayerInfo
    layout: Layout
    has_parameters: bool
    is_leaf: bool
    extra_tokens: int = 0

    def on_grid(self, gradient: Tensor, input_shape: tuple[int, int]) -> Tensor:
        """Return a gradient in the layer's own layout as (1, channels, h, w), for an input of this (h, w)."""
        if self.layout == "channels first":
            return gradient
        if self.layout == "channels last":
            return gradient.permute(0, 3, 1, 2)
        tokens = gradient[:, self.extra_tokens :]
        rows, columns = _token_grid(tokens.shape[1], input_shape) or (1, tokens.shape[1])
        return tokens.permute(0, 2, 1).reshape(tokens.shape[0], tokens.shape[2], rows, columns)


def grid_layers(outputs: Mapping[str, LayerOutput], input_shape: tuple[int, int]) -> tuple[GridLayer, ...]:
    """Return the layers whose outputs lie on a grid of more than one position, in the order of the calls.

    Parameters
    ----------
    outputs
        Of a pass over an input of `input_shape`.
    input_shape
        (h, w) px. Of another ratio than 1, it tells channels that come first from those that come last.
    """
    layers = (_grid_layer(output, input_shape) for output in outputs.values())
    return tuple(layer for layer in layers if layer is not None)


def proposed(layers: Sequence[GridLayer]) -> tuple[str, ...]:
    """Return the names of up to three layers: the last of each of the last three strides that the network convolves at.

    These are the counterparts of VGG-16's conv3, conv4 and conv5. Of the layers of a stride those of the outermost
    modules with parameters are taken, which are the stages of a network. Where all layers have one stride (a ViT),
    three of its blocks, evenly spaced.
    """
    strides = sorted({layer.info.stride for layer in layers if layer.is_leaf and layer.has_parameters})
    with_parameters = [layer for layer in layers if layer.has_parameters] or list(layers)
    if len(strides) <= 1:
        return _evenly_spaced(with_parameters)
    return tuple(
        _outermost([layer for layer in with_parameters if layer.info.stride == stride])[-1].info.name
        for stride in strides[-PROPOSED:]
    )


def _evenly_spaced(layers: Sequence[GridLayer]) -> tuple[str, ...]:
    """Three layers of the outermost kind that occurs three times, the last among them; else the last layer."""
    for depth in sorted({layer.info.name.count(".") for layer in layers}):
        there = [layer for layer in layers if layer.info.name.count(".") == depth]
        for kind in dict.fromkeys(layer.info.kind for layer in reversed(there)):
            blocks = [layer.info.name for layer in there if layer.info.kind == kind]
            if len(blocks) >= PROPOSED:
                return tuple(blocks[math.ceil(len(blocks) * part / PROPOSED) - 1] for part in range(1, PROPOSED + 1))
    return (layers[-1].info.name,)


def _outermost(layers: Sequence[GridLayer]) -> list[GridLayer]:
    least = min(layer.info.name.count(".") for layer in layers)
    return [layer for layer in layers if layer.info.name.count(".") == least]


def _grid_layer(output: LayerOutput, input_shape: tuple[int, int]) -> GridLayer | None:
    found = _grid_of(output.shape, input_shape)
    if found is None:
        return None
    layout, channels, size, extra = found
    if size[0] * size[1] <= 1:
        return None
    info = LayerInfo(output.name, output.kind, channels, _stride(input_shape[1], size[1]), size)
    return GridLayer(info, layout, output.has_parameters, output.is_leaf, extra)


def _stride(pixels: int, positions: int) -> int:
    """Input px a position; without padding the ratio is a little more than the power of two that it stands for."""
    return pixels // positions if pixels % positions == 0 else max(1, 2 ** round(math.log2(pixels / positions)))


def _grid_of(shape: tuple[int, ...], input_shape: tuple[int, int]) -> tuple[Layout, int, tuple[int, int], int] | None:
    """(layout, channels, (h, w), class tokens) of an output of this shape, None where it is no grid."""
    if shape[0] != 1:
        return None
    if len(shape) == 4:
        first, last = (shape[2], shape[3]), (shape[1], shape[2])
        by_fit = sorted((_misfit(size, input_shape), index) for index, size in enumerate((first, last)))
        if by_fit[0][1] == 0 or by_fit[0][0] == by_fit[1][0]:
            return "channels first", shape[1], first, 0
        return "channels last", shape[3], last, 0
    for extra in (0, 1, 2, 5):  # none, a class token, DeiT's distillation token, DINOv2's registers
        size = _token_grid(shape[1] - extra, input_shape)
        if size is not None:
            return "tokens", shape[2], size, extra
    return None


def _misfit(size: tuple[int, int], input_shape: tuple[int, int]) -> float:
    """How far the proportions of a grid are from the input's."""
    return abs(math.log(size[0] / size[1]) - math.log(input_shape[0] / input_shape[1]))


def _token_grid(count: int, input_shape: tuple[int, int]) -> tuple[int, int] | None:
    """(h, w) with h w = count in the proportions of the input, None where there is none."""
    if count < 4:
        return None
    rows = round(math.sqrt(count * input_shape[0] / input_shape[1]))
    if rows < 1 or count % rows:
        return None
    size = (rows, count // rows)
    return size if _misfit(size, input_shape) < 0.05 else None
