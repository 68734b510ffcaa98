"""One forward pass through somebody else's module: seen from inside, and leaving nothing of it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge, saved_tensors_hooks
from torch.func import functional_call
from torch.overrides import TorchFunctionMode

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.activations import ActivationCounter, Activations
from dcsm_viewer.engine.networks.relu_rules import BackwardRule, Rectify, highest_of
from dcsm_viewer.engine.networks.spatial_head import HeadCalls


@dataclass(frozen=True, slots=True)
class LayerOutput:
    """The output of one call of a submodule: where its gradient can be asked for, and its shape."""

    name: str
    kind: str
    has_parameters: bool
    is_leaf: bool
    edge: GradientEdge
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModulePass:
    """A forward pass with its graph.

    output: (1, C), or (1, C, h, w) of a fully convolutional network. input_edge: of the network input. outputs: by
    name, in the order of the calls; a module called more than once has "name", "name:2", ... held_bytes: what the graph
    keeps for the backward passes.
    """

    output: Tensor
    input_edge: GradientEdge
    outputs: Mapping[str, LayerOutput]
    head_calls: HeadCalls
    rule: BackwardRule
    activations: Activations
    held_bytes: int


@dataclass(slots=True)
class _Recorder:
    """Collects what the submodules in `wanted` give, all of them for None."""

    wanted: frozenset[str] | None
    outputs: dict[str, LayerOutput] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def hook(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        """Return the forward hook of the submodule `name`."""

        def record(module: nn.Module, _inputs: object, output: object) -> None:
            self.calls[name] = count = self.calls.get(name, 0) + 1
            called = name if count == 1 else f"{name}:{count}"
            if self.wanted is not None and called not in self.wanted:
                return
            if isinstance(output, Tensor) and output.requires_grad and output.ndim in {3, 4}:
                self.outputs[called] = LayerOutput(
                    called,
                    type(module).__name__,
                    has_parameters=any(True for _ in module.parameters()),
                    is_leaf=not any(True for _ in module.children()),
                    # The edge now: a later in-place operation gives the same tensor another one.
                    edge=get_gradient_edge(output),
                    shape=tuple(output.shape),
                )

        return record


class _Functions(TorchFunctionMode):
    """Puts the rule in the place of every ReLU, and counts and notes what else the pass calls."""

    def __init__(self, rule: BackwardRule) -> None:
        super().__init__()
        self._rule = rule
        self.counter = ActivationCounter()
        self.head_calls = HeadCalls()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        highest = highest_of(func, args, kwargs)
        values = args[0] if args else kwargs.get("input")
        if highest is not None and isinstance(values, Tensor) and values.is_floating_point():
            self.counter.count_relu()
            return Rectify.apply(values, highest, self._rule)
        result = func(*args, **kwargs)
        self.counter.count(func, result)
        self.head_calls.note(func, args, kwargs, result)
        return result


# A pass sets training flags and puts them back; two at a time would put back each other's.
_ONE_PASS = RLock()


def out_of_place() -> AbstractContextManager[object]:
    """Return a context in which no ReLU of this thread overwrites its input."""
    return _Functions(BackwardRule())


def run_module(module: nn.Module, network_input: Tensor, wanted: frozenset[str] | None = None) -> ModulePass:
    """Run a module forward, in evaluation mode, with a graph from its input on.

    The module is as before when this returns or raises: parameters, buffers, hooks, training flags, requires_grad.

    Parameters
    ----------
    module
        Takes one image and gives logits: a tensor, or a dictionary, tuple or object that holds them.
    network_input
        (1, 3, h, w), on the device and in the type of the module's parameters.
    wanted
        Names of the submodule calls whose gradients will be asked for; None for all.

    Raises
    ------
    UserError
        Where the module gives no logits, or none that depend on its input.
    Exception
        Whatever the module raises.
    """
    recorder, rule = _Recorder(wanted), BackwardRule()
    functions = _Functions(rule)
    # Without gradients of the weights the graph keeps no inputs of convolutions. The swap ends with the call.
    weights = {name: parameter.detach() for name, parameter in module.named_parameters()}
    saved: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with (
        _ONE_PASS,
        torch.inference_mode(mode=False),
        torch.enable_grad(),
        _in_evaluation_mode(module),
        _hooked(module, recorder),
        saved_tensors_hooks(pack, lambda tensor: tensor),
    ):
        pixels = network_input.detach().clone().requires_grad_()
        input_edge = get_gradient_edge(pixels)
        with functions:
            output = logits_of(functional_call(module, weights, (pixels,)))
    if not output.requires_grad:
        raise UserError("The network's output does not depend on its input; give a network whose forward() is traced.")
    of_weights = {tensor.untyped_storage().data_ptr() for tensor in (*weights.values(), *module.buffers())}
    held = sum(size for index, size in saved.items() if index not in of_weights)
    return ModulePass(
        output, input_edge, recorder.outputs, functions.head_calls, rule, functions.counter.counted(), held
    )


def logits_of(output: object) -> Tensor:
    """Return the logits in what a network gives. Raises UserError where there are none."""
    if isinstance(output, Tensor):
        if output.ndim in {2, 4} and output.shape[0] == 1:
            return output
        raise UserError(
            f"The network gives {tuple(output.shape)} for one image, not one row of logits (1, classes); give a "
            "classifier, with its last layer."
        )
    if isinstance(output, Mapping):
        for name in ("logits", "out", "output"):
            if isinstance(output.get(name), Tensor):
                return logits_of(output[name])
        names = ", ".join(str(name) for name in output) or "nothing"
        raise UserError(f"The network gives a dictionary without 'logits' (it has {names}); wrap it in one that does.")
    logits = getattr(output, "logits", None)
    if isinstance(logits, Tensor):
        return logits_of(logits)
    if isinstance(output, tuple | list) and output and isinstance(output[0], Tensor):
        return logits_of(output[0])
    raise UserError(f"The network gives a {type(output).__name__} and no logits; wrap it in one that returns them.")


@contextmanager
def _in_evaluation_mode(module: nn.Module) -> Iterator[None]:
    """Switch dropout and batch statistics off inside; each submodule's own flag is put back."""
    # By the flag and not by eval(), which a module may have overridden to do more.
    flags = [(each, each.training) for each in module.modules()]
    for each, _ in flags:
        each.training = False
    try:
        yield
    finally:
        for each, flag in flags:
            each.training = flag


@contextmanager
def _hooked(module: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """Hooks on the submodules that `recorder` wants to hear of; gone afterwards."""
    wanted = None if recorder.wanted is None else {name.partition(":")[0] for name in recorder.wanted}
    handles = [
        each.register_forward_hook(recorder.hook(name))
        for name, each in module.named_modules()
        if name and (wanted is None or name in wanted)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
