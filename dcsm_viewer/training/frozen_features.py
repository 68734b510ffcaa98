"""What the frozen blocks give of a batch, made once for every view and kept on disk: they never change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from dcsm_viewer.io.datasets import Dataset
from dcsm_viewer.training.batches import (
    Batch,
    Share,
    network_input,
    source_epoch,
    steps_per_epoch,
    training_batches,
)
from dcsm_viewer.training.initial_weights import Trainable
from dcsm_viewer.training.training_recipe import TrainingRecipe

FOLDER = "frozen"


@dataclass(frozen=True, slots=True)
class FrozenBatch:
    """A batch behind the frozen blocks, on the device: lower (N, channels, h, w) of canvases of `side` px.

    rectangles and labels as in a Batch.
    """

    lower: Tensor
    side: int
    rectangles: Tensor
    labels: Tensor


class FrozenFeatureCache:
    """Prepared batches, from the disk where they were made before: then no image is opened for them.

    They are kept in half precision and rounded to it the first time too, so that a training that was interrupted
    sees the same.
    """

    def __init__(
        self, out: Path, recipe: TrainingRecipe, data: str, convention: InputSpec, share: Share, device: torch.device
    ) -> None:
        """data: names the start weights and the images."""
        self._recipe, self._convention, self._share, self._device = recipe, convention, share, device
        # Under a name of all it depends on: what another recipe left here must not be taken for ours.
        of = [data, recipe.freeze, recipe.batch, recipe.sizes, recipe.augmentation, recipe.seed]
        name = hashlib.sha256(json.dumps(of).encode()).hexdigest()[:16]
        self._folder = out / FOLDER / name if recipe.cached_epochs and recipe.freeze else None
        if self._folder is not None:
            ensure_folder(self._folder)

    def batches(
        self, network: Trainable, dataset: Dataset, epoch: int, first: int, workers: int
    ) -> Iterator[FrozenBatch]:
        """The batches of `epoch` from step `first` on."""
        steps = range(first, steps_per_epoch(len(dataset.examples), self._recipe))
        missing = [step for step in steps if self._folder is None or not self._path(self._folder, epoch, step).exists()]
        fresh = training_batches(dataset, self._recipe, epoch, missing, workers, self._share)
        is_missing = set(missing)
        for step in steps:
            if step not in is_missing and self._folder is not None:
                yield self._cached(self._path(self._folder, epoch, step))
                continue
            batch = next(fresh)
            lower = network.lower(network_input(batch, self._convention, self._device))
            if self._folder is not None:
                lower = self._keep(self._path(self._folder, epoch, step), lower, batch)
            yield FrozenBatch(
                lower, batch.canvases.shape[1], batch.rectangles.to(self._device), batch.labels.to(self._device)
            )

    def _path(self, folder: Path, epoch: int, step: int) -> Path:
        process = f"process{self._share.rank}of{self._share.world}"
        return folder / f"view{source_epoch(epoch, self._recipe)}-step{step}-{process}.safetensors"

    def _keep(self, path: Path, lower: Tensor, batch: Batch) -> Tensor:
        half = lower.half()
        tensors = {
            "lower": half.cpu().contiguous(),
            "side": torch.tensor(batch.canvases.shape[1]),
            "rectangles": batch.rectangles,
            "labels": batch.labels,
        }
        with atomic_path(path) as draft:
            save_file(tensors, draft)
        return _usual(half)

    def _cached(self, path: Path) -> FrozenBatch:
        try:
            tensors = load_file(path)
            lower = _usual(tensors["lower"].to(self._device))
            rectangles, labels = (tensors[name].to(self._device) for name in ("rectangles", "labels"))
            return FrozenBatch(lower, int(tensors["side"]), rectangles, labels)
        except Exception as error:  # noqa: BLE001 - a damaged file raises almost anything
            raise UserError(f"{path} is damaged ({type(error).__name__}); delete it, it is made again.") from None


def _usual(half: Tensor) -> Tensor:
    return half.float().contiguous(memory_format=torch.channels_last)
