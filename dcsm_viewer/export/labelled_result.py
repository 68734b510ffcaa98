"""A Result made of labels alone, so that masks of other programs go out through the same formats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ModelCard, Request, Result, Segmentation, SourceImage, UserError, read_only
from dcsm_viewer.export.format_registry import FORMATS


def result_of_labels(
    image: SourceImage, labels: NDArray[np.uint16], class_names: Sequence[str], notes: tuple[str, ...]
) -> Result:
    """Make a settled result without maps or scores of its own.

    Parameters
    ----------
    image
        The image, of the size of `labels`.
    labels
        (H, W): 0 background, class id + 1.
    class_names
        By class id.
    notes
        Where the labels came from; they stand in the recipe.

    Returns
    -------
    Result
        For the formats of `check_from_labels` only.
    """
    present = tuple(int(number) - 1 for number in np.unique(labels) if number)
    card = ModelCard(
        "masks", "Masks that were read", tuple(class_names), (), "", "none: the labels were read from a file"
    )
    final = read_only(labels)
    height, width = labels.shape
    return Result(
        request=Request(0, image, Settings()),
        completeness="settled",
        model=card,
        scales=(),
        layers=(),
        scores=read_only(np.zeros((0, len(class_names)), dtype=np.float32)),
        candidate_ids=present,
        detected_ids=present,
        raw={},
        raw_class_maps=read_only(np.zeros((len(present), height, width), dtype=np.float32)),
        class_maps=read_only(np.zeros((len(present), height, width), dtype=np.float32)),
        focus=None,
        segmentation=Segmentation(final, final, read_only(np.zeros((0, height, width), dtype=np.float32))),
        times=(),
        device="none",
        precision="none",
        notes=notes,
    )


def check_from_labels(formats: Sequence[str]) -> None:
    """Raise UserError for a format that does not exist or needs more than labels."""
    able = [name for name, each in FORMATS.items() if each.from_labels]
    for name in formats:
        if name not in able:
            why = "needs class maps, which masks do not have" if name in FORMATS else "does not exist"
            raise UserError(f"The export format {name!r} {why}; choose from {', '.join(able)}.")
