"""A scene: several objects on one background, as a pure function of seed, number and stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from dcsm_viewer.study.pictures.cutout import NO_CLASS, Cutout
from dcsm_viewer.study.pictures.looks import Looks, as_shot, dressed
from dcsm_viewer.study.pictures.stock import Stock

Picture = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)

# An object that shows less of itself, or covers less of the picture, is taken out of both labels and picture.
LEAST_OF_PICTURE = 0.01
LEAST_OF_ITSELF = 0.3


class BackgroundSource(Protocol):
    """Where backgrounds come from; rgb (height, width, 3) in [0, 1]."""

    def drawn(self, rng: np.random.Generator, height: int, width: int) -> Picture: ...


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


@dataclass(frozen=True, slots=True)
class Seen:
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
    objects: tuple[Seen, ...]


def made_scene(
    seed: int, index: int, size: tuple[int, int], stock: Stock, backgrounds: BackgroundSource, looks: Looks
) -> Scene:
    """Scene number `index`, size (width, height) in px: the same for the same arguments, whatever was made before."""
    rng = np.random.default_rng([seed, index])
    width, height = size
    behind = backgrounds.drawn(rng, height, width)
    layers = _arranged(stock.chosen(rng, index), behind, rng, looks)
    rgb, numbers = composited(behind, layers)
    return Scene(as_shot(rgb, rng, looks), numbers, _seen(layers, numbers))


def composited(behind: Picture, layers: list[Layer]) -> tuple[Picture, NDArray[np.uint8]]:
    """The picture (H, W, 3) and the number, from 1, of the layer seen at each pixel (H, W); later ones are nearer.

    A pixel belongs to the nearest layer that covers at least half of it. Layers of no class take the pixel to 0.
    """
    rgb = behind.astype(np.float32, copy=True)
    numbers = np.zeros(behind.shape[:2], np.uint8)
    for number, layer in enumerate(layers, 1):
        rgb[_window(layer.shadow, layer.shadow_at)] *= 1 - layer.shadow[..., None]
        under = rgb[layer.window]
        under += (layer.rgb - under) * layer.alpha[..., None]
        numbers[layer.window][layer.alpha >= 0.5] = 0 if layer.cutout.class_name == NO_CLASS else number
    return rgb, numbers


def _window(piece: Picture, at: tuple[int, int]) -> tuple[slice, slice]:
    left, top = at
    return slice(top, top + piece.shape[0]), slice(left, left + piece.shape[1])


def _arranged(cutouts: list[Cutout], behind: Picture, rng: np.random.Generator, looks: Looks) -> list[Layer]:
    """The objects placed from far to near, without those too little of which can be seen."""
    height, width = behind.shape[:2]
    alone = len(cutouts) == 1
    placed: list[tuple[float, Layer]] = []
    for cutout in cutouts:
        spread = float(rng.uniform(*((0.45, 0.95) if alone else (0.28, 0.72))))
        image = dressed(cutout, (spread * width, spread * height), behind.mean((0, 1)), rng, looks)
        if image.width > 0.97 * width or image.height > 0.97 * height:
            image.thumbnail((round(0.97 * width), round(0.97 * height)), Image.Resampling.LANCZOS)
        solid = np.asarray(image)[..., 3] >= 128
        best = (2.0, 0, 0)
        for _ in range(12):
            left, top = _place(cutout, image, (width, height), rng)
            covered = np.zeros((height, width), bool)
            piece, (x, y) = _inside(solid, left, top, (width, height))
            covered[y : y + piece.shape[0], x : x + piece.shape[1]] = piece
            hides = max((_share_hidden(other, covered) for _, other in placed), default=0.0)
            best = min(best, (hides, left, top))
            if hides < rng.uniform(0, 0.45):
                break
        _, left, top = best
        placed.append((top + image.height + rng.uniform(-4, 4), _layer(cutout, image, left, top, (width, height), rng)))
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
            enough.append(min(of_picture / LEAST_OF_PICTURE, of_itself / LEAST_OF_ITSELF))
            covered[layer.window] |= own
        worst = int(np.argmin(enough[::-1]))
        if enough[::-1][worst] >= 1:
            break
        del layers[worst]
    return layers


def _seen(layers: list[Layer], numbers: NDArray[np.uint8]) -> tuple[Seen, ...]:
    objects = []
    height, width = numbers.shape
    for number, layer in enumerate(layers, 1):
        rows, columns = np.nonzero(numbers == number)
        if len(rows) == 0:
            continue
        left, top, right, bottom = (int(v) for v in (columns.min(), rows.min(), columns.max(), rows.max()))
        cut = left == 0 or top == 0 or right == width - 1 or bottom == height - 1
        box = (left + 1, top + 1, right + 1, bottom + 1)
        objects.append(Seen(layer.cutout.class_name, number, box, cut, layer.cutout.key))
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


def _inside(
    piece: NDArray[Scalar], left: int, top: int, size: tuple[int, int]
) -> tuple[NDArray[Scalar], tuple[int, int]]:
    """The part of the piece that lies in a picture of this size (width, height), and its (left, top) there."""
    width, height = size
    y0, x0 = min(max(top, 0), height), min(max(left, 0), width)
    y1, x1 = max(min(top + piece.shape[0], height), y0), max(min(left + piece.shape[1], width), x0)
    return piece[y0 - top : y1 - top, x0 - left : x1 - left], (x0, y0)


def _layer(
    cutout: Cutout, image: Image.Image, left: int, top: int, size: tuple[int, int], rng: np.random.Generator
) -> Layer:
    # Cutouts' edges are harder than a lens draws them. The frame keeps the softened edge from being cut off.
    framed = Image.new("RGBA", (image.width + 4, image.height + 4))
    framed.paste(image, (2, 2))
    soft = framed.getchannel("A").filter(ImageFilter.GaussianBlur(0.6))
    alpha, at = _inside(np.asarray(soft, np.float32) / np.float32(255), left - 2, top - 2, size)
    rgb, _ = _inside(_bled(framed), left - 2, top - 2, size)
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
    room = max(8, wide // 8)  # for the blur to fade out in
    canvas = (wide + 2 * room, flat + 2 * room)
    laid = Image.new("L", canvas)
    laid.paste(outline.resize((wide, flat), Image.Resampling.BOX), (room + lean, room))
    laid = laid.filter(ImageFilter.GaussianBlur(max(2.0, 0.02 * wide)))
    # The lowest twentieth of the object touches the ground.
    foot = outline.crop((0, tall - max(tall // 20, 2), wide, tall)).resize((wide, 1), Image.Resampling.BOX)
    contact = Image.new("L", canvas)
    contact.paste(foot.resize((wide, max(tall // 30, 2))), (room, room + round(flat * 0.7) - max(tall // 60, 1)))
    contact = contact.filter(ImageFilter.GaussianBlur(max(1.2, 0.008 * wide)))
    kept = np.clip(strength * np.asarray(laid) / 255 + 0.5 * np.asarray(contact) / 255, 0, 0.7)
    return _inside(kept.astype(np.float32), left - room, top + tall - round(flat * 0.7) - room, size)
