"""The engine without a window: images in, files out, one outcome an image; one bad image never stops the rest."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from dcsm_viewer.batch.inputs import expand
from dcsm_viewer.batch.labels import class_ids
from dcsm_viewer.batch.resume import finished_files
from dcsm_viewer.batch.throughput import Throughput
from dcsm_viewer.core.scores import image_scores
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import ModelCard, Progress, Request, Result, SourceImage, UserError
from dcsm_viewer.export import FORMATS, clear_leftovers, export_with_reports, stems_for
from dcsm_viewer.export.format_checks import check_image_name, refused_formats
from dcsm_viewer.export.own_exports import check_targets
from dcsm_viewer.io.atomic import ensure_folder
from dcsm_viewer.io.images import read_image
from dcsm_viewer.io.os_errors import sentence_on
from dcsm_viewer.queries.query import Report
from dcsm_viewer.worker.pseudo_labels import with_seeds

__all__ = [
    "BatchEngine",
    "ExportJob",
    "Outcome",
    "check_formats",
    "expand",
    "export_image",
    "export_images",
    "servable",
    "with_classes",
]

READ_AHEAD = 2  # images decoded before the engine asks for them
WRITE_BEHIND = 2  # results not yet on the disk

# What a fault of the program or of the machine looks like. One image must not end a night's run; a user who stops a run
# raises something else.
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


class BatchEngine(Protocol):
    """What a batch wants of an engine."""

    def card(self, settings: Settings, /) -> ModelCard: ...

    def settle(self, request: Request, report: Callable[[Report], None], /) -> Result: ...


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What to make of every image: settings, where to, which formats (names of export.FORMATS), with raw maps or not.

    resume: images whose recipe and files in `out` are already those of this order are left as they are. given: class
    ids by path, which then are the detected classes (image-level labels); an image that is not in it fails, with the
    sentence that `unlabelled` has for it.
    """

    settings: Settings
    out: Path
    formats: tuple[str, ...]
    stages: bool = False
    resume: bool = False
    given: Mapping[str, tuple[int, ...]] | None = None
    unlabelled: Mapping[str, str] = field(default_factory=dict)

    def settings_of(self, path: str) -> Settings:
        """The settings for one image. Raises UserError for an image without labels where others have some."""
        if self.given is None:
            return self.settings
        if path not in self.given:
            raise UserError(self.unlabelled.get(path, f"{path} has no labels; add it to them, or export it without."))
        return replace(self.settings, choice=replace(self.settings.choice, image_labels=self.given[path]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one image. `error` is a sentence, or None; `files` the paths written, the recipe last.

    checks: by format, what reading its files back by its consumers' rules found; empty where nothing was written.
    """

    image: str
    files: tuple[str, ...] = ()
    detected: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = ()
    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    device: str = ""
    seconds: float = 0.0
    resumed: bool = False
    error: str | None = None


def export_images(
    engine: BatchEngine,
    paths: Sequence[str],
    job: ExportJob,
    report: Callable[[str], None] = lambda _: None,
    stems: Mapping[str, str] | None = None,
) -> Iterator[Outcome]:
    """An Outcome for each path, in order. `report` hears how far it is, of a single image also the stages.

    stems: by path, where `paths` are a part of a larger list whose images must not share a name with them.
    While the engine computes, the next images are read and the last ones written, each by a thread of its own and
    never more than a few, so that a folder needs no more memory than its largest images. What is stopped, by Ctrl-C
    too, first puts what is computed on the disk, whole. At the end parts that a killed run left are cleared away.
    """
    stems = stems_for(paths) if stems is None else stems
    digest = weights_digest(engine, job)
    throughput = Throughput(len(paths))
    hear = report if len(paths) == 1 else _silent  # a dozen lines for each of 10,000 images are of no use
    reader, writer = (ThreadPoolExecutor(1, thread_name_prefix=name) for name in ("read", "write"))
    try:
        still = iter(paths)
        ahead = deque(reader.submit(_read, path, stems[path], job, digest) for path in islice(still, READ_AHEAD))
        behind: deque[tuple[int, Future[Outcome]]] = deque()
        for serial, path in enumerate(paths):
            reading = ahead.popleft()
            behind.append((serial, _compute(engine, serial, path, reading, stems[path], job, hear, writer)))
            # Only now, so that no more than AHEAD decoded images wait.
            ahead.extend(reader.submit(_read, path, stems[path], job, digest) for path in islice(still, 1))
            while len(behind) > WRITE_BEHIND or (behind and behind[0][1].done()):
                yield _announced(behind.popleft(), len(paths), throughput, report)
        while behind:
            yield _announced(behind.popleft(), len(paths), throughput, report)
    finally:
        reader.shutdown(cancel_futures=True)
        writer.shutdown()
    clear_leftovers(job.out, [stems[path] for path in paths], job.formats)


def export_image(engine: BatchEngine, path: str, stem: str, job: ExportJob, digest: str | None) -> Outcome:
    """The Outcome of one image, read, computed and written here and now; the same files as of `export_images`.

    Faults that are no user's (a machine that fails, say) are raised, so that another machine may try.
    """
    begin = time.perf_counter()
    try:
        read = _read(path, stem, job, digest)
        if read.image is None:
            return Outcome(path, files=read.finished, seconds=read.seconds, resumed=True)
        result = _settled(engine, 0, read.image, path, job, _silent)
    except UserError as error:
        return Outcome(path, error=str(error), seconds=time.perf_counter() - begin)
    return _written(result, path, stem, job, time.perf_counter() - begin)


def weights_digest(engine: BatchEngine, job: ExportJob) -> str | None:
    """The digest that files already there must name; None where there is no resuming."""
    if not job.resume:
        return None
    try:
        return engine.card(job.settings).weights_digest
    except UserError:
        return None  # every image will say so


@dataclass(frozen=True, slots=True)
class _Read:
    """One image, or the files that it has already; `seconds` is what finding out took."""

    image: SourceImage | None
    finished: tuple[str, ...]
    seconds: float


def _read(path: str, stem: str, job: ExportJob, digest: str | None) -> _Read:
    begin = time.perf_counter()
    settings = job.settings_of(path)  # first, as an image without labels need not be read
    finished = None
    if job.resume and digest is not None:
        finished = finished_files(
            path,
            job.out / f"{stem}.json",
            settings=settings,
            formats=job.formats,
            stages=job.stages,
            digest=digest,
        )
    if finished is None:
        check_image_name(path, stem, job.formats)
        check_targets(job.out, stem, job.formats, path)
    image = None if finished is not None else read_image(path)
    return _Read(image, finished or (), time.perf_counter() - begin)


def _compute(
    engine: BatchEngine,
    serial: int,
    path: str,
    reading: Future[_Read],
    stem: str,
    job: ExportJob,
    report: Callable[[str], None],
    writer: ThreadPoolExecutor,
) -> Future[Outcome]:
    """The image computed here and now, its Outcome once it is written."""
    begin = time.perf_counter()
    try:
        read = reading.result()
        begin = time.perf_counter()
        if read.image is None:
            return _known(Outcome(path, files=read.finished, seconds=read.seconds, resumed=True))
        result = _settled(engine, serial, read.image, path, job, report)
    except UserError as error:
        return _known(Outcome(path, error=str(error), seconds=time.perf_counter() - begin))
    except _FAULTS as fault:
        return _known(Outcome(path, error=_fault_words(path, fault), seconds=time.perf_counter() - begin))
    return writer.submit(_write, result, path, stem, job, read.seconds + time.perf_counter() - begin)


def _settled(
    engine: BatchEngine, serial: int, image: SourceImage, path: str, job: ExportJob, report: Callable[[str], None]
) -> Result:
    """The settled result, with all that the formats need beyond it."""

    def hear(progress: Report) -> None:
        if isinstance(progress, Progress):
            report(f"{Path(path).name}: {progress.text}")

    return with_seeds(engine.settle(Request(serial, image, job.settings_of(path)), hear), job.formats)


def _write(result: Result, path: str, stem: str, job: ExportJob, seconds: float) -> Outcome:
    begin = time.perf_counter()
    try:
        return _written(result, path, stem, job, seconds)
    except _FAULTS as fault:
        return Outcome(path, error=_fault_words(path, fault), seconds=seconds + time.perf_counter() - begin)


def _written(result: Result, path: str, stem: str, job: ExportJob, seconds: float) -> Outcome:
    begin = time.perf_counter()
    try:
        ensure_folder(job.out)
        written = export_with_reports(result, job.out, stem, job.formats, stages=job.stages)
    except UserError as error:
        return Outcome(path, error=str(error), seconds=seconds + time.perf_counter() - begin)
    best = image_scores(result.scores, result.request.settings.method)
    checks: dict[str, tuple[str, ...]] = {}
    for name, read_back in written.reports:
        checks[name] = (*checks.get(name, ()), *read_back.sentences)
    return Outcome(
        path,
        files=tuple(str(file) for file in written.paths),
        detected=tuple((result.model.class_names[c], round(float(best[c]), 4)) for c in result.detected_ids),
        notes=(*result.request.image.notes, *result.notes),
        checks=checks,
        device=result.device,
        seconds=seconds + time.perf_counter() - begin,
    )


def _silent(_: str) -> None:
    pass


def _known(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


def _fault_words(path: str, fault: BaseException) -> str:
    sentence = sentence_on(fault)
    if sentence is not None:
        return sentence
    return f"{path} could not be done: the program failed with {type(fault).__name__}: {fault}; please report it."


def _announced(
    waiting: tuple[int, Future[Outcome]], count: int, throughput: Throughput, report: Callable[[str], None]
) -> Outcome:
    serial, future = waiting
    outcome = future.result()
    rate = throughput.after(resumed=outcome.resumed)
    report(f"{serial + 1}/{count} {Path(outcome.image).name}: {summary(outcome)}" + (f"; {rate}" if rate else ""))
    return outcome


def check_formats(formats: Sequence[str]) -> None:
    """Nothing, if all are known. Raises UserError naming one that is not, before any image is computed."""
    for name in formats:
        if name not in FORMATS:
            raise UserError(f"There is no export format '{name}'; choose from {', '.join(FORMATS)}.")


def servable(engine: BatchEngine, job: ExportJob) -> tuple[ExportJob, tuple[str, ...]]:
    """Return the order without the formats that cannot tell the model's classes apart, and a sentence on each of them.

    Raises UserError where no format is left, with the first of these sentences.
    """
    refused = refused_formats(engine.card(job.settings).class_names, job.formats)
    kept = tuple(name for name in job.formats if name not in refused)
    if not kept:
        raise UserError(next(iter(refused.values())))
    return replace(job, formats=kept), tuple(refused.values())


def with_classes(engine: BatchEngine, job: ExportJob, names: Sequence[str]) -> ExportJob:
    """The order with exactly these classes as the detected ones in every image.

    Raises UserError naming a class the model does not have, with the nearest that it has.
    """
    settings = job.settings
    given = class_ids(engine.card(settings), names)
    return replace(job, settings=replace(settings, choice=replace(settings.choice, image_labels=given)))


def summary(outcome: Outcome) -> str:
    """What became of an image, in the words of a progress line."""
    if outcome.error is not None:
        return outcome.error
    if outcome.resumed:
        return "already done"
    names = ", ".join(f"{name} {score:.2f}" for name, score in outcome.detected) or "no class above the threshold"
    return f"{names} ({outcome.seconds:.1f} s)"
