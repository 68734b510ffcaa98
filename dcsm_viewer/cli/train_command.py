"""`dcsm-viewer train`: labelled images in, a network of your own classes out."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal, Self

import typer

from dcsm_viewer.cli import options
from dcsm_viewer.cli.renamed_options import with_older_spellings
from dcsm_viewer.cli.terminal import BAD_USAGE, FAILED, print_json, print_message, sentences
from dcsm_viewer.core.types import UserError

if TYPE_CHECKING:  # torch takes seconds to import
    from dcsm_viewer.io.datasets import Dataset
    from dcsm_viewer.training.progress import Event

Layout = Literal["auto", "voc", "folders", "csv"]
Task = Literal["auto", "Segmentation", "Main"]
PRINT_EVERY_S = 10.0

Data = Annotated[Path, typer.Argument(help="A VOC folder, a folder with one folder a class, or a CSV: image,label,...")]
Out = Annotated[
    Path, typer.Option("--out", help="Folder for checkpoint, curve and weights; goes on from what is there.")
]
LayoutOption = Annotated[Layout, typer.Option("--layout", help="How DATA is laid out; auto looks.")]
SetOption = Annotated[str, typer.Option("--set", help="VOC: the image set to train on, as train or trainaug.")]
ValSetOption = Annotated[str, typer.Option("--val-set", help="VOC: the image set to validate on.")]
TaskOption = Annotated[Task, typer.Option("--task", help="VOC: whose lists; auto takes Segmentation's where they are.")]
ValOption = Annotated[Path | None, typer.Option("--val", help="Folders, CSV: images to validate on.")]
ValShareOption = Annotated[
    float,
    typer.Option("--val-share", min=0, max=0.9, help="Folders, CSV without --val: this share is used for validation."),
]
StartOption = Annotated[str, typer.Option("--from", help="Start weights: a model's name or a weights file.")]
SizesOption = Annotated[str, typer.Option("--sizes", help="Longer side in px, sampled for every batch.")]
FreezeOption = Annotated[int, typer.Option("--freeze", help="How many of the first blocks are frozen.")]
HeadLrOption = Annotated[float, typer.Option("--head-lr", help="Learning rate of the classifier.")]
BackboneLrOption = Annotated[float, typer.Option("--backbone-lr", help="Learning rate of the backbone.")]
WarmUpOption = Annotated[float, typer.Option("--warm-up", help="Share of all steps in which the learning rates rise.")]
EmaOption = Annotated[
    float, typer.Option("--ema-decay", help="Decay of the exponential moving average of the weights; 0: none.")
]
FeatureRegOption = Annotated[
    float, typer.Option("--feature-reg", help="Weight of the squared distance to the start weights' features; 0: none.")
]
InterpolationOption = Annotated[
    float, typer.Option("--weight-interpolation", help="Share of the trained weights in the result; 1: all.")
]
CalibrateOption = Annotated[
    int, typer.Option("--calibrate", help="Images that calibrate an adopted classifier; 0: none.")
]
AugmentOption = Annotated[
    Literal["plain", "paper", "strong"],
    typer.Option("--augment", help="paper: flips, colour jitter. strong: also stretching, rotation, blur, noise."),
]
ValPxOption = Annotated[int, typer.Option("--val-px", help="Longer side in px while validating.")]
CachedEpochsOption = Annotated[
    int,
    typer.Option(
        "--cached-epochs", help="Augmented epochs to cache and repeat; 0: none cached. Saves time with --freeze."
    ),
]
FrozenHeadOption = Annotated[
    str,
    typer.Option(
        "--frozen-head",
        help="A model whose classifier, untrained, replaces the one on the trained backbone, as efficientnet-lite0.",
    ),
]
HalfOption = Annotated[bool, typer.Option("--half", help="Write the weights in half precision.")]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, help="Threads that read images.")]
EveryOption = Annotated[float, typer.Option("--checkpoint-every", min=0, help="Seconds between checkpoints.")]

OLDER_SPELLINGS = {
    "head_lr": "--rate-head",
    "backbone_lr": "--rate-body",
    "label_smoothing": "--smoothing",
    "ema_decay": "--average",
    "feature_reg": "--remember",
    "weight_interpolation": "--blend",
    "cached_epochs": "--views",
    "frozen_head": "--outputs-of",
}


@with_older_spellings(OLDER_SPELLINGS)
def train(
    data: Data,
    out: Out,
    layout: LayoutOption = "auto",
    image_set: SetOption = "train",
    val_set: ValSetOption = "val",
    task: TaskOption = "auto",
    val: ValOption = None,
    val_share: ValShareOption = 0.1,
    start: StartOption = "efficientnet-lite0",
    epochs: Annotated[int, typer.Option(help="Number of epochs.")] = 10,
    batch: Annotated[int, typer.Option(help="Global batch size: images a step, all processes together.")] = 16,
    sizes: SizesOption = "300-700",
    freeze: FreezeOption = 0,
    head_lr: HeadLrOption = 1e-3,
    backbone_lr: BackboneLrOption = 1e-4,
    weight_decay: Annotated[float, typer.Option(help="AdamW's weight decay.")] = 0.01,
    warm_up: WarmUpOption = 0.05,
    label_smoothing: Annotated[
        float, typer.Option(help="Label smoothing: distance of the targets from 0 and 1.")
    ] = 0.0,
    ema_decay: EmaOption = 0.0,
    feature_reg: FeatureRegOption = 0.0,
    weight_interpolation: InterpolationOption = 1.0,
    calibrate: CalibrateOption = 128,
    augment: AugmentOption = "paper",
    val_px: ValPxOption = 500,
    cached_epochs: CachedEpochsOption = 0,
    frozen_head: FrozenHeadOption = "",
    seed: Annotated[int, typer.Option(help="Random seed; the same seed gives the same training.")] = 0,
    device: options.DeviceParameter = "auto",
    precision: options.PrecisionParameter = "auto",
    half: HalfOption = False,
    workers: WorkersOption = 2,
    checkpoint_every: EveryOption = 120.0,
) -> None:
    """Fine-tunes a network on images of which only the classes are known; one JSON line an epoch.

    The same command goes on where a stopped or killed one was. Several GPUs: torchrun --nproc-per-node N main.py train.
    """
    with sentences(BAD_USAGE):
        least, most = _sizes(sizes)
        if precision == "float64":
            raise UserError("Training computes in float32 or bfloat16; choose one of them instead of float64.")
        training, validation = _data(
            data, layout, image_set=image_set, val_set=val_set, task=task, val=val, share=val_share, seed=seed
        )
        from dcsm_viewer.engine.runtime.device import choose
        from dcsm_viewer.training.curve_picture import NAME, write_curve
        from dcsm_viewer.training.loop import train as run_training
        from dcsm_viewer.training.train_job import TrainJob
        from dcsm_viewer.training.training_recipe import TrainingRecipe

        recipe = TrainingRecipe(
            start=start,
            epochs=epochs,
            batch=batch,
            sizes=(least, most),
            freeze=freeze,
            head_lr=head_lr,
            backbone_lr=backbone_lr,
            weight_decay=weight_decay,
            warm_up=warm_up,
            label_smoothing=label_smoothing,
            ema_decay=ema_decay,
            feature_reg=feature_reg,
            weight_interpolation=weight_interpolation,
            calibrate=calibrate,
            augmentation=augment,
            validate_px=val_px,
            cached_epochs=cached_epochs,
            frozen_head=frozen_head,
            seed=seed,
        )
        job = TrainJob(
            recipe, training, validation, out, choose(device, precision), workers, checkpoint_every, half=half
        )
    is_first = os.environ.get("RANK", "0") == "0"
    if is_first:
        print_message(
            f"Training on {len(training.examples)} images of {len(training.class_names)} classes, "
            f"validating on {len(validation.examples)}, on the {job.compute.device_name}."
        )
    with sentences(FAILED), _Interrupted() as interrupted:
        speaker = _ProgressPrinter()
        done = run_training(job, speaker, lambda: not (interrupted.is_set or speaker.is_unheard))
        if done.curve and is_first:
            write_curve(out / NAME, done.curve, done.best_epoch)
    if not is_first:
        return
    if not done.finished:
        print_message(f"Stopped after epoch {len(done.curve)}; the same command goes on.")
    if speaker.is_unheard:
        raise typer.Exit(FAILED)
    print_json(
        {
            "finished": done.finished,
            "weights": None if done.weights is None else str(done.weights),
            "sha256": done.sha256,
            "best_epoch": done.best_epoch,
            "mean_ap": None if done.best_epoch is None else done.curve[done.best_epoch - 1].mean_ap,
        }
    )


class _ProgressPrinter:
    """Progress in words on stderr, at most every few seconds; epochs as JSON on stdout.

    is_unheard: stdout takes no more; the training then stops as by Ctrl+C, with its checkpoint.
    """

    def __init__(self) -> None:
        self._printed_s = -PRINT_EVERY_S
        self.is_unheard = False

    def __call__(self, event: Event) -> None:
        from dcsm_viewer.training.progress import Epoch, Note, TrainStep

        match event:
            case Epoch():
                try:
                    print_json(event)
                except typer.Exit:
                    self.is_unheard = True
            case Note(text=text):
                print_message(text)
            case TrainStep() if time.monotonic() - self._printed_s >= PRINT_EVERY_S or event.step == event.steps:
                self._printed_s = time.monotonic()
                minutes, seconds = divmod(round(event.left_s), 60)
                print_message(
                    f"Epoch {event.epoch}/{event.epochs}, step {event.step}/{event.steps}: loss {event.loss:.4f}, "
                    f"{event.images_per_s:.1f} images/s, {minutes} min {seconds:02d} s left"
                )


class _Interrupted:
    """Set by the first Ctrl+C; the second one ends the program as usual."""

    def __init__(self) -> None:
        self.is_set = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_error: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.is_set = True
        signal.signal(signal.SIGINT, self._before)
        print_message("Stopping after this step ...")


def _sizes(text: str) -> tuple[int, int]:
    least, _, most = text.partition("-")
    try:
        return int(least), int(most or least)
    except ValueError:
        raise UserError(f"--sizes {text!r} is no range; write for example 300-700.") from None


def _data(
    data: Path,
    layout: Layout,
    *,
    image_set: str,
    val_set: str,
    task: Task,
    val: Path | None,
    share: float,
    seed: int,
) -> tuple[Dataset, Dataset]:
    """(training, validation)."""
    from dcsm_viewer.io.datasets import csv_dataset, folder_dataset, voc_dataset
    from dcsm_viewer.training.split import split_validation, with_class_names

    if not data.exists():
        raise UserError(f"{data} is not there; give a VOC folder, a folder of class folders, or a CSV.")
    if layout == "auto":
        layout = "csv" if data.is_file() else "voc" if (data / "ImageSets").is_dir() else "folders"
    if layout == "voc":
        chosen: list[Literal["Segmentation", "Main"]] = []
        for name in (image_set, val_set):
            lists = data / "ImageSets" / "Segmentation" / f"{name}.txt"
            chosen.append(task if task != "auto" else "Segmentation" if lists.is_file() else "Main")
        return voc_dataset(data, image_set, chosen[0]), voc_dataset(data, val_set, chosen[1])
    read = csv_dataset if layout == "csv" else folder_dataset
    whole = read(data)
    if val is None:
        return split_validation(whole, share, seed)
    return whole, with_class_names(read(val), whole.class_names)
