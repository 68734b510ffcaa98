from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import CAFFE, DCSM_M, InputSpec
from dcsm_viewer.engine.stages.preprocess import crop, network_input, place_on_canvas, placement_for, to_image
from tests.reference.paper import step_1_canvas
from tests.reference.resizing import bicubic, half_pixel

PAPER = MethodSettings()
PLAIN = InputSpec("rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
GREY_LEVELS = 2e-2  # of 255, on pure noise: torch has positions and weights of the cubic in float32 (worst seen 1.2e-2)
SHAPES = [(1, 1), (37, 499), (500, 333), (333, 500), (501, 37), (700, 900), (900, 1), (500, 500)]


def picture(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_that_a_padded_canvas_equals_the_reference(shape: tuple[int, int]) -> None:
    rgb = picture(*shape)
    canvas, placement = place_on_canvas(rgb, PAPER)
    expected, rectangle = step_1_canvas(rgb, 500)
    assert (placement.top, placement.left, placement.height, placement.width) == rectangle
    np.testing.assert_allclose(canvas.numpy(), expected, rtol=0, atol=GREY_LEVELS)


def test_that_a_stretched_canvas_equals_the_reference() -> None:
    rgb = picture(61, 700)
    canvas, placement = place_on_canvas(rgb, PRESETS["caffe"])
    np.testing.assert_allclose(
        canvas.numpy(), half_pixel(rgb.transpose(2, 0, 1).astype(np.float64), 512, 512), rtol=0, atol=GREY_LEVELS
    )
    assert (placement.top, placement.left, placement.height, placement.width) == (0, 0, 512, 512)


@settings(max_examples=100)
@given(height=st.integers(1, 300), width=st.integers(1, 300), side=st.integers(100, 301))
def test_that_the_image_lies_inside_the_canvas_and_in_its_middle(height: int, width: int, side: int) -> None:
    placement = placement_for((height, width), replace(PAPER, canvas_px=side))
    for start, length, was in (
        (placement.top, placement.height, height),
        (placement.left, placement.width, width),
    ):
        assert start >= 0
        assert 1 <= length <= was
        rest = side - start - length
        assert 0 <= start - rest <= 1
    assert (placement.height, placement.width) == (height, width) or max(placement.height, placement.width) == side


@settings(max_examples=40)
@given(height=st.integers(1, 100), width=st.integers(1, 100))
def test_that_an_image_placed_and_taken_back_is_the_same(height: int, width: int) -> None:
    rgb = picture(height, width)
    canvas, placement = place_on_canvas(rgb, replace(PAPER, canvas_px=100))
    back = to_image(crop(canvas, placement), placement)
    assert torch.equal(back, torch.from_numpy(rgb).permute(2, 0, 1).float())


def test_that_maps_of_a_shrunk_image_come_back_at_its_size() -> None:
    placement = placement_for((700, 900), PAPER)
    assert to_image(torch.rand(2, placement.height, placement.width), placement).shape == (2, 700, 900)


@pytest.mark.parametrize("scale", [100, 64, 80, 120, 133])
def test_that_scaling_equals_the_literal_cubic(scale: int) -> None:
    canvas, _ = place_on_canvas(picture(90, 71), replace(PAPER, canvas_px=100))
    expected = bicubic(canvas.double().numpy(), scale, scale)
    np.testing.assert_allclose(network_input(canvas, scale, PLAIN)[0].numpy(), expected, rtol=0, atol=GREY_LEVELS)


@pytest.mark.parametrize("scale", [80, 120])
def test_that_scaling_equals_pillow_on_float_planes(scale: int) -> None:
    canvas, _ = place_on_canvas(picture(100, 100), replace(PAPER, canvas_px=100))
    planes = [Image.fromarray(plane.numpy()).resize((scale, scale), Image.Resampling.BICUBIC) for plane in canvas]
    expected = np.stack([np.asarray(plane) for plane in planes])
    np.testing.assert_allclose(network_input(canvas, scale, PLAIN)[0].numpy(), expected, rtol=0, atol=GREY_LEVELS)


@pytest.mark.parametrize("scale", [80, 120])
def test_that_scaling_differs_from_matlab_in_the_outermost_pixels_only(scale: int) -> None:
    canvas, _ = place_on_canvas(picture(100, 100), replace(PAPER, canvas_px=100))
    ours = network_input(canvas, scale, PLAIN)[0].numpy()
    matlab = bicubic(canvas.double().numpy(), scale, scale, edge="mirror")
    np.testing.assert_allclose(ours[:, 2:-2, 2:-2], matlab[:, 2:-2, 2:-2], rtol=0, atol=GREY_LEVELS)
    assert np.abs(ours - matlab).max() > 1


def test_that_scaling_does_not_clamp() -> None:
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[:, 50:] = 255
    pixels = network_input(place_on_canvas(rgb, replace(PAPER, canvas_px=100))[0], 120, PLAIN)
    assert pixels.max() > 256
    assert pixels.min() < -1


def test_that_a_red_square_reaches_a_bgr_network_in_the_last_channel() -> None:
    red = np.zeros((100, 100, 3), np.uint8)
    red[..., 0] = 255
    canvas, _ = place_on_canvas(red, replace(PAPER, canvas_px=100))
    expected = torch.tensor([0 - 104.00699, 0 - 116.66877, 255 - 122.67892], dtype=torch.float64)
    torch.testing.assert_close(network_input(canvas, 100, CAFFE)[0, :, 50, 50], expected)
    expected = torch.tensor([255 - 104.00699, -116.66877, -122.67892], dtype=torch.float64)
    torch.testing.assert_close(network_input(canvas, 100, DCSM_M)[0, :, 50, 50], expected)


def test_that_the_border_is_black_before_the_mean_is_taken_off() -> None:
    canvas, _ = place_on_canvas(np.full((10, 10, 3), 200, np.uint8), replace(PAPER, canvas_px=100))
    pixels = network_input(canvas, 100, InputSpec("rgb", (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)))
    assert pixels[0, 0, 0, 0].item() == pytest.approx(-127 / 128)


def test_that_something_that_is_no_colour_image_is_refused_with_its_shape() -> None:
    with pytest.raises(UserError, match=r"\(4, 4\)"):
        place_on_canvas(np.zeros((4, 4), np.uint8), PAPER)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 15, 16])
def test_that_narrow_images_shrink_as_wide_ones_do(width: int) -> None:
    rgb = picture(300, width)
    canvas, placement = place_on_canvas(rgb, replace(PAPER, canvas_px=100))
    expected = bicubic(rgb.transpose(2, 0, 1).astype(np.float64), placement.height, placement.width)
    np.testing.assert_allclose(crop(canvas, placement).numpy(), expected, rtol=0, atol=GREY_LEVELS)
