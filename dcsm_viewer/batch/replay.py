"""Does a recipe again, and says whether the same bytes came out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Request, SourceImage, UserError
from dcsm_viewer.export import Recipe, export_with_reports, read_recipe
from dcsm_viewer.export.own_exports import check_targets
from dcsm_viewer.export.recipe import sha256_of
from dcsm_viewer.io.atomic import ensure_folder
from dcsm_viewer.io.images import read_image
from dcsm_viewer.io.urls import is_url
from dcsm_viewer.worker.pseudo_labels import with_seeds

if TYPE_CHECKING:
    from dcsm_viewer.engine.engine import Engine


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """Per output of a recipe done again whether its bytes are the recorded ones, and every mismatch in a sentence."""

    identical: dict[str, bool]
    sentences: tuple[str, ...]


def replay(engine: Engine, recipe_path: Path, out: Path, image_path: Path | None = None) -> ReplayResult:
    """Does the recipe again into `out` and compares the files byte for byte.

    The device and precision are those recorded. Raises UserError if image or recipe cannot be read.
    """
    recipe = read_recipe(recipe_path)
    formats = tuple(dict.fromkeys(output.format for output in recipe.outputs))
    check_targets(out, recipe_path.stem, formats, None)  # before anything is computed
    image = read_image(image_path or _image_of(recipe, recipe_path))
    settings = _as_recorded(recipe, recipe_path)
    sentences = _mismatches(engine, recipe, image, settings)
    result = engine.settle(Request(0, image, settings))
    if result.device != recipe.device:
        sentences.append(f"The recipe was made on {recipe.device}, not on {result.device}, which may round otherwise.")
    # The recipe's own settings go into the new recipe: 'auto' stays 'auto'.
    result = replace(result, request=replace(result.request, settings=recipe.settings))
    ensure_folder(out)
    export_with_reports(with_seeds(result, formats), out, recipe_path.stem, formats, stages=recipe.stages)
    identical = {output.path: _sha256_if_there(out / output.path) == output.sha256 for output in recipe.outputs}
    changed = [path for path, same in identical.items() if not same]
    if changed:
        sentences.append(f"{', '.join(changed)} came out with other bytes than recorded.")
    return ReplayResult(identical, tuple(sentences))


def _mismatches(engine: Engine, recipe: Recipe, image: SourceImage, settings: Settings) -> list[str]:
    sentences = []
    if image.digest != recipe.image.pixels_sha256:
        sentences.append(f"{image.name} has other pixels than the recipe's image ({recipe.image.pixels_sha256[:12]}).")
    digest = engine.card(settings).weights_digest
    if digest != recipe.model.weights_digest:
        sentences.append(f"The weights of {settings.model} are {digest[:12]}, not {recipe.model.weights_digest[:12]}.")
    return sentences


def _image_of(recipe: Recipe, recipe_path: Path) -> Path | str:
    if recipe.image.path is None:
        raise UserError(f"{recipe_path} does not say where its image {recipe.image.name} is; name it with --image.")
    return recipe.image.path if is_url(recipe.image.path) else recipe_path.parent / recipe.image.path


def _sha256_if_there(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except (OSError, ValueError):  # the recipe names a file that its formats do not make
        return None


def _as_recorded(recipe: Recipe, path: Path) -> Settings:
    """The recipe's settings on the device and in the precision that were really used, not those wished for.

    Raises UserError for a device or a precision that there is not.
    """
    used = {"device": recipe.device.split(" ", maxsplit=1)[0], "precision": recipe.precision}
    try:
        return TypeAdapter(Settings).validate_python(asdict(recipe.settings) | used)
    except ValidationError:
        raise UserError(
            f"{path} was made on the device '{recipe.device[:60]}' in {recipe.precision[:60]}, which this version does "
            "not know; update the program, or export the image once more."
        ) from None
