"""What a killed process left of files it was making."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from dcsm_viewer.export.format_registry import FOLDER_FORMATS, paths_of
from dcsm_viewer.io.atomic import TEMPORARY_MARK, is_abandoned, owner_of


def clear_leftovers(folder: Path, stems: Iterable[str], formats: Sequence[str]) -> int:
    """Delete half-made files of these exports at the end of a run; those of other images and of live writers stay.

    A recipe that a killed run had ready while its other files were moved to their names stays until there is a recipe
    of its name: it alone tells that these files are an export's (export/own_exports.py).

    Parameters
    ----------
    folder
        The folder of the export.
    stems
        Of the images whose files may go.
    formats
        Names in FORMATS.

    Returns
    -------
    int
        How many files were deleted.
    """
    subfolders = {path.parent for path in paths_of(formats, folder, "stem")}
    whole = [folder / each.path_pattern for name, each in FOLDER_FORMATS.items() if name in formats]
    subfolders |= {path.parent for path in whole}
    parts = [part for subfolder in subfolders for part in _parts_in(subfolder)]
    if not parts:
        return 0
    exports = [paths_of(formats, folder, stem) for stem in stems]
    mine = {owner_of(path.name) for path in whole} | {owner_of(path.name) for paths in exports for path in paths}
    witnesses = {owner_of(recipe.name) for *_, recipe in exports if not recipe.exists()}
    cleared = 0
    for part in parts:
        owner = owner_of(part.name)
        if owner in mine and not (part.suffix == ".json" and owner in witnesses) and is_abandoned(part):
            with suppress(OSError):
                part.unlink()
                cleared += 1
    return cleared


def _parts_in(subfolder: Path) -> list[Path]:
    try:
        with os.scandir(subfolder) as entries:
            return [Path(entry.path) for entry in entries if entry.name.startswith(TEMPORARY_MARK)]
    except OSError:
        return []
