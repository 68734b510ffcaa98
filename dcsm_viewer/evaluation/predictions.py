"""Anybody's masks, from a folder of PNG files named after the images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.image_names import ByName


@dataclass(frozen=True, slots=True)
class Predictions:
    """A folder of masks, one PNG an image: label per pixel, 0 background, class id + 1, 255 for none."""

    name: str
    folder: Path
    files: ByName[Path] = field(repr=False, compare=False)

    def path_of(self, stem: str) -> Path:
        """The image's mask, or where it should be."""
        return self.files.one(stem) or self.folder / f"{stem}.png"


def predictions_in(folders: Sequence[Path], stems: Sequence[str]) -> tuple[Predictions, ...]:
    """The folders under names that differ. Raises UserError for a folder that lacks masks of the data set.

    Masks are found by the images' names, whatever the composition of Unicode and the capitals.
    """
    names = [folder.name for folder in folders]
    found = []
    for folder in folders:
        files = ByName((path.stem, path) for path in _png_files(folder))
        missing = [stem for stem in stems if files.one(stem) is None]
        if missing:
            raise UserError(
                f"{folder} has no {missing[0]}.png, and lacks {len(missing)} of {len(stems)} masks; "
                "every image needs one, named after it."
            )
        name = folder.name if names.count(folder.name) == 1 else str(folder)
        found.append(Predictions(name, folder, files))
    return tuple(found)


def _png_files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png")
    except OSError:  # every mask of it is missing then, which is said
        return
