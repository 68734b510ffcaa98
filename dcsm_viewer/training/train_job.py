"""What a training is asked for, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.runtime.device import Compute
from dcsm_viewer.io.datasets import Dataset
from dcsm_viewer.training.progress import Epoch
from dcsm_viewer.training.training_recipe import TrainingRecipe


@dataclass(frozen=True, slots=True)
class TrainJob:
    """What to train, on what, and where the results go.

    validation may hold no examples: then the last epoch counts as the best. checkpoint_s: seconds between checkpoints,
    0 for one after every step. half: write the weights in half precision.
    """

    recipe: TrainingRecipe
    training: Dataset
    validation: Dataset
    out: Path
    compute: Compute
    workers: int = 2
    checkpoint_s: float = 120.0
    half: bool = False


@dataclass(frozen=True, slots=True)
class TrainResult:
    """The end: the weights file, its sha256, and the epoch (from 1) it is of; `finished` is False if it was stopped."""

    finished: bool
    weights: Path | None
    sha256: str | None
    best_epoch: int | None
    curve: tuple[Epoch, ...]


def check_data(job: TrainJob) -> None:
    """Raises UserError for images that nothing can be learned from."""
    names, count = job.training.class_names, len(job.training.examples)
    if not count:
        raise UserError(f"{job.training.name} holds no images to train on; choose another set.")
    if job.validation.examples and job.validation.class_names != names:
        raise UserError(
            f"{job.validation.name} has other classes than {job.training.name}; validate on images of the same."
        )
    seen = {label for example in job.training.examples for label in example.labels}
    if not seen:
        raise UserError(f"No image of {job.training.name} has a label; there is nothing to learn.")
