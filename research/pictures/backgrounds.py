"""What stands behind the objects of a scene: photographs, windows of panoramas, and patterns made by arithmetic."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from research.pictures.photograph_classes import SCRATCH_BACKGROUNDS
from research.pictures.sources import Side

Picture = NDArray[np.float32]

# Photographs of the training side by source and file, without any of the 20 classes.
_PHOTOGRAPHS = (
    ("stdlib-black-canyon", "package/data/image.jpg"),
    ("stdlib-dust-bowl-home", "package/data/image.jpg"),
    ("stdlib-french-alpine-landscape", "package/data/image.jpg"),
    ("scikit-learn", "sklearn/datasets/images/china.jpg"),
    ("scikit-learn", "sklearn/datasets/images/flower.jpg"),
)
# Photographs of lomiri-wallpapers under CC-BY 4.0 or CC0 that show none of the 20 classes.
_WALLPAPERS = [
    "aitzgorri_by_Aitzol_Berasategi",
    "life_by_Aitzol_Berasategi",
    "picosdeeuropa_by_Aitzol_Berasategi",
    "seeding_by_Clements_Engelhardt",
    "sunset_by_Aitzol_Berasategi",
]


def gather_backgrounds(side: Side, sources: Path, out: Path, report: Callable[[str], None]) -> int:
    """How many backgrounds of the side were written to `out` as `photograph--*.png` and `panorama--*.png`.

    Raises UserError where a file of the table is not in its package, and where panoramas cannot be read.
    """
    ensure_folder(out)
    count = 0
    if side == "evaluation":
        folder = sources / "scratch" / "usr/share/scratch/Media/Backgrounds"
        for name in SCRATCH_BACKGROUNDS:
            _keep_photograph(folder / f"{name}.jpg", "scratch", out)
            count += 1
    else:
        for name in _WALLPAPERS:
            _keep_photograph(sources / "wallpapers" / "usr/share/backgrounds" / f"{name}.jpg", "wallpapers", out)
            count += 1
        for source, file in _PHOTOGRAPHS:
            _keep_photograph(sources / source / file, source, out)
            count += 1
        for path in sorted((sources / "panoramas" / "package" / "hdri").glob("*.exr.js")):
            _keep_panorama(path, out)
            count += 1
    report(f"{count} backgrounds for {side}")
    return count


def _keep_photograph(path: Path, source: str, out: Path) -> None:
    try:
        with Image.open(path) as opened:
            rgb = opened.convert("RGB")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error}); delete that package's folder and fetch it again.") from error
    rgb.thumbnail((1280, 1280), Image.Resampling.LANCZOS)
    with atomic_path(out / f"photograph--{source}--{path.stem}.png") as draft:
        rgb.save(draft, format="PNG", compress_level=3)


def _keep_panorama(path: Path, out: Path) -> None:
    """An OpenEXR panorama, wrapped in JavaScript as base64, tone-mapped to 8 bits."""
    try:
        openexr: Any = import_module("OpenEXR")  # it comes without types
    except ImportError as error:
        raise UserError("Reading the panoramas needs OpenEXR: `pip install dcsm-viewer[scenes]`.") from error
    packed = re.search(r"base64,([A-Za-z0-9+/=]+)", path.read_text())
    if packed is None:
        raise UserError(f"There is no panorama in {path}; delete that package's folder and fetch it again.")
    name = path.name.removesuffix(".exr.js")
    with atomic_path(out / f"{name}.exr") as draft:
        draft.write_bytes(base64.b64decode(packed[1]))
        with openexr.File(str(draft)) as opened:
            light = np.asarray(opened.channels()["RGB"].pixels, np.float32)
    (out / f"{name}.exr").unlink()
    with atomic_path(out / f"panorama--panoramas--{name}.png") as draft:
        Image.fromarray(tone_mapped(light)).save(draft, format="PNG")


def tone_mapped(light: Picture) -> NDArray[np.uint8]:
    """8-bit colours (H, W, 3) of linear light (H, W, 3): the 60th percentile becomes middle grey, highlights roll off.

    The panoramas' lossy blocks of 8 x 8 px ring around lamps, far below zero: a median over 9 x 9 px takes their place.
    """
    lamp = float(np.nanpercentile(light, 99))
    low = np.where(np.isfinite(light), light, -np.inf).min(-1)
    rows, columns = (-(-length // 8) for length in low.shape)
    blocks = np.zeros((rows * 8, columns * 8), bool)
    blocks[: low.shape[0], : low.shape[1]] = low < -0.05 * lamp
    rings = blocks.reshape(rows, 8, columns, 8).any((1, 3)).repeat(8, 0).repeat(8, 1)[: low.shape[0], : low.shape[1]]
    clean = np.clip(np.nan_to_num(light), 0, lamp)
    clean = np.where(rings[..., None], ndimage.median_filter(clean, (9, 9, 1)), clean)
    exposed = clean / max(float(np.percentile(clean, 60)), 1e-6) * 0.4
    return (np.clip(1.4 * exposed / (1 + exposed), 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)


class Backgrounds:
    """The backgrounds of one side. `patterns` is the share of scenes that stand before a made-up one."""

    def __init__(self, folder: Path, patterns: float) -> None:
        self._photographs = tuple(sorted(folder.glob("photograph--*.png"), key=lambda path: path.name))
        self._panoramas = tuple(sorted(folder.glob("panorama--*.png"), key=lambda path: path.name))
        self._patterns = patterns
        if not (self._photographs or self._panoramas or patterns == 1):
            raise UserError(f"There are no backgrounds in {folder}: run `make scenes`, which gathers them.")

    def drawn(self, rng: np.random.Generator, height: int, width: int) -> Picture:
        """A background rgb (height, width, 3) in [0, 1]."""
        if rng.random() < self._patterns:
            return pattern(rng, height, width)
        # A panorama holds many photographs, so each counts for three.
        which = int(rng.integers(len(self._photographs) + 3 * len(self._panoramas)))
        if which < len(self._photographs):
            return _window_of(_read(self._photographs[which]), rng, height, width)
        return _view_of(_read(self._panoramas[(which - len(self._photographs)) // 3]), rng, height, width)


@lru_cache(maxsize=96)
def _read(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))


def _window_of(rgb: NDArray[np.uint8], rng: np.random.Generator, height: int, width: int) -> Picture:
    """A window of a photograph, in the scene's proportions, of 60 to 100 % of what fits, maybe mirrored."""
    fits = min(rgb.shape[1] / width, rgb.shape[0] / height) * rng.uniform(0.6, 1.0)
    w, h = fits * width, fits * height
    left, top = rng.uniform(0, rgb.shape[1] - w), rng.uniform(0, rgb.shape[0] - h)
    image = Image.fromarray(rgb).resize(
        (width, height),
        Image.Resampling.BICUBIC,
        box=(left, top, min(left + w, rgb.shape[1]), min(top + h, rgb.shape[0])),
    )
    picture = np.asarray(image, np.float32) / np.float32(255)
    return picture[:, ::-1] if rng.random() < 0.5 else picture


