"""One image as a training sees it: resized, turned, its colours shaken; the same for the same random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from dcsm_viewer.training.training_recipe import Augmentation


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """A square canvas, uint8 RGB (S, S, 3), black around the image; `rectangle` is its (top, left, height, width)."""

    canvas: NDArray[np.uint8]
    rectangle: tuple[int, int, int, int]


def letterboxed(rgb: NDArray[np.uint8], side: int) -> PlacedImage:
    """The image, its longer side `side` px, in the middle of the canvas, as the engine places it."""
    return _placed(_resized(Image.fromarray(rgb), side), side, 0.5, 0.5)


def augmented(rgb: NDArray[np.uint8], side: int, kind: Augmentation, rng: np.random.Generator) -> PlacedImage:
    """The image as `kind` changes it, its longer side at most `side` px, somewhere on the canvas.

    plain: resized only. paper: mirrored half of the time, colours shaken. strong: also smaller, stretched a little,
    turned by some degrees, blurred, noisy, gray or full of JPEG's blocks; that hides how a picture was made, so that
    a network trained on drawings finds less to hold on to that photographs do not have.
    """
    image = Image.fromarray(rgb)
    if kind == "plain":
        return _placed(_resized(image, side), side, 0.5, 0.5)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if kind == "strong":
        image = _resized(image, max(64, round(side * rng.uniform(0.75, 1.0))), stretch=rng.uniform(0.8, 1.25))
        image = _turned(image, rng)
        image = _coloured(image, rng, 0.45)
        image = _spoiled(image, rng)
    else:
        image = _coloured(_resized(image, side), rng, 0.3)
    return _placed(image, side, rng.random(), rng.random())


def _resized(image: Image.Image, longer: int, stretch: float = 1.0) -> Image.Image:
    """stretch: how much wider than before, aspect ratio against aspect ratio."""
    width, height = image.width * stretch, float(image.height)
    factor = longer / max(width, height)
    size = (min(longer, max(1, round(width * factor))), min(longer, max(1, round(height * factor))))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _turned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    if rng.random() < 0.5:
        return image
    return image.rotate(rng.uniform(-12, 12), Image.Resampling.BILINEAR, fillcolor=_mean_colour(image))


def _coloured(image: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    for enhancer in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhancer(image).enhance(rng.uniform(1 - strength, 1 + strength))
    if rng.random() < 0.5:
        gains = rng.uniform(1 - strength / 3, 1 + strength / 3, 3)  # a lamp of another colour
        image = Image.fromarray(np.clip(np.asarray(image) * gains, 0, 255).astype(np.uint8))
    return image


def _spoiled(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    if rng.random() < 0.1:
        image = image.convert("L").convert("RGB")
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.8)))
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(2, 14), (image.height, image.width, 3))
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    if rng.random() < 0.4:
        stream = BytesIO()
        image.save(stream, "JPEG", quality=int(rng.integers(25, 90)))
        image = Image.open(stream).convert("RGB")
    return image


def _mean_colour(image: Image.Image) -> tuple[int, ...]:
    return tuple(int(value) for value in np.asarray(image).mean((0, 1)))


def _placed(image: Image.Image, side: int, down: float, across: float) -> PlacedImage:
    # Halves go up, as the engine's placement has them.
    top, left = int((side - image.height) * down + 0.5), int((side - image.width) * across + 0.5)
    canvas = np.zeros((side, side, 3), dtype=np.uint8)
    canvas[top : top + image.height, left : left + image.width] = np.asarray(image)
    return PlacedImage(canvas, (top, left, image.height, image.width))
