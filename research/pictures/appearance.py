"""How objects and whole scenes look: colours, light, sharpness, grain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from research.pictures.cutout import Cutout, pixels

Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Appearance:
    """How much may vary. `repaint` is the share of renders and icons that get other colours than their own.

    `camera` scales exposure, tint, blur and grain of the whole picture; 0 leaves it as it was put together.
    `turn_degrees` bounds the rotation of an object.
    """

    repaint: float
    camera: float
    turn_degrees: float
    jpeg_quality: tuple[int, int]


TRAINING = Appearance(repaint=0.45, camera=1.0, turn_degrees=10, jpeg_quality=(70, 95))
EVALUATION = Appearance(repaint=0.0, camera=0.4, turn_degrees=5, jpeg_quality=(92, 92))


def compose_object(
    cutout: Cutout,
    box: tuple[float, float],
    light: NDArray[np.floating],
    rng: np.random.Generator,
    appearance: Appearance,
) -> Image.Image:
    """The cutout as RGBA, as large as fits `box` (width, height) in px, maybe mirrored, turned and recoloured.

    `light` is the mean colour (3,) in [0, 1] of where it will stand; its own is drawn towards that.
    """
    image = _sized(pixels(cutout.path), box)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turn = float(rng.normal(0, appearance.turn_degrees / 2))
    if abs(turn) > 1:
        turned = image.convert("RGBa").rotate(turn, Image.Resampling.BICUBIC, expand=True).convert("RGBA")
        image = turned.crop(turned.getchannel("A").point(_visible).getbbox())
    alpha = image.getchannel("A")
    colours = image.convert("RGB")
    if cutout.kind != "photograph" and rng.random() < appearance.repaint:
        colours = _repainted(colours, rng)
    colours = ImageEnhance.Brightness(colours).enhance(float(rng.uniform(0.8, 1.15)))
    colours = ImageEnhance.Contrast(colours).enhance(float(rng.uniform(0.85, 1.15)))
    colours = ImageEnhance.Color(colours).enhance(float(rng.uniform(0.75, 1.15)))
    colours = _lit_like(colours, alpha, light, strength=float(rng.uniform(0, 0.45)))
    colours.putalpha(alpha)
    return colours


def _sized(image: Image.Image, box: tuple[float, float]) -> Image.Image:
    """As large as fits, thin things a bit larger; colours are weighted by alpha, so that nothing unseen bleeds in."""
    longest, shortest = max(image.size), min(image.size)
    factor = min(box[0] / image.width, box[1] / image.height) * (shortest / longest) ** -0.15
    size = (max(round(image.width * factor), 8), max(round(image.height * factor), 8))
    return image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")


def _visible(alpha: int) -> int:
    return 255 if alpha > 8 else 0


def _repainted(colours: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Other hues, or none: a chair is a chair in green, and on a black-and-white photograph."""
    if rng.random() < 0.2:
        return colours.convert("L").convert("RGB")
    hue, saturation, value = colours.convert("HSV").split()
    shift = int(rng.integers(256))
    hue = hue.point([(h + shift) % 256 for h in range(256)])
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


def _lit_like(colours: Image.Image, alpha: Image.Image, light: NDArray[np.floating], strength: float) -> Image.Image:
    """The object's mean colour drawn towards the background's, as if lit by the same light."""
    solid = np.asarray(alpha) >= 128
    if not solid.any():
        return colours
    ours = np.asarray(colours)[solid].mean(0) / 255 + 0.05
    gain = np.clip(((light + 0.05) / ours) ** strength, 0.6, 1.5)
    return _through(colours, [np.arange(256) * channel for channel in gain])


def _through(image: Image.Image, tables: list[NDArray[np.floating]]) -> Image.Image:
    """The RGB image with each channel's values 0..255 looked up in a table of 256."""
    return image.point([int(value) for table in tables for value in np.clip(np.round(table), 0, 255)])


def simulate_camera(rgb: Picture, rng: np.random.Generator, appearance: Appearance) -> NDArray[np.uint8]:
    """The picture (H, W, 3) as a camera would have given it: exposure, contrast, tint, blur, grain."""
    much = appearance.camera
    exposure, contrast = np.exp(rng.normal(0, 0.22 * much)), 1 + rng.normal(0, 0.12 * much)
    tint = 1 + rng.normal(0, 0.05 * much, 3)
    levels = ((np.linspace(0, 1, 256) ** exposure - 0.5) * contrast + 0.5) * 255
    image = Image.fromarray((np.clip(rgb, 0, 1) * 255).round().astype(np.uint8))
    image = _through(image, [levels * channel for channel in tint])
    if rng.random() < 0.35 * much:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 1.4))))
    if rng.random() < 0.08 * much:
        image = image.convert("L").convert("RGB")
    grain = np.float32(255 * rng.uniform(0, 0.03) * much)
    noisy = np.asarray(image, np.float32) + grain * rng.standard_normal((*rgb.shape[:2], 3), np.float32)
    return np.clip(noisy, 0, 255).round().astype(np.uint8)
