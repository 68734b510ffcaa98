"""`dcsm-viewer export`: images and folders in, masks, maps and recipes out."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dcsm_viewer.cli import options
from dcsm_viewer.cli.settings_options import RequestedSettings, takes_settings
from dcsm_viewer.cli.terminal import BAD_USAGE, FAILED, print_json, print_message, sentences
from dcsm_viewer.core.types import UserError

if TYPE_CHECKING:
    from dcsm_viewer.batch.inputs import Inputs
    from dcsm_viewer.batch.run_batch import ExportJob, Outcome
    from dcsm_viewer.engine.engine import Engine

_DEFAULT_FORMATS = ("voc", "npz", "png")

Images = Annotated[list[str], typer.Argument(help="Images, folders of images, or URLs of either.")]
Out = Annotated[Path, typer.Option("--out", help="Folder to write to; made if it is missing.")]
Classes = Annotated[str | None, typer.Option(help="Exactly these classes, as dog,bicycle, instead of those found.")]
Labels = Annotated[
    Path | None,
    typer.Option(
        help="Exactly the classes each image is said to show: a CSV of image,label,..., a folder of VOC XML files, "
        "or one of class folders."
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help="voc, npz, png, voc-layout, irn, irn-labels, psa, seam, psa-crf, seam-crf, clip-es, coco, labelme, "
        "cvat, labelme-polygons, yolo-seg, label-studio, coco-panoptic or imagefolder; several times for several.",
    ),
]
Stages = Annotated[bool, typer.Option("--stages", help="Also the raw maps of every scale and layer (npz).")]
Resume = Annotated[bool, typer.Option("--resume", help="Skip images already exported with the same settings.")]
Recursive = Annotated[bool, typer.Option("--recursive", help="Also the folders in the folders.")]
ShardOption = Annotated[
    str | None, typer.Option("--shard", help="Only this share of the images, as 2/5; --resume over all merges shares.")
]
Workers = Annotated[int | None, typer.Option(min=1, help="Share the images out among so many processes (Dask).")]
Scheduler = Annotated[str | None, typer.Option(help="Share them out by the Dask scheduler at this address.")]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Threads a process computes with; results of other counts differ in their last bits."),
]


@takes_settings
def export(
    inputs: Images,
    out: Out,
    wanted: Callable[[], RequestedSettings],
    classes: Classes = None,
    labels: Labels = None,
    formats: Formats = None,
    stages: Stages = False,
    resume: Resume = False,
    recursive: Recursive = False,
    shard: ShardOption = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    threads: Threads = None,
) -> None:
    """Masks, class maps and recipes of images, one JSON line an image."""
    with sentences(BAD_USAGE):
        settings = wanted().settings
        if workers is not None and scheduler is not None:
            raise UserError("--workers starts processes here and --scheduler uses those of others; choose one.")
        if classes is not None and labels is not None:
            raise UserError("--classes says the same for all images and --labels for each; choose one.")
        print_message("Loading the engine ...")
        # Torch takes seconds to import: only now, when the words are known to make sense.
        from dcsm_viewer.batch.inputs import Shard, inputs_of
        from dcsm_viewer.batch.labels import given_classes
        from dcsm_viewer.batch.run_batch import ExportJob, check_formats, servable, with_classes
        from dcsm_viewer.engine.engine import Engine
        from dcsm_viewer.engine.runtime.threads import threads_in_use, use_threads

        job = ExportJob(settings, out, tuple(formats or _DEFAULT_FORMATS), stages=stages, resume=resume)
        check_formats(job.formats)
        if threads is not None:
            use_threads(threads)
        engine = Engine()
        card = engine.card(settings)
        job, refused = servable(engine, job)
        if classes is not None:
            job = with_classes(engine, job, options.words(classes) or ())
        share = None if shard is None else Shard.of(shard)
        images = inputs_of(inputs, recursive=recursive, out=out, shard=share)
        if labels is not None:
            told = given_classes(card, labels, images.paths, tuple(images.stems))
            for note in told.notes:
                print_message(note)
            job = replace(job, given=told.ids, unlabelled=told.errors)
        by_format = {} if share is not None else _refused_gatherings(images, job)
    refused += tuple(by_format.values())
    for sentence in refused:
        print_message(sentence)
    if workers is None and scheduler is None:
        outcomes = _here(engine, images, job)
    else:
        outcomes = _on_cluster(engine, images, job, workers, scheduler, threads or threads_in_use())
    with sentences(FAILED):
        done, failed = _told(outcomes, len(images.paths))
    all_fine = not (failed or refused)
    if share is None:
        all_fine = _gather(images, job, done, left_out=by_format) and all_fine
    if not all_fine:
        raise typer.Exit(FAILED)


def _here(engine: Engine, images: Inputs, job: ExportJob) -> Iterator[Outcome]:
    from dcsm_viewer.batch import run_batch as batch

    return iter(batch.export_images(engine, images.paths, job, print_message, images.stems))


def _on_cluster(
    engine: Engine, images: Inputs, job: ExportJob, workers: int | None, scheduler: str | None, threads: int
) -> Iterator[Outcome]:
    from dcsm_viewer.batch.dask import dask_client, export_on_cluster

    print_message("Starting the workers ..." if scheduler is None else f"Asking {scheduler} ...")
    with dask_client(workers=workers, scheduler=scheduler, threads=threads) as client:
        weights = engine.card(job.settings).weights_digest
        yield from export_on_cluster(
            client, images.paths, job, images.stems, weights=weights, threads=threads, report=print_message
        )


def _told(outcomes: Iterator[Outcome], count: int) -> tuple[frozenset[str], int]:
    """Tells every outcome, then what reading back found and what failed; the images done, and how many failed."""
    done: set[str] = set()
    failed: list[Outcome] = []
    checked: dict[str, int] = {}
    last: Outcome | None = None
    for outcome in outcomes:
        print_json(outcome)
        if outcome.error is None:
            done.add(outcome.image)
        else:
            failed.append(outcome)
        for name in outcome.checks:
            checked[name] = checked.get(name, 0) + 1
        last = outcome
    if count == 1 and last is not None:
        for name, found in last.checks.items():
            print_message(f"{name} read back: {' '.join(found)}")
    else:
        for name, images in checked.items():
            print_message(
                f"{name}: the files of {images} images were read back by their consumers' rules, and all held."
            )
    if failed:
        print_message(f"{len(failed)} of {count} images failed:")
        for outcome in failed:
            print_message(f"  {outcome.image}: {outcome.error}")
    return frozenset(done), len(failed)


def _refused_gatherings(images: Inputs, job: ExportJob) -> dict[str, str]:
    from dcsm_viewer.export import refused_gatherings

    return refused_gatherings(images.folder_images(images.paths), job.out, job.formats)


def _gather(images: Inputs, job: ExportJob, done: frozenset[str], left_out: Container[str]) -> bool:
    """The files of the whole folder, where a format has one; whether all went well."""
    from dcsm_viewer.export import write_folder_files

    if len(images.paths) < 2:
        return True
    fine = True
    for name in job.formats:
        if name in left_out:
            continue
        try:
            for _, path, report in write_folder_files(images.folder_images(_in_order(images, done)), job.out, (name,)):
                print_message(f"{path} holds all images: {' '.join(report.sentences)}")
        except UserError as error:
            print_message(str(error))
            fine = False
    return fine


def _in_order(images: Inputs, done: frozenset[str]) -> Sequence[str]:
    return [path for path in images.paths if path in done]
