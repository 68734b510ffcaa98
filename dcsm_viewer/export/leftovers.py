"""What a killed process left of files it was making."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from dcsm_viewer.export.formats import paths_of
from dcsm_viewer.export.gathering import GATHERINGS
from dcsm_viewer.whole_file import PART, owner_of


def clear_leftovers(folder: Path, stems: Iterable[str], formats: Sequence[str]) -> int:
    """How many half-made files of these exports were deleted; those of other images are left alone.

    For the end of a run, when nobody makes these files any more.
    """
    rooms = {path.parent for path in paths_of(formats, folder, "stem")}
    whole = [folder / each.place for name, each in GATHERINGS.items() if name in formats]
    rooms |= {path.parent for path in whole}
    parts = [part for room in rooms for part in _parts_in(room)]
    if not parts:
        return 0
    mine = {owner_of(path.name) for stem in stems for path in paths_of(formats, folder, stem)}
    mine |= {owner_of(path.name) for path in whole}
    cleared = 0
    for part in parts:
        if owner_of(part.name) in mine:
            with suppress(OSError):
                part.unlink()
                cleared += 1
    return cleared


def _parts_in(room: Path) -> list[Path]:
    try:
        with os.scandir(room) as entries:
            return [Path(entry.path) for entry in entries if entry.name.startswith(PART)]
    except OSError:
        return []
