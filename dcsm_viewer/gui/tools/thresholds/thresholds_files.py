"""Files of threshold tuning: a mask that somebody drew, and a sweep over the maps of an export folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from natsort import natsorted
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.label_values import IGNORE_INDEX
from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export.formats import voc_png
from dcsm_viewer.export.npz_arrays import arrays_in
from dcsm_viewer.gui.tools.thresholds.thresholds_curves import Counts, Curves, counts_of, curves_from, sum_of
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import peaks_from
from dcsm_viewer.io.atomic import ensure_folder
from dcsm_viewer.io.datasets.image_names import ByName, images_by_name
from dcsm_viewer.io.masks import read_mask as mask_labels

_NEEDED = ("class_maps", "detected_ids", "class_names")


def read_mask(path: Path, shape: tuple[int, int], classes: int) -> NDArray[np.uint16]:
    """Labels uint16 (H, W): 0 background, class id + 1, 255 unknown, from a palette or index PNG.

    Raises UserError for what is no such picture, for another size than `shape`, and for classes the model lacks.
    """
    values = mask_labels(path, shape)
    mask = values.astype(np.uint16)
    strange = sorted(set(np.unique(values).tolist()) - set(range(classes + 1)) - {IGNORE_INDEX})
    if strange:
        raise UserError(f"{path.name} has the label {strange[0]}; the model has {classes} classes, 1 to {classes}.")
    return mask


@dataclass(frozen=True, slots=True)
class FolderSweep:
    """Curves over all images of a folder, and which of its files could not be used."""

    folder: str
    curves: Curves
    masks: int
    unusable: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        count = self.curves.images
        parts = [f"{count} image{'s' * (count != 1)} of {Path(self.folder).name}"]
        if self.masks:
            parts.append(f"{self.masks} with a mask")
        if self.unusable:
            parts.append(f"{len(self.unusable)} files not used, {self.unusable[0]} the first")
        return ", ".join(parts)


class StoppedError(Exception):
    """The sweep was cancelled."""


def sweep(
    folder: Path, masks: Path | None, still_wanted: Callable[[], bool], told: Callable[[int, int], None]
) -> FolderSweep:
    """The curves of all exported .npz in a folder; `told(done, total)` after each.

    masks: a folder with <name>.png for them, however its Unicode is composed; where some are missing, IoU is that of
    the images with one.
    Raises UserError where there is nothing to sweep, StoppedError once it is not wanted any more.
    """
    paths = [Path(path) for path in natsorted(str(path) for path in folder.glob("*.npz"))]
    if not paths:
        raise UserError(f"{folder} has no .npz files; export the images with the format npz first.")
    by_name = None if masks is None else images_by_name(masks)
    counts: list[Counts] = []
    masked: list[Counts] = []
    unusable: list[str] = []
    for done, path in enumerate(paths, start=1):
        if not still_wanted():
            raise StoppedError
        try:
            found = _counts(path, by_name)
        except UserError as error:
            unusable.append(f"{path.name} ({error})")
        else:
            (masked if found.against_mask is not None else counts).append(found)
        told(done, len(paths))
    if not counts and not masked:
        raise UserError(f"None of the {len(paths)} .npz files in {folder} could be used: {unusable[0]}.")
    return FolderSweep(str(folder), _together(counts, masked), len(masked), tuple(unusable))


def _together(plain: list[Counts], masked: list[Counts]) -> Curves:
    """Areas and stability over all images, IoU over those with a mask."""
    every = curves_from(sum_of([*plain, *masked]), len(plain) + len(masked))
    if not masked or not plain:
        return every
    truth = curves_from(sum_of(masked))
    return Curves(every.areas, every.changed, every.suggestion, every.images, truth.ious, truth.mean_iou)


def _counts(path: Path, masks: ByName[Path] | None) -> Counts:
    found = arrays_in(path, _NEEDED)
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise UserError(f"no export of this program: it lacks {', '.join(missing)}")
    maps, ids, names = found["class_maps"], found["detected_ids"], [str(name) for name in found["class_names"].ravel()]
    if maps.ndim != 3 or maps.dtype.kind != "f" or ids.dtype.kind not in "iu" or ids.shape != maps.shape[:1]:
        raise UserError(f"class_maps {maps.shape} and detected_ids {ids.shape} do not fit")
    labels = tuple(int(class_id) + 1 for class_id in ids)
    if labels and not 1 <= min(labels) <= max(labels) <= len(names):
        raise UserError(f"its {len(names)} class names do not reach to its class ids")
    peaks = peaks_from(maps.astype(np.float32), labels, {label: names[label - 1] for label in labels})
    mask_path = None if masks is None else masks.one(path.stem)
    if mask_path is None:
        return counts_of(peaks)
    shape = (maps.shape[1], maps.shape[2])
    return counts_of(peaks, read_mask(mask_path, shape, len(names)))


def write_seed(seed: Result, path: Path) -> Path:
    """Writes the labels of a seed as a VOC mask and reads it back. Raises UserError where it differs."""
    ensure_folder(path.parent)
    voc_png.write(seed, path)
    assert seed.segmentation is not None, "a seed has labels"
    with Image.open(path) as written:
        if not np.array_equal(np.asarray(written), seed.segmentation.labels):
            raise UserError(f"{path} does not read back as it was written; export it once more.")
    return path
