"""Derivatives of one class at every layer under the three rules, and what happens at the gate of one unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.analysis.unit_gate import Arrival, arrival
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.map_pipeline import MapStage
from dcsm_viewer.engine.networks.network import INPUT, Trace
from dcsm_viewer.engine.stages.network_passes import Passes
from dcsm_viewer.engine.stages.preprocess import image_in_input, network_input
from dcsm_viewer.queries.gradient_query import (
    MODES,
    Gate,
    GateChannel,
    LayerGradient,
    Microscope,
    MicroscopeQuestion,
    Unit,
    lets_through,
)

SHOWN_CHANNELS = 12  # half of them open, half closed, as far as there are


def answer(question: MicroscopeQuestion, stage: MapStage) -> Iterator[Microscope]:
    """First one rule's derivatives, then two, then all; at last the gate of the unit, if one is asked for."""
    passes = stage.passes
    _, placement = passes.canvas()
    layers = layers_of(passes)
    where = (placement.top, placement.left, placement.height, placement.width)
    gradients: dict[BackwardMode, Mapping[str, LayerGradient]] = {}
    bench = _Bench(passes, question)
    for mode in MODES:
        key = ("microscope", passes.forward_key, question.scale, question.class_id, mode)
        gradients[mode] = passes.watch.tool("saliency", key, partial(bench.gradients, mode, layers))
        yield Microscope(question, layers, dict(gradients), placement.canvas_px, where)
    if question.unit is not None:
        unit_key = ("gate", passes.forward_key, question.scale, question.class_id, question.unit)
        gate = passes.watch.tool("saliency", unit_key, partial(bench.gate, question.unit))
        yield Microscope(question, layers, gradients, placement.canvas_px, where, gate)


def layers_of(passes: Passes) -> tuple[str, ...]:
    """Names in the order a derivative reaches them. Where the first convolution's input is the network's, once."""
    network = passes.model.network
    return tuple(name for name in reversed(network.derivable) if name != "conv1_1")


class _Bench:
    """The forward pass is made when the first thing needs it, and is gone with the answer."""

    def __init__(self, passes: Passes, question: MicroscopeQuestion) -> None:
        self._passes = passes
        self._question = question
        self._forward: tuple[Tensor, Trace[object]] | None = None

    def gradients(self, mode: BackwardMode, layers: tuple[str, ...]) -> Mapping[str, LayerGradient]:
        _, trace = self._pass()
        found = {}
        for layer, gradient in self._backward(trace, mode, layers):
            found[layer] = _measured(gradient[0])
        return {layer: found[layer] for layer in layers}

    def gate(self, unit: Unit) -> Gate:
        """What arrives at the ReLU below the unit, under each rule, and what it makes of it.

        Raises UserError for a unit the layer does not have.
        """
        pixels, trace = self._pass()
        if unit.layer == INPUT:
            return Gate(unit, "", 0, (), 0.0, {})
        vectors: dict[BackwardMode, Tensor] = {}
        for mode in MODES:
            for layer, gradient in self._backward(trace, mode, (unit.layer,)):
                if layer == unit.layer:
                    vectors[mode] = _at(gradient[0], unit)
        return gate_of(unit, arrival(self._passes.model.network, pixels, trace, unit), vectors)

    def _backward(
        self, trace: Trace[object], mode: BackwardMode, layers: tuple[str, ...]
    ) -> Iterator[tuple[str, Tensor]]:
        model = self._passes.model
        seeds = model.readout.seeds(trace.logits, (self._question.class_id,))
        for layer, gradient in model.network.backward(trace, seeds, layers, mode):
            self._passes.checkpoint("saliency", f"{mode}, {layer}")
            yield layer, gradient

    def _pass(self) -> tuple[Tensor, Trace[object]]:
        if self._forward is None:
            passes, scale = self._passes, self._question.scale
            passes.checkpoint("classify", f"{scale} px")
            canvas, placement = passes.canvas()
            pixels = network_input(canvas, scale, passes.model.network.convention)
            pixels = pixels.to(passes.compute.device, passes.compute.dtype)
            self._forward = (pixels, passes.model.network.forward(pixels, image_in_input(placement, scale)))
        return self._forward


def gate_of(unit: Unit, arrived: Arrival, vectors: Mapping[BackwardMode, Tensor]) -> Gate:
    """vectors: by rule, the derivative (channels,) at the unit; `arrived` carries it to the ReLU."""
    incoming = {mode: arrived.carried(vector).cpu().double() for mode, vector in vectors.items()}
    activations = arrived.activations.cpu().double()
    is_open = (activations > 0) & (activations < arrived.ceiling)
    # Rules differ in size by orders of magnitude; each counts by its share of what it brings here.
    strength = sum(
        ((values.abs() / values.abs().sum().clamp(min=1e-30)) for values in incoming.values()), torch.zeros(1)
    )
    strongest = _strongest(strength, is_open)
    channels = tuple(
        GateChannel(
            channel,
            float(activations[channel]),
            bool(is_open[channel]),
            {mode: float(values[channel]) for mode, values in incoming.items()},
        )
        for channel in strongest
    )
    count = len(activations)
    passed = {
        mode: sum(
            lets_through(mode, is_open=through, incoming=value)
            for through, value in zip(is_open.tolist(), values.tolist(), strict=True)
        )
        / count
        for mode, values in incoming.items()
    }
    return Gate(unit, arrived.name, count, channels, float(is_open.double().mean()), passed)


def _strongest(strength: Tensor, is_open: Tensor) -> list[int]:
    """Channels by falling strength: those of the open ones and of the closed ones that bring most."""
    order: list[int] = torch.argsort(strength, descending=True, stable=True).tolist()
    kinds = [[channel for channel in order if bool(is_open[channel]) == through] for through in (True, False)]
    half = SHOWN_CHANNELS // 2
    room = [max(half, SHOWN_CHANNELS - len(other)) for other in reversed(kinds)]
    chosen = {channel for kind, count in zip(kinds, room, strict=True) for channel in kind[:count]}
    return [channel for channel in order if channel in chosen]


def _measured(gradient: Tensor) -> LayerGradient:
    count = gradient.numel()
    largest = torch.maximum(gradient.amax(0), -gradient.amin(0)).float()
    return LayerGradient(
        to_array(largest),
        gradient.shape[0],
        float(torch.linalg.vector_norm(gradient.float())),
        int((gradient > 0).sum()) / count,
        int((gradient == 0).sum()) / count,
    )


def _at(gradient: Tensor, unit: Unit) -> Tensor:
    rows, cols = gradient.shape[1:]
    if not (0 <= unit.row < rows and 0 <= unit.col < cols):
        raise UserError(
            f"{unit.layer} has {rows} x {cols} units, and none at ({unit.row}, {unit.col}); choose another."
        )
    return gradient[:, unit.row, unit.col].clone()
