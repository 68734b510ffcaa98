"""Guided back-propagation by surgery: each ReLU node of a traced copy is exchanged, in float64, graph by graph.

Another way to the same numbers than the program's, which exchanges functions while they are called. Only for networks
that torch.fx can trace.
"""

from __future__ import annotations

import copy
import operator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn


class _Exchanged(torch.autograd.Function):
    """min(max(x, 0), top) with the gradient g [0 < x < top] [g > 0] (guided) or g [0 < x < top] (gradient)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, top: float, mode: str) -> Tensor:
        ctx.save_for_backward(x)
        ctx.top, ctx.mode = top, mode
        y = torch.where(x > 0, x, torch.zeros_like(x))
        return torch.where(y < top, y, torch.full_like(y, top)) if top < 1e30 else y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        g = gradients[0]
        passed = ((x > 0) & (x < ctx.top)).double()
        rising = torch.ones_like(g) if ctx.mode == "gradient" else (g > 0).double()
        return g * passed * rising, None, None


class _Surgery(fx.Interpreter):
    """Runs a traced module with exchanged ReLUs, and remembers what each submodule gave, call by call."""

    def __init__(self, traced: fx.GraphModule, mode: str) -> None:
        super().__init__(traced)
        self.mode = mode
        self.seen: dict[str, Tensor] = {}
        self._calls: dict[str, int] = {}

    def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
        module = self.fetch_attr(target)
        if isinstance(module, nn.ReLU):
            result = _Exchanged.apply(args[0], 1e31, self.mode)
        elif isinstance(module, nn.ReLU6):
            result = _Exchanged.apply(args[0], 6.0, self.mode)
        else:
            result = super().call_module(target, args, kwargs)
        count = self._calls[target] = self._calls.get(target, 0) + 1
        if isinstance(result, Tensor):
            # A copy, so that an in-place addition behind it leaves it alone.
            self.seen[target if count == 1 else f"{target}:{count}"] = result = result.clone()
        return result

    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        if target in {F.relu, torch.relu, torch.relu_}:
            return _Exchanged.apply(args[0], 1e31, self.mode)
        if target is F.relu6:
            return _Exchanged.apply(args[0], 6.0, self.mode)
        if target is operator.iadd:
            return args[0] + args[1]
        return super().call_function(target, args, kwargs)

    def call_method(self, target: Any, args: Any, kwargs: Any) -> Any:
        if target in {"relu", "relu_"}:
            return _Exchanged.apply(args[0], 1e31, self.mode)
        return super().call_method(target, args, kwargs)


def derivatives(module: nn.Module, pixels: Tensor, class_id: int, mode: str) -> dict[str, Tensor]:
    """Return the derivative of a logit at what every submodule call gave, and at "input"; float64."""
    traced = fx.symbolic_trace(copy.deepcopy(module).double().eval())
    surgery = _Surgery(traced, mode)
    x = pixels.double().clone().requires_grad_()
    logits = surgery.run(x)
    names = list(surgery.seen)
    gradients: tuple[Tensor | None, ...] = torch.autograd.grad(
        logits[0, class_id], [x, *(surgery.seen[name] for name in names)], allow_unused=True
    )
    found = {name: g for name, g in zip(["input", *names], gradients, strict=True) if g is not None}
    return {name: g.detach() for name, g in found.items()}
