"""The engine without a window: images in, files out, one outcome an image; one bad image never stops the rest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dcsm_viewer.export import FORMATS, export_with_reports, read_recipe, stems_for
from dcsm_viewer.export.recipe import sha256_of
from dcsm_viewer.imaging.read import list_images, read_image
from dcsm_viewer.values import Progress, Request, Settings, UserError

if TYPE_CHECKING:
    from dcsm_viewer.engine.pipeline import Engine


@dataclass(frozen=True, slots=True)
class Order:
    """What to make of every image: settings, where to, which formats (names of export.FORMATS), with raw maps or not.

    resume: images whose recipe and files in `out` are already those of this order are left as they are.
    """

    settings: Settings
    out: Path
    formats: tuple[str, ...]
    stages: bool = False
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one image. `error` is a sentence, or None; `files` the paths written, the recipe last."""

    image: str
    files: tuple[str, ...] = ()
    detected: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = ()
    device: str = ""
    seconds: float = 0.0
    resumed: bool = False
    error: str | None = None


def expand(inputs: Sequence[str]) -> tuple[str, ...]:
    """Image paths: files as they are, folders as the images in them, in natural order; each once."""
    paths = [path for name in inputs for path in (list_images(name) if Path(name).is_dir() else (name,))]
    return tuple(dict.fromkeys(paths))


def export_images(
    engine: Engine, paths: Sequence[str], order: Order, report: Callable[[str], None] = lambda _: None
) -> Iterator[Outcome]:
    """An Outcome for each path, in order. `report` hears what is being done, for people to read."""
    stems = stems_for(paths)
    for serial, path in enumerate(paths):
        begin = time.perf_counter()
        place = f"{serial + 1}/{len(paths)} {Path(path).name}"
        try:
            outcome = _export_one(engine, serial, path, stems[os.fspath(path)], order, report)
        except UserError as error:
            outcome = Outcome(path, error=str(error))
        outcome = replace(outcome, seconds=time.perf_counter() - begin)
        report(f"{place}: {_summary(outcome)}")
        yield outcome


def _export_one(
    engine: Engine, serial: int, path: str, stem: str, order: Order, report: Callable[[str], None]
) -> Outcome:
    if order.resume and (done := _finished(engine, path, stem, order)) is not None:
        return Outcome(path, files=done, resumed=True)

    def hear(progress: object) -> None:
        if isinstance(progress, Progress):
            report(f"{Path(path).name}: {progress.text}")

    result = engine.settle(Request(serial, read_image(path), order.settings), hear)
    order.out.mkdir(parents=True, exist_ok=True)
    written = export_with_reports(result, order.out, stem, order.formats, stages=order.stages)
    best = result.scores.max(0)
    return Outcome(
        path,
        files=tuple(str(file) for file in written.paths),
        detected=tuple((result.model.class_names[c], round(float(best[c]), 4)) for c in result.detected_ids),
        notes=result.notes,
        device=result.device,
    )


def _finished(engine: Engine, path: str, stem: str, order: Order) -> tuple[str, ...] | None:
    """The files of this image if they are there already, made from the same image, weights and settings; else None."""
    recipe_path = order.out / f"{stem}.json"
    try:
        recipe = read_recipe(recipe_path)
        same_image = recipe.image.file_sha256 == sha256_of(Path(path))
        files = tuple(order.out / output.path for output in recipe.outputs)
        same_files = all(sha256_of(file) == output.sha256 for file, output in zip(files, recipe.outputs, strict=True))
    except (UserError, OSError):
        return None
    same_order = (
        recipe.settings == order.settings
        and recipe.stages == order.stages
        and {output.format for output in recipe.outputs} == set(order.formats)
        and recipe.model.weights_digest == engine.card(order.settings).weights_digest
    )
    return (*map(str, files), str(recipe_path)) if same_image and same_files and same_order else None


def check_formats(formats: Sequence[str]) -> None:
    """Nothing, if all are known. Raises UserError naming one that is not, before any image is computed."""
    for name in formats:
        if name not in FORMATS:
            raise UserError(f"There is no export format '{name}'; choose from {', '.join(FORMATS)}.")


def with_classes(engine: Engine, order: Order, names: Sequence[str]) -> Order:
    """The order with exactly these classes as the detected ones (image-level labels).

    Raises UserError naming a class the model does not have, with the nearest that it has.
    """
    settings = order.settings
    card = engine.card(settings)
    ids = []
    for name in names:
        if name not in card.class_names:
            near = [known for known in card.class_names if name.casefold() in known.casefold()][:5]
            known = ", ".join(near or card.class_names[:20])
            raise UserError(f"{card.name} has no class '{name}'; it has {known}.")
        ids.append(card.class_names.index(name))
    given = tuple(sorted(set(ids)))
    return replace(order, settings=replace(settings, choice=replace(settings.choice, given=given)))


def _summary(outcome: Outcome) -> str:
    if outcome.error is not None:
        return outcome.error
    if outcome.resumed:
        return "already done"
    names = ", ".join(f"{name} {score:.2f}" for name, score in outcome.detected) or "no class above the threshold"
    return f"{names} ({outcome.seconds:.1f} s)"
