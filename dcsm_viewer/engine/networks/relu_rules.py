"""The rule by which gradients pass a ReLU, put in the place of every ReLU of a module, however it is called.

By function and not by module: hooks on `nn.ReLU` miss `F.relu`, `torch.relu_` and `clamp(min=0)`, one module used
several times has one hook for all its uses, and an in-place ReLU overwrites what a hook would need
(pytorch#61519, captum#156, captum#973).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.engine.networks.network import relu_backward


class BackwardRule:
    """The mode that the ReLUs of one forward pass follow when gradients come back; set before each backward pass."""

    mode: BackwardMode = "gradient"


class Rectify(torch.autograd.Function):
    """A ReLU or ReLU6 whose gradient follows a rule.

    max(x, 0), or min(max(x, 0), 6): never in place, and backward by the rule of the pass.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, highest: float, rule: BackwardRule) -> Tensor:
        """Return the rectified values.

        Parameters
        ----------
        ctx
            Of autograd.
        values
            Any shape.
        highest
            math.inf for a ReLU and 6 for a ReLU6.
        rule
            How the gradient passes on the way back.

        Returns
        -------
        Tensor
            Newly made.
        """
        mask = values > 0
        if math.isfinite(highest):
            mask &= values < highest
        ctx.save_for_backward(mask)
        ctx.rule = rule
        return values.clamp(min=0) if math.isinf(highest) else values.clamp(0, highest)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient behind the ReLU, as Springenberg et al. 2015, section 3.4, compare the three rules."""
        (mask,) = ctx.saved_tensors
        return relu_backward(gradients[0].clone(), mask, ctx.rule.mode), None, None


def highest_of(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> float | None:
    """Return the upper bound of a call that is a ReLU (math.inf) or a ReLU6 (6), None for any other call.

    Parameters
    ----------
    func
        What is called.
    args, kwargs
        Its arguments.

    Returns
    -------
    float or None
        The bound.
    """
    if func in _RELU:
        return math.inf
    if func in _RELU6:
        return 6.0
    bounds = _bounds(func, args, kwargs)
    if bounds is None:
        return None
    low, high = bounds
    if low != 0 or isinstance(low, Tensor):
        return None
    if high is None:
        return math.inf
    return float(high) if isinstance(high, int | float) and high > 0 else None


def _bounds(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """The (lowest, highest) value of a call that clamps, None for any other."""
    if func in _HARDTANH:
        return _argument(args, kwargs, 1, "min_val", -1.0), _argument(args, kwargs, 2, "max_val", 1.0)
    if func in _CLAMP:
        return _argument(args, kwargs, 1, "min", None), _argument(args, kwargs, 2, "max", None)
    if func in _CLAMP_MIN:
        return _argument(args, kwargs, 1, "min", None), None
    if func in _THRESHOLD:
        threshold, value = _argument(args, kwargs, 1, "threshold", None), _argument(args, kwargs, 2, "value", None)
        return (0, None) if threshold == value == 0 else None
    return None


def _argument(args: tuple[Any, ...], kwargs: Mapping[str, Any], position: int, name: str, default: object) -> Any:
    return args[position] if len(args) > position else kwargs.get(name, default)


_RELU = {F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_}
_RELU6 = {F.relu6}
_HARDTANH = {F.hardtanh, F.hardtanh_}
_CLAMP = {torch.clamp, torch.clamp_, Tensor.clamp, Tensor.clamp_, torch.clip, torch.clip_, Tensor.clip, Tensor.clip_}
_CLAMP_MIN = {torch.clamp_min, torch.clamp_min_, Tensor.clamp_min, Tensor.clamp_min_}
_THRESHOLD = {F.threshold, torch.threshold, torch.threshold_}  # F.threshold_ is torch.threshold_
