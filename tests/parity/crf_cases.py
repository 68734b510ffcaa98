"""Images and unaries for the CRF's parity tests and benchmark: degenerate ones, noise, and a drawn photograph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def constant_image(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), (3, 120, 9), np.uint8)


def two_colour_image(height: int, width: int) -> NDArray[np.uint8]:
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[:, width // 2 :] = (255, 200, 10)
    return rgb


def noise_image(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)


def photo_image(height: int, width: int) -> NDArray[np.uint8]:
    """Smooth light, a few shapes with texture, sensor noise: about as many lattice points as a photograph gives."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    rgb = np.stack([90 + 80 * y + 40 * x, 110 + 60 * x, 160 - 90 * y], -1)
    for _ in range(12):
        top, left, size = rng.random(), rng.random(), 0.05 + 0.2 * rng.random()
        inside = (y - top) ** 2 + (x - left) ** 2 < size**2
        texture = 25 * np.sin(x * rng.uniform(50, 300) + y * rng.uniform(50, 300))
        rgb[inside] = rng.uniform(20, 230, 3) + texture[inside][:, None]
    rgb = ndimage.gaussian_filter(rgb, (1, 1, 0)) + rng.normal(0, 3, rgb.shape)
    result: NDArray[np.uint8] = np.clip(rgb, 0, 255).astype(np.uint8)
    return result


IMAGES = {"constant": constant_image, "two colours": two_colour_image, "noise": noise_image, "photo": photo_image}


def smooth_unary(labels: int, height: int, width: int, *, seed: int = 0) -> NDArray[np.float32]:
    """Energies (L, H, W) of blobs of labels, floor 1e-5, as class maps give."""
    rng = np.random.default_rng(seed)
    drawn = ndimage.gaussian_filter(rng.standard_normal((labels, height, width)), (0, height / 20, width / 20))
    logits = 3.0 * drawn / max(float(drawn.std()), 1e-6)
    weights = np.exp(logits - logits.max(0))
    unary: NDArray[np.float32] = -np.log(np.clip(weights / weights.sum(0), 1e-5, 1.0)).astype(np.float32)
    return unary
