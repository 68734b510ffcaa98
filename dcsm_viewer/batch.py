"""The engine without a window: images in, files out, one outcome an image; one bad image never stops the rest."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from dcsm_viewer.export import FORMATS, export_with_reports, read_recipe, stems_for
from dcsm_viewer.export.recipe import sha256_of
from dcsm_viewer.imaging.read import list_images, read_image
from dcsm_viewer.values import ModelCard, Progress, Report, Request, Result, Settings, SourceImage, UserError
from dcsm_viewer.whole_file import make_folder

AHEAD = 2  # images decoded before the engine asks for them
BEHIND = 2  # results not yet on the disk


class Settles(Protocol):
    """What a batch wants of an engine: the engine itself, or the window's, which has other things to do as well."""

    def card(self, settings: Settings) -> ModelCard: ...
    def settle(self, request: Request, report: Callable[[Report], None]) -> Result: ...


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
    engine: Settles, paths: Sequence[str], order: Order, report: Callable[[str], None] = lambda _: None
) -> Iterator[Outcome]:
    """An Outcome for each path, in order. `report` hears what is being done, for people to read.

    While the engine computes, the next images are read and the last ones written, each by a thread of its own and
    never more than a few, so that a folder needs no more memory than its largest images. What is stopped, by Ctrl-C
    too, first puts what is computed on the disk, whole.
    """
    stems = stems_for(paths)
    digest = _weights_digest(engine, order)
    reader, writer = (ThreadPoolExecutor(1, thread_name_prefix=name) for name in ("read", "write"))
    try:
        still = iter(paths)
        ahead = deque(reader.submit(_read, path, stems[path], order, digest) for path in islice(still, AHEAD))
        behind: deque[tuple[int, Future[Outcome]]] = deque()
        for serial, path in enumerate(paths):
            reading = ahead.popleft()
            behind.append((serial, _compute(engine, serial, path, reading, stems[path], order, report, writer)))
            # Only now, so that no more than AHEAD decoded images wait.
            ahead.extend(reader.submit(_read, path, stems[path], order, digest) for path in islice(still, 1))
            while len(behind) > BEHIND or (behind and behind[0][1].done()):
                yield _announced(behind.popleft(), len(paths), report)
        while behind:
            yield _announced(behind.popleft(), len(paths), report)
    finally:
        reader.shutdown(cancel_futures=True)
        writer.shutdown()


@dataclass(frozen=True, slots=True)
class _Read:
    """One image, or the files that it has already; `seconds` is what finding out took."""

    image: SourceImage | None
    finished: tuple[str, ...]
    seconds: float


def _read(path: str, stem: str, order: Order, digest: str | None) -> _Read:
    begin = time.perf_counter()
    finished = _finished(path, stem, order, digest) if order.resume and digest is not None else None
    image = None if finished is not None else read_image(path)
    return _Read(image, finished or (), time.perf_counter() - begin)


def _compute(
    engine: Settles,
    serial: int,
    path: str,
    reading: Future[_Read],
    stem: str,
    order: Order,
    report: Callable[[str], None],
    writer: ThreadPoolExecutor,
) -> Future[Outcome]:
    """The image computed here and now, its Outcome once it is written."""

    def hear(progress: object) -> None:
        if isinstance(progress, Progress):
            report(f"{Path(path).name}: {progress.text}")

    begin = time.perf_counter()
    try:
        read = reading.result()
        begin = time.perf_counter()
        if read.image is None:
            return _known(Outcome(path, files=read.finished, seconds=read.seconds, resumed=True))
        result = engine.settle(Request(serial, read.image, order.settings), hear)
    except UserError as error:
        return _known(Outcome(path, error=str(error), seconds=time.perf_counter() - begin))
    return writer.submit(_write, result, path, stem, order, read.seconds + time.perf_counter() - begin)


def _write(result: Result, path: str, stem: str, order: Order, seconds: float) -> Outcome:
    begin = time.perf_counter()
    try:
        make_folder(order.out)
        written = export_with_reports(result, order.out, stem, order.formats, stages=order.stages)
    except UserError as error:
        return Outcome(path, error=str(error), seconds=seconds + time.perf_counter() - begin)
    best = result.scores.max(0)
    return Outcome(
        path,
        files=tuple(str(file) for file in written.paths),
        detected=tuple((result.model.class_names[c], round(float(best[c]), 4)) for c in result.detected_ids),
        notes=(*result.request.image.notes, *result.notes),
        device=result.device,
        seconds=seconds + time.perf_counter() - begin,
    )


def _known(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


def _announced(waiting: tuple[int, Future[Outcome]], count: int, report: Callable[[str], None]) -> Outcome:
    serial, future = waiting
    outcome = future.result()
    report(f"{serial + 1}/{count} {Path(outcome.image).name}: {_summary(outcome)}")
    return outcome


def _weights_digest(engine: Settles, order: Order) -> str | None:
    """The digest that files already there must name; None where there is no resuming."""
    if not order.resume:
        return None
    try:
        return engine.card(order.settings).weights_digest
    except UserError:
        return None  # every image will say so


def _finished(path: str, stem: str, order: Order, digest: str) -> tuple[str, ...] | None:
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
        and recipe.model.weights_digest == digest
    )
    return (*map(str, files), str(recipe_path)) if same_image and same_files and same_order else None


def check_formats(formats: Sequence[str]) -> None:
    """Nothing, if all are known. Raises UserError naming one that is not, before any image is computed."""
    for name in formats:
        if name not in FORMATS:
            raise UserError(f"There is no export format '{name}'; choose from {', '.join(FORMATS)}.")


def with_classes(engine: Settles, order: Order, names: Sequence[str]) -> Order:
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
