"""`dcsm-viewer evaluate`: a data set with true masks in, figures of the masks out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dcsm_viewer.cli.settings_options import RequestedSettings, takes_settings
from dcsm_viewer.cli.terminal import BAD_USAGE, FAILED, print_json, print_message, sentences
from dcsm_viewer.core.types import UserError
from dcsm_viewer.metrics.pointing import is_hit

if TYPE_CHECKING:
    from dcsm_viewer.evaluation.evaluation_job import EvalJob, Evaluation
    from dcsm_viewer.evaluation.rows import Row
    from dcsm_viewer.evaluation.run_evaluation import ImageDone
    from dcsm_viewer.evaluation.summary import RowSummary

STOPPED = 130  # as a shell says of what Ctrl-C ended

DatasetFolder = Annotated[Path, typer.Argument(help="A folder laid out as VOC2012: JPEGImages, ImageSets, ...")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the report; made if it is missing.")]
ImageSet = Annotated[str, typer.Option("--set", help="Which list of ImageSets/Segmentation.")]
First = Annotated[int | None, typer.Option("--first", min=1, help="Only so many images from the top of the list.")]
Given = Annotated[bool, typer.Option("--labels-given", help="Tell each image's true classes, as weak labels do.")]
Sweep = Annotated[
    list[str] | None,
    typer.Option(
        help="Measure all combinations of these: n, crf, threshold, layers, scales, preset, method, classes, or any "
        "constant by its option's name. Values after '=': n,crf or alpha=2:3,scales=400+500:600."
    ),
]
Masks = Annotated[
    list[Path] | None,
    typer.Option("--predictions", help="A folder of masks, <image>.png, to measure instead; several for several."),
]
Ours = Annotated[bool | None, typer.Option("--ours/--no-ours", help="Our masks beside those of --predictions.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where a run with the same --out was stopped.")]


@takes_settings
def evaluate(
    dataset: DatasetFolder,
    out: Out,
    wanted: Callable[[], RequestedSettings],
    image_set: ImageSet = "val",
    first: First = None,
    labels_given: Given = False,
    sweep: Sweep = None,
    predictions: Masks = None,
    ours: Ours = None,
    resume: Resume = False,
) -> None:
    """Mean IoU and its companions over a data set with true masks, one JSON line an image."""
    with sentences(BAD_USAGE):
        job = _job(dataset, out, wanted(), image_set, first, labels_given, sweep or [], predictions or [], ours, resume)
        print_message("Loading the engine ...")
        # Torch takes seconds to import: only now, when the words are known to make sense.
        from dcsm_viewer.evaluation.evaluation_job import Evaluation

        evaluation = Evaluation(job)
    try:
        with sentences(FAILED):
            failed = _measure(evaluation, len(job.dataset.examples))
    except KeyboardInterrupt:
        print_message("Stopped; what is measured is kept, and --resume goes on from there.")
        raise typer.Exit(STOPPED) from None
    with sentences(FAILED):
        files, summaries = evaluation.write()
    print_json({"report": [str(path) for path in files], "rows": [_figures(summary) for summary in summaries]})
    print_message(_table(summaries))
    if failed:
        print_message(f"{failed} of {len(job.dataset.examples)} images could not be measured; the lines above say why.")
        raise typer.Exit(FAILED)


def _measure(evaluation: Evaluation, count: int) -> int:
    """How many images could not be measured; each is told of as it is done."""
    begin, failed, fresh = time.monotonic(), 0, 0
    for index, done in enumerate(evaluation.images(), start=1):
        print_json(_line(done, evaluation.rows))
        failed += done.error is not None
        fresh += done.resumed < len(evaluation.rows)
        left = (time.monotonic() - begin) / fresh * (count - index) if fresh else 0.0
        print_message(f"{index}/{count} {done.example.stem}: {done.error or _short(done)}, {_duration(left)} left")
    return failed


def _job(
    dataset: Path,
    out: Path,
    wanted: RequestedSettings,
    image_set: str,
    first: int | None,
    labels_given: bool,
    sweep: list[str],
    predictions: list[Path],
    ours: bool | None,
    resume: bool,
) -> EvalJob:
    from dataclasses import replace

    from dcsm_viewer.evaluation.evaluation_job import EvalJob
    from dcsm_viewer.evaluation.sweep import parsed_axes
    from dcsm_viewer.evaluation.variants import Variant
    from dcsm_viewer.io.datasets import voc_dataset

    measured = bool(sweep) or not predictions if ours is None else ours
    if not measured and not predictions:
        raise UserError("There is nothing to measure: leave --no-ours out, or give --predictions.")
    if not measured and sweep:
        raise UserError("Other people's masks cannot be swept; leave out --sweep or --no-ours.")
    examples = voc_dataset(dataset, image_set, strict=False, needs_images=measured)
    if first is not None:
        examples = replace(examples, examples=examples.examples[:first], name=f"{examples.name}, first {first}")
    return EvalJob(
        dataset=examples,
        out=out,
        ours=Variant("our masks", wanted.settings, labels_given) if measured else None,
        swept=parsed_axes(sweep),
        fixed=wanted.method,
        predictions=tuple(predictions),
        resume=resume,
    )


def _line(done: ImageDone, rows: tuple[Row, ...]) -> dict[str, Any]:
    measured = {
        row.name: {
            "mean_iou": _round(record.confusion.mean_iou()),
            "pixel_accuracy": _round(record.confusion.pixel_accuracy()),
            "detected": list(record.detected),
            "pointing": {str(number): is_hit(px) for number, px in record.pointing_px.items()},
            "pointing_px": {str(number): round(px, 2) for number, px in record.pointing_px.items()},
        }
        for row, record in zip(rows, done.records, strict=not done.error)
    }
    return {
        "image": done.example.stem,
        "labels": list(done.example.labels),
        "rows": measured,
        "resumed": done.resumed,
        "seconds": round(done.seconds, 3),
        "error": done.error,
    }


def _short(done: ImageDone) -> str:
    if done.resumed == len(done.records):
        return "known already"
    best = max(record.confusion.mean_iou() for record in done.records)
    return f"mean IoU {'up to ' if len(done.records) > 1 else ''}{100 * best:.1f} ({done.seconds:.1f} s)"


def _figures(summary: RowSummary) -> dict[str, Any]:
    return {
        "row": summary.row.name,
        "mean_iou": _round(summary.mean_iou),
        "mean_iou_void_counted_wrong": _round(summary.mean_iou_void),
        "pixel_accuracy": _round(summary.pixel_accuracy),
        "map": _round(summary.mean_precision),
        "pointing": _round(summary.pointing.share),
        "pointing_within_15px": _round(summary.pointing.share_near),
    }


def _table(summaries: tuple[RowSummary, ...]) -> str:
    width = max(len(summary.row.name) for summary in summaries)
    lines = [f"{summary.row.name:<{width}}  mean IoU {100 * summary.mean_iou:5.1f}" for summary in summaries]
    return "\n".join(lines)


def _round(share: float) -> float | None:
    return None if math.isnan(share) else round(share, 5)  # JSON has no NaN


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
