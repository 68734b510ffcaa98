"""A scene: several objects on one background, as a pure function of seed, number and stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from research.pictures.appearance import Appearance, compose_object, simulate_camera
from research.pictures.asset_pool import AssetPool
from research.pictures.cutout import NO_CLASS, Cutout
from research.pictures.layer import Layer, inside, place_layer

Picture = NDArray[np.float32]

# An object that shows less of itself, or covers less of the picture, is taken out of both labels and picture.
MIN_SCENE_SHARE = 0.01
MIN_VISIBLE_SHARE = 0.3


class BackgroundSource(Protocol):
    """Where backgrounds come from; rgb (height, width, 3) in [0, 1]."""

    def drawn(self, rng: np.random.Generator, height: int, width: int) -> Picture: ...


@dataclass(frozen=True, slots=True)
class VisibleObject:
    """An object that can be seen in a scene: its class, its number in the object mask, its box.

    The box is (left, top, right, bottom) in px counted from 1, both ends inside, as VOC counts; `cut` says that the
    picture's border cuts it off.
    """

    class_name: str
    number: int
    box: tuple[int, int, int, int]
    cut: bool
    origin: str


@dataclass(frozen=True, slots=True)
class Scene:
    """rgb (H, W, 3), and which object is seen at each pixel: 0 none, 1.. as in `objects`; nothing is 255 yet."""

    rgb: NDArray[np.uint8]
    numbers: NDArray[np.uint8]
    objects: tuple[VisibleObject, ...]


def make_scene(
    seed: int,
    index: int,
    size: tuple[int, int],
    assets: AssetPool,
    backgrounds: BackgroundSource,
    appearance: Appearance,
) -> Scene:
    """Scene number `index`, size (width, height) in px: the same for the same arguments, whatever was made before."""
    rng = np.random.default_rng([seed, index])
    width, height = size
    behind = backgrounds.drawn(rng, height, width)
    layers = _arranged(assets.chosen(rng, index), behind, rng, appearance)
    rgb, numbers = composite(behind, layers)
    return Scene(simulate_camera(rgb, rng, appearance), numbers, _seen(layers, numbers))


def composite(behind: Picture, layers: list[Layer]) -> tuple[Picture, NDArray[np.uint8]]:
    """The picture (H, W, 3) and the number, from 1, of the layer seen at each pixel (H, W); later ones are nearer.

    A pixel belongs to the nearest layer that covers at least half of it. Layers of no class take the pixel to 0.
    """
    rgb = behind.astype(np.float32, copy=True)
    numbers = np.zeros(behind.shape[:2], np.uint8)
    for number, layer in enumerate(layers, 1):
        rgb[layer.shadow_window] *= 1 - layer.shadow[..., None]
        under = rgb[layer.window]
        under += (layer.rgb - under) * layer.alpha[..., None]
        numbers[layer.window][layer.alpha >= 0.5] = 0 if layer.cutout.class_name == NO_CLASS else number
    return rgb, numbers


def _arranged(cutouts: list[Cutout], behind: Picture, rng: np.random.Generator, appearance: Appearance) -> list[Layer]:
    """The objects placed from far to near, without those too little of which can be seen."""
    height, width = behind.shape[:2]
    alone = len(cutouts) == 1
    placed: list[tuple[float, Layer]] = []
    for cutout in cutouts:
        spread = float(rng.uniform(*((0.45, 0.95) if alone else (0.28, 0.72))))
        image = compose_object(cutout, (spread * width, spread * height), behind.mean((0, 1)), rng, appearance)
        if image.width > 0.97 * width or image.height > 0.97 * height:
            image.thumbnail((round(0.97 * width), round(0.97 * height)), Image.Resampling.LANCZOS)
        solid = np.asarray(image)[..., 3] >= 128
        best = (2.0, 0, 0)
        for _ in range(12):
            left, top = _place(cutout, image, (width, height), rng)
            covered = np.zeros((height, width), bool)
            piece, (x, y) = inside(solid, left, top, (width, height))
            covered[y : y + piece.shape[0], x : x + piece.shape[1]] = piece
            hides = max((_share_hidden(other, covered) for _, other in placed), default=0.0)
            best = min(best, (hides, left, top))
            if hides < rng.uniform(0, 0.45):
                break
        _, left, top = best
        placed.append(
            (top + image.height + rng.uniform(-4, 4), place_layer(cutout, image, left, top, (width, height), rng))
        )
    layers = [layer for _, layer in sorted(placed, key=lambda pair: pair[0])]
    return _without_hidden(layers, height, width)


def _share_hidden(layer: Layer, covered: NDArray[np.bool_]) -> float:
    own = layer.alpha >= 0.5
    return float((own & covered[layer.window]).sum()) / max(float(own.sum()), 1.0)


def _without_hidden(layers: list[Layer], height: int, width: int) -> list[Layer]:
    """The layers less those of which too little is seen, the least seen first: one that goes may uncover another."""
    layers = list(layers)
    while layers:
        enough = []
        covered = np.zeros((height, width), bool)
        for layer in reversed(layers):
            own = layer.alpha >= 0.5
            seen = float((own & ~covered[layer.window]).sum())
            of_picture, of_itself = seen / covered.size, seen / max(float(own.sum()), 1.0)
            enough.append(min(of_picture / MIN_SCENE_SHARE, of_itself / MIN_VISIBLE_SHARE))
            covered[layer.window] |= own
        worst = int(np.argmin(enough[::-1]))
        if enough[::-1][worst] >= 1:
            break
        del layers[worst]
    return layers


def _seen(layers: list[Layer], numbers: NDArray[np.uint8]) -> tuple[VisibleObject, ...]:
    objects = []
    height, width = numbers.shape
    for number, layer in enumerate(layers, 1):
        rows, columns = np.nonzero(numbers == number)
        if len(rows) == 0:
            continue
        left, top, right, bottom = (int(v) for v in (columns.min(), rows.min(), columns.max(), rows.max()))
        cut = left == 0 or top == 0 or right == width - 1 or bottom == height - 1
        box = (left + 1, top + 1, right + 1, bottom + 1)
        objects.append(VisibleObject(layer.cutout.class_name, number, box, cut, layer.cutout.key))
    return tuple(objects)


def _place(cutout: Cutout, image: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> tuple[int, int]:
    """Left and top of the object: what flies anywhere, the rest with its foot in the lower half."""
    width, height = size
    left = rng.uniform(-0.2 * image.width, width - 0.8 * image.width)
    if cutout.flies and rng.random() < 0.6:
        top = rng.uniform(-0.05 * height, height - image.height)
    else:
        foot = rng.uniform(max(0.55, min(image.height / height, 1.0)), 1.06)
        top = foot * height - image.height
    return round(left), round(top)
