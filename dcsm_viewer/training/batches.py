"""Which images come when, and as what: all of it follows from seed, epoch and place, so a training can go on anywhere.

Nothing here remembers anything: the same place in the same epoch gives the same numbers, whatever came before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.io.datasets import Dataset
from dcsm_viewer.io.images import read_image
from dcsm_viewer.training.augment import PlacedImage, augmented, letterboxed
from dcsm_viewer.training.training_recipe import TrainingRecipe

PREFETCH_BATCHES = 3  # batches being read while one is trained on
_ORDER, _SIZE, _IMAGE = range(3)  # what the random numbers are for


@dataclass(frozen=True, slots=True)
class Batch:
    """canvases: uint8 (N, S, S, 3) RGB. rectangles: int64 (N, 4), top, left, height, width of the image, px.

    labels: float32 (N, C), 1 where the class is there.
    """

    canvases: Tensor
    rectangles: Tensor
    labels: Tensor


@dataclass(frozen=True, slots=True)
class Share:
    """The part of every batch that is ours: process `rank` of `world`."""

    rank: int = 0
    world: int = 1


def steps_per_epoch(images: int, recipe: TrainingRecipe) -> int:
    return -(-images // recipe.batch)


def source_epoch(epoch: int, recipe: TrainingRecipe) -> int:
    """The epoch whose batches come in `epoch`: its own, or an earlier one where the recipe has so many views."""
    return epoch % recipe.cached_epochs if recipe.cached_epochs else epoch


def training_batches(
    dataset: Dataset, recipe: TrainingRecipe, epoch: int, steps: Sequence[int], workers: int, share: Share = Share()
) -> Iterator[Batch]:
    """The batches of these steps (from 0) of `epoch`; `recipe.batch` images shared among the processes.

    The last batch of an epoch is filled up with the images that came first, so that all are of one size.
    """
    epoch = source_epoch(epoch, recipe)
    order = np.random.default_rng([recipe.seed, _ORDER, epoch]).permutation(len(dataset.examples))
    order = np.resize(order, steps_per_epoch(len(order), recipe) * recipe.batch)
    targets = _targets(dataset)

    def one(index: int, side: int) -> PlacedImage:
        rng = np.random.default_rng([recipe.seed, _IMAGE, epoch, index])
        rgb = read_image(dataset.examples[order[index]].image).rgb
        return augmented(rgb, side, recipe.augmentation, rng)

    def jobs() -> Iterator[tuple[list[int], int]]:
        for step in steps:
            side = int(np.random.default_rng([recipe.seed, _SIZE, epoch, step]).integers(*recipe.sizes, endpoint=True))
            begin = step * recipe.batch
            yield list(range(begin + share.rank, begin + recipe.batch, share.world)), side

    with ThreadPoolExecutor(workers, "images") as pool:
        waiting: deque[tuple[list[int], list[Future[PlacedImage]]]] = deque()
        try:
            for indices, side in jobs():
                waiting.append((indices, [pool.submit(one, index, side) for index in indices]))
                if len(waiting) > PREFETCH_BATCHES:
                    yield _batch_of(*waiting.popleft(), order, targets)
            while waiting:
                yield _batch_of(*waiting.popleft(), order, targets)
        finally:
            for _, futures in waiting:
                for future in futures:
                    future.cancel()


def fixed_batches(
    dataset: Dataset, indices: Sequence[int], side: int, batch: int, workers: int
) -> Iterator[tuple[list[int], Batch]]:
    """(places, batch) of these examples, longer side `side` px, nothing random: to validate and calibrate with."""
    targets = _targets(dataset)

    def one(index: int) -> PlacedImage:
        return letterboxed(read_image(dataset.examples[index].image).rgb, side)

    identity = np.arange(len(dataset.examples))
    with ThreadPoolExecutor(workers, "images") as pool:
        for begin in range(0, len(indices), batch):
            these = list(indices[begin : begin + batch])
            yield these, _batch_of(these, [pool.submit(one, index) for index in these], identity, targets)


def network_input(batch: Batch, convention: InputSpec, device: torch.device) -> Tensor:
    """(N, 3, S, S), float32 on the device, as the convention says."""
    pixels = batch.canvases.to(device).permute(0, 3, 1, 2).float()
    if convention.order == "bgr":
        pixels = pixels.flip(1)
    mean, std = (pixels.new_tensor(values)[:, None, None] for values in (convention.mean, convention.std))
    return (pixels - mean) / std


def valid_positions(rectangles: Tensor, side: int, grid: tuple[int, int]) -> Tensor:
    """Bool (N, h, w): the positions of a grid over the canvas whose centre lies on the image; the nearest if none."""
    axes = []
    for axis, count in enumerate(grid):
        start, length = rectangles[:, axis, None], rectangles[:, 2 + axis, None]
        centres = (torch.arange(count, device=rectangles.device) + 0.5) * (side / count)
        inside = (centres >= start) & (centres < start + length)
        nearest = (centres - (start + length / 2)).abs().argmin(1)
        inside |= ~inside.any(1, keepdim=True) & (torch.arange(count, device=rectangles.device) == nearest[:, None])
        axes.append(inside)
    return axes[0][:, :, None] & axes[1][:, None, :]


def _batch_of(indices: list[int], futures: list[Future[PlacedImage]], order: np.ndarray, targets: Tensor) -> Batch:
    seen = [future.result() for future in futures]
    return Batch(
        torch.from_numpy(np.stack([one.canvas for one in seen])),
        torch.tensor([one.rectangle for one in seen]),
        targets[[int(order[index]) for index in indices]],
    )


def _targets(dataset: Dataset) -> Tensor:
    """float32 (images, C)."""
    ids = {name: index for index, name in enumerate(dataset.class_names)}
    targets = torch.zeros(len(dataset.examples), len(ids))
    for row, example in enumerate(dataset.examples):
        for label in example.labels:
            targets[row, ids[label]] = 1
    return targets
