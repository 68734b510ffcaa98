"""Derivatives of one class at every layer under the three rules, and what happens at the gate of one unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.analysis.unit_gate import ReluInput, relu_input
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.networks.network import INPUT, ForwardState
from dcsm_viewer.engine.networks.torch_network import TorchNetwork
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stages.preprocess import image_in_input, network_input
from dcsm_viewer.queries.gradient_query import (
    MODES,
    Gate,
    GateChannel,
    GradientAnswer,
    GradientQuestion,
    LayerGradient,
    Unit,
    passes_relu,
)

SHOWN_CHANNELS = 12  # half of them open, half closed, as far as there are


def answer(question: GradientQuestion, stage: MapPipeline) -> Iterator[GradientAnswer]:
    """First one rule's derivatives, then two, then all; at last the gate of the unit, if one is asked for."""
    passes = stage.passes
    _, placement = passes.canvas()
    layers = layers_of(passes)
    where = (placement.top, placement.left, placement.height, placement.width)
    gradients: dict[BackwardMode, Mapping[str, LayerGradient]] = {}
    evaluator = _GradientEvaluator(passes, question)
    for mode in MODES:
        key = ("microscope", passes.forward_key, question.scale, question.class_id, mode)
        gradients[mode] = passes.stopwatch.intermediate("saliency", key, partial(evaluator.gradients, mode, layers))
        yield GradientAnswer(question, layers, dict(gradients), placement.canvas_px, where)
    if question.unit is not None:
        unit_key = ("gate", passes.forward_key, question.scale, question.class_id, question.unit)
        gate = passes.stopwatch.intermediate("saliency", unit_key, partial(evaluator.gate, question.unit))
        yield GradientAnswer(question, layers, gradients, placement.canvas_px, where, gate)


def layers_of(passes: NetworkPasses) -> tuple[str, ...]:
    """Names in the order a derivative reaches them. Where the first convolution's input is the network's, once."""
    network = passes.model.network
    if isinstance(network, TorchNetwork):  # hundreds of layers would be no table to read, nor fit into memory
        chosen = passes.layers
        return (*reversed(chosen), *(() if INPUT in chosen else (INPUT,)))
    return tuple(name for name in reversed(network.gradient_layers) if name != "conv1_1")


class _GradientEvaluator:
    """The forward pass is made when the first thing needs it, and is gone with the answer."""

    def __init__(self, passes: NetworkPasses, question: GradientQuestion) -> None:
        self._passes = passes
        self._question = question
        self._forward: tuple[Tensor, ForwardState[object]] | None = None

    def gradients(self, mode: BackwardMode, layers: tuple[str, ...]) -> Mapping[str, LayerGradient]:
        _, state = self._pass()
        found = {}
        for layer, gradient in self._backward(state, mode, layers):
            found[layer] = _measured(gradient[0])
        return {layer: found[layer] for layer in layers}

    def gate(self, unit: Unit) -> Gate:
        """What arrives at the ReLU below the unit, under each rule, and what it makes of it.

        Raises UserError for a unit the layer does not have.
        """
        pixels, state = self._pass()
        if unit.layer == INPUT:
            return Gate(unit, "", 0, (), 0.0, {})
        vectors: dict[BackwardMode, Tensor] = {}
        for mode in MODES:
            for layer, gradient in self._backward(state, mode, (unit.layer,)):
                if layer == unit.layer:
                    vectors[mode] = _at(gradient[0], unit)
        return gate_of(unit, relu_input(self._passes.model.network, pixels, state, unit), vectors)

    def _backward(
        self, state: ForwardState[object], mode: BackwardMode, layers: tuple[str, ...]
    ) -> Iterator[tuple[str, Tensor]]:
        model = self._passes.model
        grad_outputs = model.class_head.grad_outputs(state.logits, (self._question.class_id,))
        for layer, gradient in model.network.backward(state, grad_outputs, layers, mode):
            self._passes.checkpoint("saliency", f"{mode}, {layer}")
            yield layer, gradient

    def _pass(self) -> tuple[Tensor, ForwardState[object]]:
        if self._forward is None:
            passes, scale = self._passes, self._question.scale
            passes.checkpoint("classify", f"{scale} px")
            canvas, placement = passes.canvas()
            pixels = network_input(canvas, scale, passes.model.network.convention)
            pixels = pixels.to(passes.compute.device, passes.compute.dtype)
            self._forward = (pixels, passes.model.network.forward(pixels, image_in_input(placement, scale)))
        return self._forward


def gate_of(unit: Unit, arrived: ReluInput, vectors: Mapping[BackwardMode, Tensor]) -> Gate:
    """Collect what each rule lets through the ReLU in front of a unit.

    Parameters
    ----------
    unit
        The unit of the layer.
    arrived
        Carries a derivative at the unit to the ReLU.
    vectors
        By rule, the derivative (channels,) at the unit.

    Returns
    -------
    Gate
        The channels that are shown, with value and derivatives.
    """
    incoming = {mode: arrived.propagated(vector).cpu().double() for mode, vector in vectors.items()}
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
            passes_relu(mode, is_open=through, incoming=value)
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
    limits = [max(half, SHOWN_CHANNELS - len(other)) for other in reversed(kinds)]
    chosen = {channel for kind, count in zip(kinds, limits, strict=True) for channel in kind[:count]}
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
