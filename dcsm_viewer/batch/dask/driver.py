"""Images to workers and outcomes back, with the progress of all of them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dcsm_viewer.batch.dask.cluster import scheduling
from dcsm_viewer.batch.dask.task import Task, export_task
from dcsm_viewer.batch.run_batch import ExportJob, Outcome, summary
from dcsm_viewer.batch.throughput import Throughput
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import clear_leftovers
from dcsm_viewer.export.format_checks import check_image_name
from dcsm_viewer.export.recipe import versions
from dcsm_viewer.io.os_errors import sentence_on
from dcsm_viewer.io.urls import is_url

READ_AHEAD = 4  # images given out for each worker: it never waits, and 10,000 do not lie in the scheduler
RETRIES = 2  # of an image whose worker failed, beside those that Dask makes when a worker dies


def export_on_cluster(
    client: Any,
    paths: Sequence[str],
    job: ExportJob,
    stems: Mapping[str, str],
    *,
    weights: str,
    threads: int,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[Outcome]:
    """An Outcome for each path, as they are done, which is no fixed order. The files are those of `export_images`.

    client: of a dask scheduler whose workers see the images and `job.out` under the same absolute paths or URLs.
    weights: the sha256 that the model has here. `threads`: how many the worker computes with, as the bits hang on it.
    A worker that dies gives its images back; only one that has killed several workers fails.
    """
    throughput = Throughput(len(paths))
    unnamed = _unnamed(paths, stems, job)
    for number, outcome in enumerate(unnamed, 1):
        report(f"{number}/{len(paths)} {Path(outcome.image).name}: {summary(outcome)}")
        yield outcome
    strange = {outcome.image for outcome in unnamed}
    run = uuid.uuid4().hex[:8]  # Dask takes a key it knows for the same work, and returns its earlier result
    waiting = iter([path for path in paths if path not in strange])
    path_of: dict[Any, str] = {}

    def given_out(path: str) -> Any:
        task = Task(_whole(path), stems[path], _order_of(job, path), weights, versions(), threads)
        future = client.submit(export_task, task, key=f"export-{run}-{stems[path]}", retries=RETRIES, pure=False)
        path_of[future] = path
        return future

    workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    first = [given_out(path) for _, path in zip(range(READ_AHEAD * workers), waiting, strict=False)]
    done = scheduling().as_completed(first, loop=client.loop)
    for number, future in enumerate(done, len(unnamed) + 1):
        path = path_of.pop(future)
        outcome = _outcome_of(future, path, job)
        future.release()
        more = next(waiting, None)
        if more is not None:
            done.add(given_out(more))
        rate = throughput.after(resumed=outcome.resumed)
        here = len(client.scheduler_info(n_workers=-1)["workers"])
        crew = f"{here} worker{'s' if here != 1 else ''}"
        words = "; ".join(word for word in (summary(outcome), rate, crew) if word)
        report(f"{number}/{len(paths)} {Path(path).name}: {words}")
        yield outcome
    clear_leftovers(job.out, [stems[path] for path in paths], job.formats)


def _unnamed(paths: Sequence[str], stems: Mapping[str, str], job: ExportJob) -> list[Outcome]:
    """Outcomes of images whose names no file of theirs can hold: they would not come through the wire either."""
    refused = []
    for path in paths:
        try:
            check_image_name(path, stems[path], job.formats)
        except UserError as error:
            refused.append(Outcome(path, error=str(error)))
    return refused


def _order_of(job: ExportJob, path: str) -> ExportJob:
    """The order as a worker needs it for this image, which may stand in another folder."""
    given = None if job.given is None else {_whole(path): job.given[path]} if path in job.given else {}
    return replace(job, out=Path(os.path.abspath(job.out)), given=given)  # noqa: PTH100 - resolve() follows links


def _whole(path: str) -> str:
    return path if is_url(path) else os.path.abspath(path)  # noqa: PTH100 - resolve() follows links


def _outcome_of(future: Any, path: str, job: ExportJob) -> Outcome:
    """The worker's outcome in the words of this process: its own paths, and failures of workers as sentences."""
    if future.status == "finished":
        outcome: Outcome = future.result()
        out = Path(os.path.abspath(job.out))  # noqa: PTH100 - as the worker had it
        files = tuple(str(job.out / Path(file).relative_to(out)) for file in outcome.files)
        return replace(outcome, image=path, files=files)
    if future.status == "error":
        failure = future.exception()
        if isinstance(failure, scheduling().KilledWorker):
            return Outcome(path, error=f"{path} was given up: several workers died over it, maybe for want of memory.")
        sentence = sentence_on(failure) if isinstance(failure, OSError) else None
        words = sentence or f"{path} could not be done: a worker failed with {failure!r}; please report it."
        return Outcome(path, error=words)
    raise UserError("The scheduler is gone; start it and run the same with --resume.")
