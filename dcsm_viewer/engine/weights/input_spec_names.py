"""The input conventions a user can choose by name when importing a network."""

from __future__ import annotations

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
