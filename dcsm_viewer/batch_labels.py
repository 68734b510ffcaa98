"""Image-level labels for a run: which classes each image is said to show, instead of those the network finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dcsm_viewer.datasets import labels_of_images
from dcsm_viewer.values import ModelCard, UserError


def class_ids(card: ModelCard, names: Sequence[str]) -> tuple[int, ...]:
    """The ids of the classes named, ascending.

    Raises UserError naming a class the model does not have, with the nearest that it has.
    """
    ids = set()
    for name in names:
        if name not in card.class_names:
            near = [known for known in card.class_names if name.casefold() in known.casefold()][:5]
            known = ", ".join(near or card.class_names[:20])
            raise UserError(f"{card.name} has no class '{name}'; it has {known}.")
        ids.add(card.class_names.index(name))
    return tuple(sorted(ids))


def given_classes(card: ModelCard, source: Path, paths: Sequence[str]) -> Mapping[str, tuple[int, ...]]:
    """Class ids by path, for the paths that `source` (as datasets.labels_of_images reads it) knows by their stem.

    Raises UserError for labels that cannot be read, that name a class the model lacks, or that know no image.
    """
    labels = labels_of_images(source)
    given = {path: class_ids(card, labels[stem]) for path in paths if (stem := Path(path).stem) in labels}
    if paths and not given:
        example = next(iter(labels), "none")
        raise UserError(f"{source} has labels for {example} and others, but for none of the images given.")
    return given
