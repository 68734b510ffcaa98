"""From an image to what the network sees: fit it into the square canvas, scale the canvas, centre the values.

Back again: the rectangle the image takes on the canvas, and maps of that rectangle at the size of the image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.stages.interpolation import resized

_NARROW_PX = 16


@dataclass(frozen=True, slots=True)
class Placement:
    """The position of the image on the square canvas: rows top .. top + height - 1, columns left .. left + width - 1,
    px.

    `image_shape` is (H, W) of the source image, which is larger than (height, width) where it had to shrink.
    """

    canvas_px: int
    top: int
    left: int
    height: int
    width: int
    image_shape: tuple[int, int]


def placement_for(image_shape: tuple[int, int], method: MethodSettings) -> Placement:
    """Compute where an image of (H, W) px goes on the canvas.

    letterbox (`dcsm.m`, docs/method.md 10.2 step 1): aspect kept, shrunk if the longer side exceeds the canvas (A10),
    never enlarged, centred with the odd pixel above and to the left. stretch (docs/method.md 10.3 step 1): all of it.
    """
    side = method.canvas_px
    if method.fit == "stretch":
        return Placement(side, 0, 0, side, side, image_shape)
    longest = max(image_shape)
    height, width = (
        image_shape
        if longest <= side
        else (max(1, math.floor(length * side / longest + 0.5)) for length in image_shape)
    )
    # dcsm.m has (500 - H + H mod 2) / 2; rounding up says the same for an even canvas and holds for odd ones too.
    return Placement(side, (side - height + 1) // 2, (side - width + 1) // 2, height, width, image_shape)


def place_on_canvas(rgb: NDArray[np.uint8], method: MethodSettings) -> tuple[Tensor, Placement]:
    """Fit an image (H, W, 3) into the canvas, float64 RGB (3, S, S) in grey levels 0..255; also return where it lies.

    Around a letterboxed image the canvas is 0, black before the mean is taken off (A12). Shrinking is antialiased
    bicubic and not clamped, so it can leave 0..255 by a few levels at sharp edges.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise UserError(f"The image has shape {rgb.shape}; it must be (H, W, 3) with at least one pixel.")
    placement = placement_for((rgb.shape[0], rgb.shape[1]), method)
    planes = torch.tensor(np.ascontiguousarray(rgb)).permute(2, 0, 1).double()
    side = placement.canvas_px
    if method.fit == "stretch":
        return resized(planes, (side, side)).contiguous(), placement
    height, width = placement.height, placement.width
    canvas = torch.zeros(3, side, side, dtype=torch.float64)
    canvas[:, placement.top : placement.top + height, placement.left : placement.left + width] = _bicubic(
        planes, (height, width)
    )
    return canvas, placement


def network_input(canvas: Tensor, scale: int, convention: InputSpec) -> Tensor:
    """Scale the canvas to the network's input and normalise it by its convention.

    Bicubic with a = -0.5, antialiased on shrink, not clamped: MATLAB's imresize of singles (10.2 step 2, A11), except
    for the outermost two pixels, where MATLAB mirrors the picture and torch weighs what there is.

    Parameters
    ----------
    canvas
        float64 (3, S, S), RGB in 0..255.
    scale
        Side of the input, px.
    convention
        Order of the channels, mean and standard deviation.

    Returns
    -------
    Tensor
        (1, 3, scale, scale).
    """
    planes = _bicubic(canvas, (scale, scale))
    if convention.order == "bgr":
        planes = planes.flip(0)
    mean = planes.new_tensor(convention.mean)[:, None, None]
    std = planes.new_tensor(convention.std)[:, None, None]
    return ((planes - mean) / std)[None]


def image_in_input(placement: Placement, scale: int) -> tuple[range, range]:
    """Rows and columns of a (scale, scale) network input whose values depend on the image; the rest is the canvas.

    Scaling spreads the image by the reach of the bicubic kernel.
    """
    starts, lengths = (placement.top, placement.left), (placement.height, placement.width)
    rows, columns = (
        _reached(range(start, start + length), placement.canvas_px, scale)
        for start, length in zip(starts, lengths, strict=True)
    )
    return rows, columns


def _reached(pixels: range, side: int, scale: int) -> range:
    if side == scale:
        return pixels
    ratio = side / scale
    centres, reach = (np.arange(scale) + 0.5) * ratio, 2 * max(ratio, 1.0)
    # As torch takes its taps: those whose centre lies within the kernel's reach.
    first, behind = np.trunc(centres - reach + 0.5), np.trunc(centres + reach + 0.5)
    inside = np.flatnonzero((behind > pixels.start) & (first < pixels.stop))
    return range(int(inside[0]), int(inside[-1]) + 1)


def positions_on_image(placement: Placement, grid: tuple[int, int]) -> Tensor:
    """Bool (h, w): the positions of a grid over the canvas whose centre lies on the image; the nearest if none does."""
    lines = []
    for start, length, count in zip(
        (placement.top, placement.left), (placement.height, placement.width), grid, strict=True
    ):
        centres = (torch.arange(count) + 0.5) * (placement.canvas_px / count)
        inside = (centres >= start) & (centres < start + length)
        if not inside.any():
            inside[(centres - (start + length / 2)).abs().argmin()] = True
        lines.append(inside)
    return lines[0][:, None] & lines[1][None, :]


def crop(maps: Tensor, placement: Placement) -> Tensor:
    """Cut the image's rectangle (..., height, width) out of canvas maps (..., S, S)."""
    rows = slice(placement.top, placement.top + placement.height)
    cols = slice(placement.left, placement.left + placement.width)
    return maps[..., rows, cols]


def to_image(maps: Tensor, placement: Placement) -> Tensor:
    """Maps of the image's rectangle (C, h, w), at any resolution, bilinearly at the size of the image: (C, H, W)."""
    return resized(maps, placement.image_shape)


def _bicubic(planes: Tensor, shape: tuple[int, int]) -> Tensor:
    if planes.shape[-2:] == shape:
        return planes
    if planes.shape[-1] < _NARROW_PX:
        # WORKAROUND torch 2.13, CPU: the pass down the columns reads wrong rows of planes up to 3 px wide, so it is
        # made across the rows of the turned planes. tests/unit/engine/stages/test_preprocess.py has an image 1 px wide.
        planes = _cubic(planes.mT.contiguous(), (planes.shape[-1], shape[0])).mT.contiguous()
    return _cubic(planes, shape)


def _cubic(planes: Tensor, shape: tuple[int, int]) -> Tensor:
    # antialias=True is what makes torch use a = -0.5, as MATLAB and PIL do; without it a is -0.75.
    return F.interpolate(planes[None], size=shape, mode="bicubic", antialias=True, align_corners=False)[0]
