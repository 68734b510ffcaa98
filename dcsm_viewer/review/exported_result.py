"""An exported image read back: the numbers of its .npz and the recipe beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from natsort import natsorted, ns
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError, read_only
from dcsm_viewer.export import Recipe, read_recipe
from dcsm_viewer.export.npz_arrays import arrays_in
from dcsm_viewer.io.os_errors import reason_of

Labels = NDArray[np.uint8] | NDArray[np.uint16]

_NEEDED = ("class_names", "candidate_ids", "detected_ids", "scores", "class_maps", "labels")


@dataclass(frozen=True, slots=True)
class Exported:
    """S scales, K candidates, T detected classes, image (H, W), as docs/formats.md has them.

    labels: 0 background, class id + 1. labels_before: those of the unary, and q the CRF's probabilities (T+1, H, W),
    background first; None where there was no CRF.
    """

    stem: str
    recipe: Recipe
    class_names: tuple[str, ...]
    candidate_ids: tuple[int, ...]
    detected_ids: tuple[int, ...]
    scores: NDArray[np.float32] = field(repr=False, compare=False)
    class_maps: NDArray[np.float32] = field(repr=False, compare=False)
    labels: Labels = field(repr=False, compare=False)
    labels_before: Labels | None = field(repr=False, compare=False)
    q: NDArray[np.float32] | None = field(repr=False, compare=False)


def list_stems(folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Stems that have both a .json and an .npz in `folder`, "img2" before "img10"; no file is opened.

    Raises UserError for a folder that is not there or holds no export with numbers.
    """
    try:
        with os.scandir(folder) as entries:
            names = {entry.name for entry in entries}
    except OSError as error:
        raise UserError(f"{folder} cannot be read ({reason_of(error)}); choose an export folder.") from error
    stems = [name.removesuffix(".npz") for name in names if name.endswith(".npz")]
    found = [stem for stem in stems if f"{stem}.json" in names]
    if not found:
        raise UserError(f"{folder} holds no export to look through: export with the format npz, which has the numbers.")
    return tuple(natsorted(found, alg=ns.IGNORECASE))


def read_exported(folder: Path, stem: str) -> Exported:
    """The export of this stem. Raises UserError naming the file that is missing or damaged."""
    recipe = read_recipe(folder / f"{stem}.json")
    path = folder / f"{stem}.npz"
    found = arrays_in(path, (*_NEEDED, "unary", "q"))
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise UserError(f"{path} lacks {', '.join(missing)}; export the image once more.")
    labels = read_only(found["labels"])
    detected = tuple(int(class_id) for class_id in found["detected_ids"])
    if found["class_maps"].shape != (len(detected), *labels.shape):
        raise UserError(f"{path} holds maps that do not fit its labels; export the image once more.")
    return Exported(
        stem=stem,
        recipe=recipe,
        class_names=tuple(str(name) for name in found["class_names"]),
        candidate_ids=tuple(int(class_id) for class_id in found["candidate_ids"]),
        detected_ids=detected,
        scores=found["scores"],
        class_maps=read_only(found["class_maps"]),
        labels=labels,
        labels_before=_labels_before(found.get("unary"), detected, labels),
        q=found.get("q"),
    )


def _labels_before(unary: NDArray[np.float32] | None, detected: tuple[int, ...], labels: Labels) -> Labels | None:
    if unary is None:
        return None
    # The unary is -log p: its least row is the label without the CRF, of equal ones the first, as argmin has it.
    before, least = np.zeros_like(labels), unary[0].copy()
    for class_id, energy in zip(detected, unary[1:], strict=True):
        is_less = energy < least
        before[is_less] = class_id + 1
        np.minimum(least, energy, out=least)
    return before
