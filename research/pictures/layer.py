"""One object standing in a picture: its softened edge, its shadow on the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from research.pictures.cutout import Cutout

Picture = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Layer:
    """One object where it stands in the picture: a window of it at `at`, with its shadow in a window of its own.

    rgb (h, w, 3) and alpha (h, w) in [0, 1]; `shadow` (h', w') is how much light it keeps from what is behind. Windows
    lie wholly inside the picture, at (left, top).
    """

    cutout: Cutout
    rgb: Picture
    alpha: Picture
    at: tuple[int, int]
    shadow: Picture
    shadow_at: tuple[int, int]

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that the object's window covers."""
        return _window(self.alpha, self.at)

    @property
    def shadow_window(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that its shadow's window covers."""
        return _window(self.shadow, self.shadow_at)


def _window(piece: Picture, at: tuple[int, int]) -> tuple[slice, slice]:
    left, top = at
    return slice(top, top + piece.shape[0]), slice(left, left + piece.shape[1])


def inside(
    piece: NDArray[Scalar], left: int, top: int, size: tuple[int, int]
) -> tuple[NDArray[Scalar], tuple[int, int]]:
    """The part of the piece that lies in a picture of this size (width, height), and its (left, top) there."""
    width, height = size
    y0, x0 = min(max(top, 0), height), min(max(left, 0), width)
    y1, x1 = max(min(top + piece.shape[0], height), y0), max(min(left + piece.shape[1], width), x0)
    return piece[y0 - top : y1 - top, x0 - left : x1 - left], (x0, y0)


def place_layer(
    cutout: Cutout, image: Image.Image, left: int, top: int, size: tuple[int, int], rng: np.random.Generator
) -> Layer:
    """The layer of the cutout, dressed as `image`, in a picture of this size (width, height)."""
    # Cutouts' edges are harder than a lens draws them. The frame keeps the softened edge from being cut off.
    framed = Image.new("RGBA", (image.width + 4, image.height + 4))
    framed.paste(image, (2, 2))
    soft = framed.getchannel("A").filter(ImageFilter.GaussianBlur(0.6))
    alpha, at = inside(np.asarray(soft, np.float32) / np.float32(255), left - 2, top - 2, size)
    rgb, _ = inside(_bled(framed), left - 2, top - 2, size)
    shadow, shadow_at = np.zeros((0, 0), np.float32), (0, 0)
    if not (cutout.flies and top + image.height < 0.8 * size[1]):
        shadow, shadow_at = _shadow(image.getchannel("A"), left, top, size, rng)
    return Layer(cutout, rgb, alpha, at, shadow, shadow_at)


def _bled(image: Image.Image) -> Picture:
    """Colours (h, w, 3) in [0, 1] that go on a little beyond the edge, so that a softened edge shows no fringe."""
    rgba = np.asarray(image)
    solid = rgba[..., 3] >= 128
    rgb = rgba[..., :3]
    if solid.any() and not solid.all():
        nearest = ndimage.distance_transform_edt(~solid, return_distances=False, return_indices=True)
        rgb = rgb[tuple(nearest)]
    return rgb.astype(np.float32) / np.float32(255)


def _shadow(
    outline: Image.Image, left: int, top: int, size: tuple[int, int], rng: np.random.Generator
) -> tuple[Picture, tuple[int, int]]:
    """How much light, 0..0.7, the object keeps from the ground: its outline laid flat, darkest at its foot."""
    wide, tall = outline.size
    flat = max(round(tall * float(rng.uniform(0.08, 0.25))), 3)
    lean = round(float(rng.uniform(-0.12, 0.12)) * wide)
    strength = float(rng.uniform(0.15, 0.5))
    padding = max(8, wide // 8)  # for the blur to fade out in
    canvas = (wide + 2 * padding, flat + 2 * padding)
    laid = Image.new("L", canvas)
    laid.paste(outline.resize((wide, flat), Image.Resampling.BOX), (padding + lean, padding))
    laid = laid.filter(ImageFilter.GaussianBlur(max(2.0, 0.02 * wide)))
    # The lowest twentieth of the object touches the ground.
    foot = outline.crop((0, tall - max(tall // 20, 2), wide, tall)).resize((wide, 1), Image.Resampling.BOX)
    contact = Image.new("L", canvas)
    contact.paste(foot.resize((wide, max(tall // 30, 2))), (padding, padding + round(flat * 0.7) - max(tall // 60, 1)))
    contact = contact.filter(ImageFilter.GaussianBlur(max(1.2, 0.008 * wide)))
    kept = np.clip(strength * np.asarray(laid) / 255 + 0.5 * np.asarray(contact) / 255, 0, 0.7)
    return inside(kept.astype(np.float32), left - padding, top + tall - round(flat * 0.7) - padding, size)
