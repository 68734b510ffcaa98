"""Any eager `nn.Module` that classifies images, as a network of the engine (docs/networks.md)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcsm_viewer.core.types import LayerInfo, UserError
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.networks.layer_table import GridLayer, grid_layers, proposed
from dcsm_viewer.engine.networks.module_pass import ModulePass, run_module
from dcsm_viewer.engine.networks.network import INPUT, ForwardState, Rectangle
from dcsm_viewer.engine.networks.spatial_head import logits_map
from dcsm_viewer.io.os_errors import reason_of

if TYPE_CHECKING:
    from dcsm_viewer.core.settings import BackwardMode

# The first is not square: proportions tell the layout of an output. The others are what fixed networks take.
PROBE_SHAPE = (224, 320)
FIXED_SIDES = (224, 256, 299, 384, 336, 518, 512, 192, 160, 128, 96, 64, 32)


@dataclass(frozen=True, slots=True)
class ModuleState:
    """The graph of one forward pass: logits (1, C, h, w) with it, and the (h, w) that the module was given."""

    logits: Tensor
    passed: ModulePass
    input_shape: tuple[int, int]

    @property
    def held_bytes(self) -> int:
        """What the graph keeps for the backward passes, for caches that count their contents."""
        return self.passed.held_bytes


class TorchNetwork:
    """A module seen from outside: rules by function, layers by hooks that end, a head verified by numbers.

    layer_names: the layers proposed or chosen. gradient_layers: all, earliest first, the network input before them.
    layers: what is known of each, for an input of the reference size. classes: C. undefined_methods: why a method
    cannot be used, by name. notes: sentences on what was found out. head_is_map: whether logits are given at every
    position; else they are (1, C, 1, 1). input_size: the side that the module asks for, None where it takes any.
    """

    def __init__(
        self,
        module: nn.Module,
        convention: InputSpec,
        probe: _Probe,
        layer_names: tuple[str, ...],
        architecture: str = "",
    ) -> None:
        self.module, self.convention, self.architecture = module, convention, architecture
        self._probe = probe
        self.layer_names = layer_names
        self.layers: tuple[LayerInfo, ...] = tuple(layer.info for layer in probe.layers)
        self.gradient_layers = (INPUT, *(layer.name for layer in self.layers))
        self.classes = probe.classes
        self.input_size, self.head_is_map = probe.input_size, probe.head_is_map
        self.undefined_methods: Mapping[str, str] = probe.undefined
        self.notes = probe.notes

    def forward(
        self,
        network_input: Tensor,
        on_image: Rectangle | None = None,  # noqa: ARG002  # pools of a module break ties as torch does
    ) -> ForwardState[ModuleState]:
        """Return logits and graph of a (1, 3, h, w) input that follows `convention`, scaled to a fixed size if need be.

        Raises UserError for what the module raises, and where its output is not what it was when it was looked at.
        """
        pixels = _fitted(network_input, self.input_size)
        wanted = frozenset(name for name in self.gradient_layers if name != INPUT)
        passed = _run(self.module, pixels, wanted)
        logits = _as_map(passed, is_map=self.head_is_map)
        if logits.shape[1] != self.classes:
            raise UserError(f"The network gave {logits.shape[1]} logits, and {self.classes} when it was opened.")
        state = ModuleState(logits, passed, (pixels.shape[2], pixels.shape[3]))
        return ForwardState(logits.detach(), state)

    def backward(
        self, state: ForwardState[ModuleState], grad_outputs: Tensor, layers: Sequence[str], mode: BackwardMode
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield derivatives at the wanted layers, latest first.

        Parameters
        ----------
        state
            Of the forward pass.
        grad_outputs
            (K, C, h, w), the derivative at the logits of each of K classes.
        layers
            Names of the wanted layers.
        mode
            How the gradient passes an activation.

        Returns
        -------
        Iterator
            (layer, derivative (K, channels, h, w)).

        Raises
        ------
        UserError
            The mode is not defined for the network's activations.
        """
        if mode in self.undefined_methods:
            raise UserError(self.undefined_methods[mode])
        passed = state.masks.passed
        wanted = [name for name in reversed(self.gradient_layers) if name in set(layers)]
        if not wanted:
            return
        passed.rule.mode = mode
        edges = [passed.input_edge if name == INPUT else passed.outputs[name].edge for name in wanted]
        rows = [
            torch.autograd.grad(state.masks.logits, edges, grad_outputs[row : row + 1], retain_graph=True)
            for row in range(grad_outputs.shape[0])
        ]
        for index, name in enumerate(wanted):
            gradient = torch.cat([row[index] for row in rows]) if len(rows) > 1 else rows[0][index]
            layer = self._probe.by_name.get(name)
            yield name, gradient if layer is None else layer.on_grid(gradient, state.masks.input_shape)

    def with_module(self, module: nn.Module) -> TorchNetwork:
        """Return this network with another module of the same architecture in it, such as a copy with other weights."""
        return TorchNetwork(module, self.convention, self._probe, self.layer_names, self.architecture)

    def fitted(self, network_input: Tensor) -> Tensor:
        """Return the input (1, 3, h, w) in the size that the module takes."""
        return _fitted(network_input, self.input_size)

    def on_grid(self, layer: str, values: Tensor, input_shape: tuple[int, int]) -> Tensor:
        """Return values in the layout of a layer as a grid.

        Parameters
        ----------
        layer
            Its name.
        values
            Activations or gradients, in the layer's own layout.
        input_shape
            (h, w) of the network input, before it is fitted.

        Returns
        -------
        Tensor
            (1, channels, h, w).
        """
        side = self.input_size
        return self._probe.by_name[layer].on_grid(values, input_shape if side is None else (side, side))

    def to(self, device: torch.device, dtype: torch.dtype) -> TorchNetwork:
        """Return the same network with its weights there and in that precision; the module itself stays as it is.

        Raises UserError for a module that cannot be copied.
        """
        first = next(self.module.parameters(), None)
        if first is None or (first.device == device and first.dtype == dtype):
            return self
        try:
            moved = copy.deepcopy(self.module).to(device, dtype)
        except (RuntimeError, TypeError, AttributeError) as error:
            kind = str(dtype).removeprefix("torch.")
            raise UserError(
                f"The network cannot be copied to {device} in {kind} ({_first_line(error)}); choose the device and "
                "precision it has already."
            ) from None
        return self.with_module(moved)


