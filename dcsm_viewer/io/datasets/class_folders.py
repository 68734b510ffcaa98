"""One folder a class, images of it inside."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterator
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.image_names import composed, stem_of
from dcsm_viewer.io.datasets.labelled_image import Dataset, Example, in_order
from dcsm_viewer.io.image_decoder import SUFFIXES
from dcsm_viewer.io.os_errors import reason_of


def folder_dataset(root: Path) -> Dataset:
    """The images under `root`/<class>/, at any depth; classes in alphabetical order.

    A file that lies in the folders of several classes under the same path inside them, byte for byte, has all of their
    labels and is listed once; other files of one name (IMG_0001.jpg of two cameras) are images of their own. Names
    that begin with a dot are left out. Raises UserError where there are no class folders, or one of them is empty or
    cannot be read.
    """
    root = Path(root)
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise UserError(f"The folder {root} cannot be read ({reason_of(error)}); check the path.") from None
    if not folders:
        raise UserError(f"{root} holds no folders; put the images of each class into a folder named after it.")
    found: dict[Path, list[tuple[Path, set[str]]]] = {}
    for folder in folders:
        images = sorted(_images(folder))
        if not images:
            raise UserError(
                f"The class folder {folder} holds no images (names that begin with a dot do not count); "
                "fill it or delete it."
            )
        for image in images:
            alike = found.setdefault(image.relative_to(folder), [])
            for other, labels in alike:
                if _same_bytes(image, other):
                    labels.add(composed(folder.name))
                    break
            else:
                alike.append((image, {composed(folder.name)}))
    class_names = tuple(composed(folder.name) for folder in folders)
    examples = tuple(
        Example(stem_of(image.name), image, in_order(labels, class_names))
        for _, alike in sorted(found.items())
        for image, labels in alike
    )
    return Dataset(root.name, class_names, examples)


def _images(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UserError(f"The folder {error.filename} cannot be read ({reason_of(error)}); check its permissions.")

    for inside, below, names in os.walk(folder, onerror=refuse):
        below[:] = [name for name in below if not name.startswith(".")]
        yield from (
            Path(inside) / name
            for name in names
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 - quick for many
        )


def _same_bytes(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:  # reading it as an image says what is wrong
        return False
