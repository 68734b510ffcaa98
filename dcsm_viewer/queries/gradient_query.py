"""The backprop microscope: the derivative of one class, layer by layer, under three rules, and one unit's gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.settings import BackwardMode

MODES: tuple[BackwardMode, ...] = ("gradient", "deconvnet", "guided")


@dataclass(frozen=True, slots=True)
class Unit:
    """One position of a layer's map: row and column in units of that layer, from 0."""

    layer: str
    row: int
    col: int


@dataclass(frozen=True, slots=True)
class GradientQuestion:
    """Derivatives of `class_id` at every layer at one scale, px; and the gate behind `unit`, if one is chosen."""

    class_id: int
    scale: int
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class LayerGradient:
    """What one rule leaves at one layer: float32 (h, w), the largest |w| over the channels, over the whole canvas.

    norm: Euclidean, over all values. positive, zero: shares of all values, in [0, 1].
    """

    largest: NDArray[np.float32] = field(repr=False, compare=False)
    channels: int
    norm: float
    positive: float
    zero: float


@dataclass(frozen=True, slots=True)
class GateChannel:
    """One channel at the gate. activation: before the ReLU. incoming: the derivative that arrives, by rule."""

    channel: int
    activation: float
    is_open: bool
    incoming: Mapping[BackwardMode, float]

    def passes(self, mode: BackwardMode) -> bool:
        """Whether the rule lets this derivative through."""
        return passes_relu(mode, is_open=self.is_open, incoming=self.incoming[mode])

    def outgoing(self, mode: BackwardMode) -> float:
        return self.incoming[mode] if self.passes(mode) else 0.0


@dataclass(frozen=True, slots=True)
class Gate:
    """The ReLU a derivative meets next below `unit`; `name` is what it is called.

    channels: the strongest of the open and of the closed ones, by falling strength. open_share: share of all
    `count` channels whose ReLU let its input through. passed: by rule, the share of channels let through.
    None of it where the unit is of the network input.
    """

    unit: Unit
    name: str
    count: int
    channels: tuple[GateChannel, ...]
    open_share: float
    passed: Mapping[BackwardMode, float]


@dataclass(frozen=True, slots=True)
class GradientAnswer:
    """layers: in the order the derivative reaches them, the network input last. gradients: by rule, then by layer.

    image_on_canvas: (top, left, height, width) of the image on the canvas of `canvas_px`, which every map spans.
    """

    question: GradientQuestion
    layers: tuple[str, ...]
    gradients: Mapping[BackwardMode, Mapping[str, LayerGradient]]
    canvas_px: int
    image_on_canvas: tuple[int, int, int, int]
    gate: Gate | None = None

    @property
    def is_whole(self) -> bool:
        return len(self.gradients) == len(MODES)

    def unit_at(self, layer: str, row: float, col: float) -> tuple[int, int] | None:
        """(row, col) of the unit over a position in the image, both as shares of its height and width in [0, 1)."""
        known = next((maps[layer] for maps in self.gradients.values() if layer in maps), None)
        if known is None:
            return None
        top, left, height, width = self.image_on_canvas
        rows, cols = known.largest.shape
        return int((top + row * height) * rows / self.canvas_px), int((left + col * width) * cols / self.canvas_px)

    def on_image(self, mode: BackwardMode, layer: str) -> NDArray[np.float32]:
        """The map cropped to the image, one value for each px of the canvas below it: every unit a square."""
        top, left, height, width = self.image_on_canvas
        largest = self.gradients[mode][layer].largest
        rows, cols = (
            ((start + np.arange(length) + 0.5) * (count / self.canvas_px)).astype(np.intp)
            for start, length, count in ((top, height, largest.shape[0]), (left, width, largest.shape[1]))
        )
        values: NDArray[np.float32] = largest.take(rows, axis=0).take(cols, axis=1)
        return values


def passes_relu(mode: BackwardMode, *, is_open: bool, incoming: float) -> bool:
    """gradient: where the forward value passed; deconvnet: what is positive; guided: both (Springenberg et al.)."""
    match mode:
        case "gradient":
            return is_open
        case "deconvnet":
            return incoming > 0
        case "guided":
            return is_open and incoming > 0
