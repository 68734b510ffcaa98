"""Anybody's masks, from a folder of PNG files named after the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.imaging.palette import voc_palette
from dcsm_viewer.values import UserError


@dataclass(frozen=True, slots=True)
class Predictions:
    """A folder of masks, one PNG an image: label per pixel, 0 background, class id + 1, 255 for none."""

    name: str
    folder: Path

    def path_of(self, stem: str) -> Path:
        return self.folder / f"{stem}.png"


def predictions_in(folders: Sequence[Path], stems: Sequence[str]) -> tuple[Predictions, ...]:
    """The folders under names that differ. Raises UserError for a folder that lacks masks of the data set."""
    names = [folder.name for folder in folders]
    found = []
    for folder in folders:
        missing = [stem for stem in stems if not (folder / f"{stem}.png").is_file()]
        if missing:
            raise UserError(
                f"{folder} has no {missing[0]}.png, and lacks {len(missing)} of {len(stems)} masks; "
                "every image needs one, named after it."
            )
        name = folder.name if names.count(folder.name) == 1 else str(folder)
        found.append(Predictions(name, folder))
    return tuple(found)


def read_mask(path: Path) -> NDArray[np.uint8]:
    """The label of every pixel, (H, W), of a palette or grey PNG, or of one in VOC's colours.

    Raises UserError for a file that is none of these.
    """
    try:
        with Image.open(path) as opened:
            opened.load()
            if opened.mode in ("P", "L"):
                return np.array(opened, np.uint8)
            if opened.mode == "1":
                return np.array(opened.convert("L"), np.uint8) // 255
            colours = np.array(opened.convert("RGB")) if opened.mode in ("RGB", "RGBA") else None
            mode = opened.mode
    except (OSError, SyntaxError, ValueError) as trouble:
        raise UserError(f"{path} is not a mask that can be read ({trouble}); save it as a palette PNG.") from None
    if colours is None:
        raise UserError(f"{path} is a PNG of mode {mode}; save it as a palette PNG of labels.")
    return _labels_of(colours, path)


def _labels_of(colours: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    packed = colours.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    known = voc_palette().astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    order = known.argsort()
    place = np.searchsorted(known[order], packed).clip(max=255)
    labels: NDArray[np.intp] = order[place]
    if (known[labels] != packed).any():
        raise UserError(f"{path} has colours that are not VOC's; save it as a palette PNG of labels.")
    return np.asarray(labels, np.uint8)
