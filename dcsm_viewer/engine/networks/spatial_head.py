"""A classifier's head read at every position of its last grid, where numbers show that this is what it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

TOLERANCE = 1e-4  # of the largest logit, between the map's mean and the module's own output


@dataclass(slots=True)
class HeadCalls:
    """The last mean over positions, and the last linear layer, that a forward pass called.

    grid: what the mean was taken of, (1, F, h, w). linear: the layer's weight (C, F) and bias (C,) or None.
    """

    grid: Tensor | None = None
    linear: tuple[Tensor, Tensor | None] | None = None

    def note(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], result: object) -> None:
        """Note a call if it is one of the two.

        Parameters
        ----------
        func
            What is called.
        args, kwargs
            Its arguments.
        result
            What it returned.
        """
        if not isinstance(result, Tensor):
            return
        if func is F.linear:
            weight = args[1] if len(args) > 1 else kwargs["weight"]
            self.linear = (weight, args[2] if len(args) > 2 else kwargs.get("bias"))
            return
        if func not in _MEANS:
            return
        values = args[0] if args else kwargs.get("input")
        if not isinstance(values, Tensor) or values.ndim != 4 or values.shape[0] != 1:
            return
        for grid in (values, values.permute(0, 3, 1, 2)):  # Swin keeps its channels last
            if result.numel() == grid.shape[1]:
                self.grid = grid
                return


def logits_map(calls: HeadCalls, output: Tensor) -> Tensor | None:
    """Return the logits at every position, if their mean is the module's output.

    Parameters
    ----------
    calls
        Of the pass that gave `output`.
    output
        (1, C) or (1, C, h, w).

    Returns
    -------
    Tensor or None
        (1, C, h, w). None where the head is no linear layer, or none at all, behind a mean over positions; a network
        with anything between the two is not the same at every position.
    """
    if output.ndim == 4:
        return output
    if calls.grid is None:
        return None
    candidates = [calls.grid]  # the mean itself is the output: SqueezeNet, Network in Network
    if calls.linear is not None and calls.linear[0].shape[1] == calls.grid.shape[1]:
        weight, bias = calls.linear
        candidates.append(F.conv2d(calls.grid, weight[:, :, None, None], bias))
    scale = max(float(output.detach().abs().max()), 1e-6)
    for candidate in candidates:
        if candidate.shape[1] != output.shape[1]:
            continue
        off = float((candidate.detach().mean((2, 3)) - output.detach()).abs().max())
        if off <= max(TOLERANCE, 16 * torch.finfo(output.dtype).eps) * scale:
            return candidate
    return None


_MEANS = {F.adaptive_avg_pool2d, F.avg_pool2d, torch.mean, Tensor.mean}
