"""The formats an export can have, by name, as the modules of `export.formats` and `export.folder_formats` list them."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path

from dcsm_viewer.core.types import SeedRule
from dcsm_viewer.export import folder_formats
from dcsm_viewer.export import formats as formats_package
from dcsm_viewer.export.export_format import FolderFormat, Format
from dcsm_viewer.export.formats import npz


def rules_of(formats: Sequence[str]) -> tuple[SeedRule, ...]:
    """Return the seeds that `formats` need, each once; names that are none need nothing."""
    files = [file for name in formats if name in FORMATS for file in FORMATS[name].files]
    return tuple(dict.fromkeys(rule for file in files for rule in file.rules))


def paths_of(formats: Sequence[str], folder: Path, stem: str) -> tuple[Path, ...]:
    """Return every file that an export makes for one image, the recipe last.

    Parameters
    ----------
    formats
        Names in FORMATS.
    folder
        The folder of the export.
    stem
        The image's export stem.

    Returns
    -------
    tuple of Path
        In the order of `formats`.
    """
    files = [file for name in formats if name in FORMATS for file in FORMATS[name].files]
    return (*(file.path(folder, stem) for file in files), folder / f"{stem}.json")


def _listed() -> tuple[Format | FolderFormat, ...]:
    modules = (
        import_module(each.name)
        for package in (formats_package, folder_formats)
        for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    )
    return tuple(each for module in modules for each in module.FORMATS)


_LISTED = _listed()

FORMATS: dict[str, Format] = {
    each.name: each
    for each in sorted((each for each in _LISTED if isinstance(each, Format)), key=lambda each: each.position)
}

FOLDER_FORMATS: dict[str, FolderFormat] = {each.name: each for each in _LISTED if isinstance(each, FolderFormat)}

WITH_STAGES: dict[str, Format] = FORMATS | {
    "npz": replace(
        FORMATS["npz"],
        title="Every number and stage",
        write=partial(npz.write, stages=True),
        verify=partial(npz.verify, stages=True),
    ),
}
