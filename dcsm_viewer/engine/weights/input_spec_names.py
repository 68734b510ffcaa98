"""The input conventions a user can choose by name when importing a network."""

from __future__ import annotations

import math
from typing import Literal

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import CAFFE, DCSM_M, EFFICIENTNET_LITE, TORCHVISION, InputSpec
from dcsm_viewer.engine.weights.channel_order import RGB_CAFFE_MEANS

INPUT_SPECS: dict[str, InputSpec] = {
    "caffe": CAFFE,
    "caffe-rgb": RGB_CAFFE_MEANS,
    "dcsm-m": DCSM_M,
    "torchvision": TORCHVISION,
    "efficientnet-lite": EFFICIENTNET_LITE,
}


def input_spec_named(name: str) -> InputSpec:
    """Raises UserError with the names there are."""
    if name not in INPUT_SPECS:
        raise UserError(f"There is no input convention '{name}'; choose one of {', '.join(INPUT_SPECS)}.")
    return INPUT_SPECS[name]


def input_spec_of(
    mean: str | None, std: str | None, order: Literal["rgb", "bgr"], value_range: Literal["0..1", "0..255"]
) -> InputSpec:
    """Return the convention with these means and standard deviations.

    Parameters
    ----------
    mean, std
        Three numbers with commas, in R, G, B whatever the order.
    order
        Of the channels of the network input.
    value_range
        Of the pixels that the numbers are for.

    Raises
    ------
    UserError
        Where one is missing, is no three numbers, or a deviation is not positive.
    """
    if mean is None or std is None:
        raise UserError("--mean and --std go together; give both, such as --mean 0.485,0.456,0.406.")
    factor = 255.0 if value_range == "0..1" else 1.0
    means, deviations = _three("--mean", mean, factor), _three("--std", std, factor)
    if min(deviations) <= 0:
        raise UserError(f"--std {std} divides by zero or less; give three positive numbers.")
    if order == "bgr":
        means, deviations = means[::-1], deviations[::-1]
    return InputSpec(order, means, deviations)


def _three(option: str, text: str, factor: float) -> tuple[float, float, float]:
    try:
        values = [float(part) * factor for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 3 or not all(math.isfinite(value) for value in values):
        raise UserError(f"{option} {text} is not three numbers; write them as 0.485,0.456,0.406.")
    return values[0], values[1], values[2]
