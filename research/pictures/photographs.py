"""Photographic cutouts of the evaluation side: by their alpha channel, by a depth map, by outlines drawn once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from research.pictures.cutout import crop_to_visible, file_name
from research.pictures.outlined import cut_out, outlines, photograph_of
from research.pictures.photograph_classes import SCRATCH, TUXPAINT

_STAMPS = Path("usr/share/tuxpaint/stamps")
_COSTUMES = Path("usr/share/scratch/Media/Costumes")
_LONGEST_PX = 448


def collect_photographs(sources: Path, out: Path, report: Callable[[str], None]) -> int:
    """How many cutouts were written to `out/<class>/` from the unpacked packages below `sources`.

    Raises UserError where a file of the table is not in its package.
    """
    count = 0
    for source, below, table in (
        ("tuxpaint-stamps", _STAMPS, TUXPAINT),
        ("scratch", _COSTUMES, SCRATCH),
    ):
        folder = sources / source / below
        by_name = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.*"))}
        by_stem = {path.stem: path for path in reversed(by_name.values()) if path.suffix in (".png", ".gif")}
        for class_name, names in table.items():
            for name in names:
                path = by_name.get(name) or by_stem.get(name)
                if path is None:
                    raise UserError(f"{name} is not in {folder}; delete {sources / source} and fetch it again.")
                with Image.open(path) as opened:
                    rgba = np.asarray(opened.convert("RGBA"))
                _write(rgba, class_name, source, path.stem, out)
                count += 1
        report(f"{source}: cutouts gathered")
    for outline in outlines():
        rgba = cut_out(photograph_of(outline, sources / "gcompris"), outline)
        _write(rgba, outline.class_name, "gcompris", f"{outline.activity}-{Path(outline.file).stem}", out)
        count += 1
    report("gcompris: cutouts gathered")
    _write(_motorcycle(sources / "scikit-image" / "skimage" / "data"), "motorbike", "scikit-image", "motorcycle", out)
    report("scikit-image: motorcycle cut out by its disparity")
    return count + 1


def _motorcycle(folder: Path) -> NDArray[np.uint8]:
    """The Middlebury motorcycle with alpha (H, W, 4), by its dense disparity map."""
    try:
        with Image.open(folder / "motorcycle_left.png") as opened:
            rgb = np.asarray(opened.convert("RGB"))
        disparity = np.load(folder / "motorcycle_disp.npz")["arr_0"].astype(np.float64)
    except OSError as error:
        raise UserError(f"The motorcycle is not in {folder}; delete it and fetch it again.") from error
    return cut_by_disparity(rgb, disparity)


def cut_by_disparity(rgb: NDArray[np.uint8], disparity: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Colour and alpha (H, W, 4) of the one large thing that stands on a floor before a wall.

    The floor's disparity grows evenly from row to row; it is fitted to the outer columns of the lower third, where
    nothing stands. The thing is what is nearer than the floor of its row by more than 1.5 px, and nearer than halfway
    between what is far and what is near. What has no disparity (not finite, or 0) takes the nearest one's.
    """
    known = np.isfinite(disparity) & (disparity > 0)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    filled = disparity[tuple(nearest)]
    height, width = filled.shape
    lower = np.arange(int(height * 2 / 3), height)
    outer = np.r_[: width // 8, width - width // 16 : width]
    slope, start = np.polyfit(lower, np.median(filled[np.ix_(lower, outer)], 1), 1)
    floor = slope * np.arange(height)[:, None] + start
    far, near = np.percentile(filled, [10, 99])
    stands = (filled > floor + 1.5) & (filled > (far + near) / 2)
    # Specks of wrong disparities are no part of it; its own holes are.
    pieces, _ = ndimage.label(ndimage.binary_opening(stands))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.dstack([rgb, np.where(pieces == sizes.argmax(), 255, 0).astype(np.uint8)])


def _write(rgba: NDArray[np.uint8], class_name: str, source: str, origin: str, out: Path) -> None:
    cut = crop_to_visible(rgba)
    if cut is None:
        raise UserError(f"{origin} of {source} shows next to nothing; look at the file.")
    image = Image.fromarray(cut)
    image.thumbnail((_LONGEST_PX, _LONGEST_PX), Image.Resampling.LANCZOS)
    ensure_folder(out / class_name)
    with atomic_path(out / class_name / file_name("photograph", source, origin.replace("--", "-"), "0")) as path:
        image.save(path, format="PNG")
