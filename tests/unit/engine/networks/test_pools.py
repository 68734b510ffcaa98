"""Where a max-pool sends a gradient back: plain argmax on the image, the first of nearly equal values on the canvas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.networks.vgg16 import Vgg16
from dcsm_viewer.engine.stages.preprocess import image_in_input, network_input, placement_for
from tests.networks import random_vgg_tensors

SIDE = 224
# A window whose last value is the largest by two units of float32's rounding.
NEARLY_EQUAL = (1.0, 1.0, 1.0, 1.0 + 2.4e-7)


def passing_through() -> Vgg16:
    """A network whose first two convolutions hand the first channel of the input on as it is."""
    tensors = {name: torch.tensor(value) for name, value in random_vgg_tensors(0, classes=2).items()}
    for name in ("conv1_1", "conv1_2"):
        tensors[f"{name}.weight"] = torch.zeros_like(tensors[f"{name}.weight"])
        tensors[f"{name}.weight"][0, 0, 1, 1] = 1
        tensors[f"{name}.bias"] = torch.zeros_like(tensors[f"{name}.bias"])
    return Vgg16.of(tensors, CAFFE).to(torch.device("cpu"), torch.float32)


def taken(row: int, column: int, on_image: tuple[range, range] | None) -> Tensor:
    """Bool (2, 2): which cell of the first pool's window there gets the gradient."""
    pixels = torch.zeros(1, 3, SIDE, SIDE)
    pixels[0, 0, row : row + 2, column : column + 2] = torch.tensor(NEARLY_EQUAL).view(2, 2)
    pool_argmax = passing_through().forward(pixels, on_image).masks.pool_argmax["conv1_2"]
    return pool_argmax[0, 0, row : row + 2, column : column + 2]


def test_that_the_largest_value_wins_wherever_the_image_is_seen() -> None:
    last = torch.tensor([[False, False], [False, True]])
    assert torch.equal(taken(100, 60, None), last)
    assert torch.equal(taken(100, 60, (range(90, 130), range(50, 90))), last)
    # Two convolutions see two pixels further than the image reaches.
    assert torch.equal(taken(100, 60, (range(103, 130), range(50, 90))), last)


def test_that_on_the_canvas_values_that_differ_by_rounding_are_equal_and_the_first_wins() -> None:
    first = torch.tensor([[True, False], [False, False]])
    assert torch.equal(taken(100, 60, (range(150, 160), range(50, 90))), first)
    assert torch.equal(taken(100, 60, (range(90, 130), range(100, 120))), first)


@pytest.mark.parametrize("scale", [160, 200, 300])
@pytest.mark.parametrize("shape", [(1, 1), (120, 200), (200, 77), (199, 199), (200, 200)], ids=str)
def test_that_exactly_the_pixels_outside_are_the_constant_canvas(shape: tuple[int, int], scale: int) -> None:
    placement = placement_for(shape, replace(MethodSettings(), canvas_px=200))
    canvas = torch.zeros(3, 200, 200, dtype=torch.float64)
    rows = slice(placement.top, placement.top + placement.height)
    columns = slice(placement.left, placement.left + placement.width)
    # Noise, as a constant image gives 0 where the kernel's weights cancel.
    canvas[:, rows, columns] = torch.from_numpy(np.random.default_rng(0).uniform(1, 255, (3, *shape)))
    pixels = network_input(canvas, scale, CAFFE)[0]
    differs = (pixels != pixels.new_tensor(CAFFE.mean).neg()[:, None, None]).any(0)
    found = [torch.nonzero(differs.any(axis))[:, 0] for axis in (1, 0)]
    assert [range(int(each[0]), int(each[-1]) + 1) for each in found] == list(image_in_input(placement, scale))
