"""Which files of an export folder this program wrote: those that a recipe there names. No others are replaced."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.format_registry import paths_of
from dcsm_viewer.io.atomic import TEMPORARY_MARK, owner_of, raise_user_error
from dcsm_viewer.io.plain_file import plain_bytes, plain_json
from dcsm_viewer.io.urls import is_url

_LONGEST_NAME = 255  # of a file, on every file system in wide use; some allow less, and say so themselves
_LARGEST_RECIPE = 1 << 24  # bytes; a recipe has thousands


def check_targets(folder: Path, stem: str, formats: Sequence[str], source: str | None) -> None:
    """Raise UserError if an export would take the place of the image itself or of a file that is not an export's.

    So that the user is told before anything is computed; also of names that are too long for a file.

    Parameters
    ----------
    folder, stem : the export's.
    formats : names in FORMATS; others are passed over.
    source : the image's path or URL, None for pixels without a file.
    """
    targets = paths_of(formats, folder, stem)
    for target in targets:
        if _length(target.name) > _LONGEST_NAME:
            raise_user_error(OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)), target)
        if _is_same_file(target, source):
            raise UserError(f"{target} is the image itself and would be lost; export to another folder.")
    stranger = stranger_among(folder, stem, targets)
    if stranger is not None:
        raise UserError(
            f"{stranger} is there already and was not written by this program (no recipe names it), so it stays; "
            "export to another folder, or move it away."
        )


def stranger_among(folder: Path, stem: str, targets: Sequence[Path]) -> Path | None:
    """Return the first existing target of an export that no recipe of its name names.

    Parameters
    ----------
    folder
        The folder of the export.
    stem
        Of the export.
    targets
        The files that are to be written.

    Returns
    -------
    Path or None
        The user's file that is in the way; None for none.
    """
    there = [target for target in targets if os.path.lexists(target)]
    if not there:
        return None
    # The recipe again after the parts: another run may have put it in its place between the two looks.
    named: set[str] = set()
    for look in (_recipe_names, _part_names, _recipe_names):
        named |= look(folder, stem)
        if all(_relative_path(target, folder) in named for target in there):
            return None
    return next(target for target in there if _relative_path(target, folder) not in named)


def earlier_files(folder: Path, stem: str, targets: Sequence[Path]) -> tuple[str, ...]:
    """Find files that an earlier export of this name wrote in other formats; the new recipe goes on naming them.

    Parameters
    ----------
    folder
        The folder of the export.
    stem
        Of the export.
    targets
        The files that are to be written; these are not among them.

    Returns
    -------
    tuple of str
        Paths from `folder` that the recipe there names and that exist, sorted.
    """
    new = {_relative_path(target, folder) for target in targets}
    return tuple(sorted(path for path in _recipe_names(folder, stem) - new if (folder / path).is_file()))


def _recipe_names(folder: Path, stem: str) -> set[str]:
    return _names_in(folder / f"{stem}.json", f"{stem}.json")


def _part_names(folder: Path, stem: str) -> set[str]:
    """What recipes name that are written but not yet in their place, of a run under way or one that was killed."""
    owner = owner_of(f"{stem}.json")
    return {name for part in _parts(folder) if owner_of(part.name) == owner for name in _names_in(part, f"{stem}.json")}


def _parts(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            yield from [Path(entry.path) for entry in entries if entry.name.startswith(TEMPORARY_MARK)]
    except OSError:
        return


def _names_in(recipe: Path, own_name: str) -> set[str]:
    """The files that the recipe names, itself among them; none if it is no recipe, of whatever version."""
    try:
        if recipe.stat().st_size > _LARGEST_RECIPE:
            return set()
        document: Any = plain_json(plain_bytes(recipe))
        if not {"schema", "image", "settings", "model", "outputs"} <= document.keys():
            return set()
        outputs = {str(output["path"]) for output in document["outputs"]}
        return outputs | {str(path) for path in document.get("earlier_files", ())} | {own_name}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return set()


def _relative_path(target: Path, folder: Path) -> str:
    return target.relative_to(folder).as_posix()


def _length(name: str) -> int:
    """The length of a file name as file systems count it: in bytes, in 16-bit units on Windows."""
    return len(name.encode("utf-16-le", "surrogatepass")) // 2 if os.name == "nt" else len(os.fsencode(name))


def _is_same_file(target: Path, source: str | None) -> bool:
    if source is None or is_url(source):
        return False
    try:
        return target.samefile(source)
    except OSError:
        return False
