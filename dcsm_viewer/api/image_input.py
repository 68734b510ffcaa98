"""Images for the Python API: paths, PIL images, arrays and tensors."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from dcsm_viewer.core.types import SourceImage, UserError
from dcsm_viewer.io.images import read_image

_KINDS = "give a path, a PIL image, or an array or tensor of shape (H, W, 3), (H, W) or (3, H, W)"


def source_image(image: object, name: str = "image") -> SourceImage:
    """Return what was given as an image of the program.

    Parameters
    ----------
    image
        A path or URL; a PIL image, turned upright; an array or tensor (H, W, 3), (H, W) or (3, H, W), uint8 or float
        in [0, 1], which is rounded to 8 bits.
    name
        Of an image that has no file.

    Returns
    -------
    SourceImage

    Raises
    ------
    UserError
        For anything else, values that are not finite or out of range, and files that cannot be read.
    """
    if isinstance(image, str | os.PathLike):
        return read_image(os.fspath(image))
    if isinstance(image, SourceImage):
        return image
    if isinstance(image, Image.Image):
        upright = ImageOps.exif_transpose(image)
        return SourceImage.of(np.asarray(upright.convert("RGB")), name=name)
    return SourceImage.of(_pixels(_array(image)), name=name)


def _array(image: object) -> NDArray[Any]:
    detach = getattr(image, "detach", None)
    if detach is not None:  # a tensor, on whatever device
        return np.asarray(detach().cpu())
    if isinstance(image, np.ndarray):
        return image
    raise UserError(f"A {type(image).__name__} is no image; {_KINDS}.")


def _pixels(values: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 (H, W, 3)."""
    shape = values.shape
    if values.ndim == 4 and shape[0] == 1:
        values = values[0]
    if values.ndim == 2:
        values = np.repeat(values[:, :, None], 3, axis=2)
    if values.ndim == 3 and values.shape[0] in {1, 3} and values.shape[2] not in {1, 3}:
        values = np.moveaxis(values, 0, 2)
    if values.ndim == 3 and values.shape[2] == 1:
        values = np.repeat(values, 3, axis=2)
    if values.ndim != 3 or values.shape[2] != 3 or 0 in values.shape:
        raise UserError(f"An image of shape {shape} cannot be taken; {_KINDS}.")
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if not np.issubdtype(values.dtype, np.floating):
        raise UserError(f"An image of {values.dtype} cannot be taken; give uint8, or floats in [0, 1].")
    if not np.isfinite(values).all():
        raise UserError("The image has values that are not finite; give floats in [0, 1].")
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        raise UserError(
            f"The image has values from {low:.3g} to {high:.3g}; give floats in [0, 1], before mean and standard "
            "deviation are applied."
        )
    return np.rint(values.astype(np.float64) * 255).astype(np.uint8)