@dataclass(frozen=True, slots=True)
class _Probe:
    """What one pass over a reference input told."""

    layers: tuple[GridLayer, ...]
    by_name: Mapping[str, GridLayer]
    classes: int
    input_size: int | None
    head_is_map: bool
    undefined: Mapping[str, str]
    notes: tuple[str, ...]


def wrap_module(
    module: nn.Module,
    convention: InputSpec,
    *,
    layer_names: Sequence[str] | None = None,
    architecture: str = "",
) -> TorchNetwork:
    """Look at a module with real passes, and return it as a network. Nothing of the module changes.

    Parameters
    ----------
    module
        An eager classifier of images; wrappers of torch.compile and DataParallel are taken off.
    convention
        How it wants its pixels.
    layer_names
        The layers whose maps are made if the settings name none; None for the proposed ones.
    architecture
        For the card, such as "torchvision/resnet50".

    Raises
    ------
    UserError
        Where the module raises, gives no logits or values that are not finite, or has no layer on a grid.
    """
    module = unwrapped(module)
    probe = _probe(module)
    names = tuple(layer_names or proposed(probe.layers))
    unknown = [name for name in names if name != INPUT and name not in probe.by_name]
    if unknown:
        raise UserError(
            f"The network has no layer {', '.join(unknown)} on a grid; its layers are "
            f"{', '.join(layer.info.name for layer in probe.layers)}."
        )
    in_order = tuple(name for name in (INPUT, *probe.by_name) if name in names)
    return TorchNetwork(module, convention, probe, in_order, architecture)


