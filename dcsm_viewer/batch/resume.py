"""Whether an image was done already, by recipe and digests and not by name alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import read_recipe
from dcsm_viewer.export.recipe import file_sha256, path_from, sha256_of


def finished_files(
    path: str, recipe_path: Path, *, settings: Settings, formats: Sequence[str], stages: bool, digest: str
) -> tuple[str, ...] | None:
    """The files of this image, the recipe last, if all are there, whole, and made as this order wants them; else None.

    digest: the sha256 of the weights. A photograph that was changed is done anew, by its own sha256, and one that moved
    against the export too: recipes and labelme's files lead to it.
    """
    try:
        recipe = read_recipe(recipe_path)
        files = tuple(recipe_path.parent / output.path for output in recipe.outputs)
        if (
            recipe.settings != settings
            or recipe.stages != stages
            or {output.format for output in recipe.outputs} != set(formats)
            or recipe.model.weights_digest != digest
            or recipe.image.path != path_from(recipe_path.parent, path)
            or recipe.image.file_sha256 != file_sha256(path)
            or any(sha256_of(file) != output.sha256 for file, output in zip(files, recipe.outputs, strict=True))
        ):
            return None
    except (UserError, OSError):
        return None
    return (*map(str, files), str(recipe_path))
