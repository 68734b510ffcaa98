"""Anybody's masks, from a folder of PNG files named after the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
