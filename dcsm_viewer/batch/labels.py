"""Image-level labels for a run: which classes each image is said to show, instead of those the network finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from dcsm_viewer.core.types import ModelCard, UserError
from dcsm_viewer.io.datasets import LabelResult, labels_of_images
from dcsm_viewer.io.datasets.image_names import composed


@dataclass(frozen=True, slots=True)
class GivenClasses:
    """ids: class ids by image path. errors: by path, why the labels of an image cannot be used, a sentence.

    notes: sentences for the user who started the run, on images without labels.
    """

    ids: Mapping[str, tuple[int, ...]]
    errors: Mapping[str, str]
    notes: tuple[str, ...]


def class_ids(card: ModelCard, names: Sequence[str]) -> tuple[int, ...]:
    """The ids of the classes named, ascending.

    Raises UserError naming a class the model does not have, with the nearest that it has.
    """
    ids = set()
    known_ids = {composed(name): class_id for class_id, name in enumerate(card.class_names)}
    for name in names:
        if composed(name) not in known_ids:
            near = [known for known in card.class_names if name.casefold() in known.casefold()][:5]
            known = ", ".join(near or card.class_names[:20])
            raise UserError(f"{card.name} has no class '{name}'; it has {known}.")
        ids.add(known_ids[composed(name)])
    return tuple(sorted(ids))


def given_classes(card: ModelCard, source: Path, paths: Sequence[str], among: Sequence[str] = ()) -> GivenClasses:
    """Look up the class ids of the images at `paths` in `source`, as datasets.labels_of_images reads it.

    among: all images of the run, where `paths` are a share of it. Raises UserError for a source that cannot be read,
    that names a class the model lacks, or that has usable labels for no image.
    """
    found = labels_of_images(source, paths, among)
    ids = {path: class_ids(card, names) for path, names in found.labels.items()}
    if paths and not ids:
        if found.errors:
            raise UserError(next(iter(found.errors.values())))
        example = next(iter(found.names), "none")
        raise UserError(f"{source} has labels for {example} and others, but for none of the images given.")
    return GivenClasses(ids, found.errors, tuple(_notes(source, paths, found)))


def _notes(source: Path, paths: Sequence[str], found: LabelResult) -> Iterator[str]:
    unlabelled = [path for path in paths if path not in found.labels and path not in found.errors]
    if unlabelled:
        sentence = f"{source} has no labels for {len(unlabelled)} of {len(paths)} images"
        sentence = f"{sentence}, {PurePath(unlabelled[0]).name} the first"
        if found.unused:
            sentence = (
                f"{sentence}; of its {len(found.names)} names {len(found.unused)} fit no image, "
                f"{found.unused[0]} the first"
            )
        yield f"{sentence}."
    yield from found.errors.values()
