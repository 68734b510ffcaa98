"""tanh by the sigmoid, which torch computes about six times as fast on a CPU."""

from __future__ import annotations

from torch import Tensor


def quick_tanh_(values: Tensor) -> Tensor:
    """Put tanh(x) = 2 sigmoid(2 x) - 1 in the place of each value, and return them.

    The error is at most 2 epsilon of the type, absolute (tanh's own is half of one): nothing beside a maximum of 1,
    which is what maps are scaled to. 0 stays 0. Above all sums of differences this is where the time goes.
    """
    if values.device.type != "cpu":
        return values.tanh_()
    return values.mul_(2).sigmoid_().mul_(2).sub_(1)
