"""One folder a class, images of it inside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dcsm_viewer.datasets.example import IMAGE_SUFFIXES, Dataset, Example, in_order
from dcsm_viewer.values import UserError


def folder_dataset(root: Path) -> Dataset:
    """The images under `root`/<class>/, at any depth; classes in alphabetical order.

    An image that lies in the folders of several classes under the same path inside them has all of their labels and
    is listed once. Raises UserError where there are no class folders, or one of them is empty or cannot be read.
    """
    root = Path(root)
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as trouble:
        raise UserError(f"The folder {root} cannot be read ({trouble.strerror}); check the path.") from None
    if not folders:
        raise UserError(f"{root} holds no folders; put the images of each class into a folder named after it.")
    found: dict[Path, tuple[Path, set[str]]] = {}
    for folder in folders:
        images = sorted(_images(folder))
        if not images:
            raise UserError(f"The class folder {folder} holds no images; fill it or delete it.")
        for image in images:
            found.setdefault(image.relative_to(folder), (image, set()))[1].add(folder.name)
    class_names = tuple(folder.name for folder in folders)
    examples = tuple(
        Example(image.stem, image, in_order(labels, class_names)) for _, (image, labels) in sorted(found.items())
    )
    return Dataset(root.name, class_names, examples)


def _images(folder: Path) -> Iterator[Path]:
    def refuse(trouble: OSError) -> None:
        raise UserError(f"The folder {trouble.filename} cannot be read ({trouble.strerror}); check its permissions.")

    for inside, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(inside) / name for name in names if Path(name).suffix.lower() in IMAGE_SUFFIXES)