def _view_of(panorama: NDArray[np.uint8], rng: np.random.Generator, height: int, width: int) -> Picture:
    """A flat photograph (gnomonic projection) out of an equirectangular panorama (H, 2H, 3), camera near the horizon.

    It is looked up at half size: a view has fewer pixels of the panorama than that.
    """
    yaw, pitch = float(rng.uniform(-math.pi, math.pi)), math.radians(float(rng.uniform(-18, 12)))
    rows, columns = (height + 1) // 2, (width + 1) // 2
    focal = columns / 2 / math.tan(math.radians(float(rng.uniform(60, 95))) / 2)
    x, y = np.meshgrid(np.arange(columns) - (columns - 1) / 2, np.arange(rows) - (rows - 1) / 2)
    up = -y * math.cos(pitch) + focal * math.sin(pitch)
    ahead = focal * math.cos(pitch) + y * math.sin(pitch)
    longitude = np.arctan2(x, ahead) + yaw
    latitude = np.arctan2(up, np.hypot(x, ahead))
    where = [(0.5 - latitude / math.pi) * panorama.shape[0] - 0.5,
             (longitude / (2 * math.pi) + 0.5) * panorama.shape[1] - 0.5]  # fmt: skip
    view = np.stack(
        [ndimage.map_coordinates(panorama[..., c], where, np.uint8, order=1, mode="grid-wrap") for c in range(3)], -1
    )
    image = Image.fromarray(view).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) / np.float32(255)


def pattern(rng: np.random.Generator, height: int, width: int) -> Picture:
    """A made-up surface (height, width, 3) in [0, 1]: clouds of noise, with tiles, planks or a floor."""
    field = np.zeros((height, width), np.float32)
    detail = rng.uniform(0.4, 0.8)
    for octave in range(6):
        cells = 2 ** (octave + 1)
        grid = rng.standard_normal((cells * height // width + 2, cells + 2)).astype(np.float32)
        image = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        field += detail**octave * np.asarray(image)
    field = (field - field.min()) / max(float(np.ptp(field)), 1e-6)
    dark, light = rng.uniform(0.02, 0.6, 3), rng.uniform(0.35, 1.0, 3)
    picture = (dark + field[..., None] * (light - dark)).astype(np.float32)
    match int(rng.integers(4)):
        case 0:  # tiles or bricks
            step = int(rng.integers(24, 90))
            rows, columns = np.arange(height) // step, np.arange(width)
            shifted = columns[None] + (rows[:, None] % 2) * (step if rng.random() < 0.5 else 0)
            shade = rng.uniform(0.75, 1.15, (height // step + 2, 2 * width // step + 4))
            picture *= shade[rows[:, None], shifted // (2 * step)][..., None].astype(np.float32)
            joints = (np.arange(height)[:, None] % step < 2) | (shifted % (2 * step) < 2)
            picture[joints] *= rng.uniform(0.4, 1.2)
        case 1:  # a floor that meets a wall
            horizon = int(height * rng.uniform(0.35, 0.75))
            picture[horizon:] = picture[horizon:] * rng.uniform(0.3, 0.9) + rng.uniform(0, 0.4, 3) * 0.5
        case 2:  # planks
            across = np.arange(width) // int(rng.integers(20, 80))
            picture *= rng.uniform(0.7, 1.2, across.max() + 1)[across][None, :, None].astype(np.float32)
        case _:
            pass
    made: Picture = np.clip(picture, 0, 1, dtype=np.float32)
    return made