def unwrapped(module: nn.Module) -> nn.Module:
    """Return the module inside torch.compile's, DataParallel's and DistributedDataParallel's wrappers."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if inner is None and isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = module.module
        if not isinstance(inner, nn.Module):
            return module
        module = inner


def _probe(module: nn.Module) -> _Probe:
    first = next(module.parameters(), None)
    device = torch.device("cpu") if first is None else first.device
    dtype = torch.float32 if first is None else first.dtype
    passed, shape, input_size = _first_pass(module, device, dtype)
    if not bool(torch.isfinite(passed.output).all()):
        raise UserError("The network's outputs are not finite for a plain image; its weights are damaged.")
    layers = _reachable(passed, grid_layers(passed.outputs, shape), shape)
    if not layers:
        raise UserError(
            "The network has no layer whose output lies on a grid of positions, so it has no saliency maps; give a "
            "convolutional network or a vision transformer."
        )
    logits = logits_map(passed.head_calls, passed.output)
    notes = []
    if input_size is not None:
        notes.append(f"The network takes images of {input_size} x {input_size} px only; each scale is resized to that.")
    if logits is None:
        notes.append("The network's head is not the same at every position, so an image has one logit a class.")
    activations = passed.activations
    if activations.note:
        notes.append(activations.note)
    return _Probe(
        layers,
        {layer.info.name: layer for layer in layers},
        passed.output.shape[1],
        input_size,
        logits is not None,
        activations.undefined,
        tuple(notes),
    )


def _first_pass(
    module: nn.Module, device: torch.device, dtype: torch.dtype
) -> tuple[ModulePass, tuple[int, int], int | None]:
    """The pass over a reference image, its (h, w), and the side where only that is taken."""
    refusal: UserError | None = None
    for shape in (PROBE_SHAPE, *((side, side) for side in FIXED_SIDES)):
        try:
            passed = _run(module, _reference_image(shape, device, dtype), None)
        except UserError as error:
            refusal = refusal or error
            continue
        return passed, shape, None if shape == PROBE_SHAPE else shape[0]
    assert refusal is not None, "a pass ends with a result or an error"
    raise refusal


def _reference_image(shape: tuple[int, int], device: torch.device, dtype: torch.dtype) -> Tensor:
    """(1, 3, h, w) with values of any sign, the same each time; no generator of the user's is touched."""
    rows, columns = torch.arange(shape[0], dtype=torch.float64), torch.arange(shape[1], dtype=torch.float64)
    phases = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64)[:, None, None]
    waves = torch.sin(rows[:, None] / 7 + phases) + torch.cos(columns[None, :] / 11 - phases)
    return waves[None].to(device, dtype)


def _run(module: nn.Module, pixels: Tensor, wanted: frozenset[str] | None) -> ModulePass:
    """A pass, with what the module raises as a sentence; memory and device errors are the engine's to answer."""
    try:
        return run_module(module, pixels, wanted)
    except (UserError, MemoryError, torch.OutOfMemoryError, torch.AcceleratorError):
        raise
    except Exception as error:
        size = f"{pixels.shape[2]} x {pixels.shape[3]} px"
        raise UserError(
            f"The network's forward() raises {type(error).__name__} for an image of {size}: {_first_line(error)}. Give "
            "a network that takes one (1, 3, H, W) image."
        ) from error


def _first_line(error: Exception) -> str:
    text = reason_of(error) if isinstance(error, OSError) else str(error)
    return (text.strip().splitlines() or ["no reason given"])[0].rstrip(".")[:200]


def _reachable(passed: ModulePass, layers: Sequence[GridLayer], input_shape: tuple[int, int]) -> tuple[GridLayer, ...]:
    """The layers whose grid the output depends on.

    Auxiliary heads and unused branches have no gradient. Behind the last attention of a ViT only the class token has
    one, and its grid is zero.
    """
    edges = [passed.outputs[layer.info.name].edge for layer in layers]
    if not edges:
        return ()
    gradients: Sequence[Tensor | None] = torch.autograd.grad(
        passed.output.sum(), edges, retain_graph=True, allow_unused=True
    )
    there = [(layer, gradient) for layer, gradient in zip(layers, gradients, strict=True) if gradient is not None]
    alive = tuple(layer for layer, gradient in there if bool(layer.on_grid(gradient, input_shape).any()))
    return alive or tuple(layer for layer, _ in there)  # a head of zeros has no gradients at all


def _as_map(passed: ModulePass, *, is_map: bool) -> Tensor:
    """(1, C, h, w), or (1, C, 1, 1) where the head is not one of every position."""
    if not is_map:
        return passed.output[:, :, None, None]
    logits = logits_map(passed.head_calls, passed.output)
    if logits is None:
        raise UserError("The network's head does not give at this size what it gave when it was opened.")
    return logits


def _fitted(network_input: Tensor, side: int | None) -> Tensor:
    if side is None or network_input.shape[2:] == (side, side):
        return network_input
    return F.interpolate(network_input, (side, side), mode="bilinear", align_corners=False, antialias=True)
