"""How well a network names the classes of images it is not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.io.datasets import Dataset
from dcsm_viewer.metrics.average_precision import average_precisions, mean_average_precision
from dcsm_viewer.training.batches import Share, fixed_batches, network_input
from dcsm_viewer.training.initial_weights import Trainable
from dcsm_viewer.training.process_group import all_gather
from dcsm_viewer.training.training_recipe import TrainingRecipe


@dataclass(frozen=True, slots=True)
class Validation:
    """loss: sigmoid cross-entropy, nats; ap: NaN for a class that no image shows."""

    loss: float
    mean_ap: float
    ap: tuple[float, ...]


def largest_logits(
    network: Trainable,
    dataset: Dataset,
    recipe: TrainingRecipe,
    convention: InputSpec,
    device: torch.device,
    *,
    workers: int,
    indices: list[int],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(logits, present), (images, C): the largest logit anywhere, which is what the engine scores an image by."""
    was_training = network.training
    network.eval()
    rows: list[Tensor] = []
    labels: list[Tensor] = []
    with torch.no_grad():
        for _, batch in fixed_batches(dataset, indices, recipe.validate_px, recipe.batch, workers):
            logits = network(network_input(batch, convention, device))
            rows.append(logits.flatten(2).amax(2).float().cpu().double())  # mps has no float64
            labels.append(batch.labels)
    network.train(was_training)
    classes = len(dataset.class_names)
    if not rows:
        return np.zeros((0, classes)), np.zeros((0, classes), dtype=np.bool_)
    return torch.cat(rows).numpy(), torch.cat(labels).numpy() > 0.5


def validate(
    network: Trainable,
    dataset: Dataset,
    recipe: TrainingRecipe,
    convention: InputSpec,
    device: torch.device,
    *,
    workers: int,
    share: Share,
) -> Validation:
    """Loss and average precision over the data set, each process scoring its share of the images."""
    mine = list(range(share.rank, len(dataset.examples), share.world))
    parts = all_gather(
        largest_logits(network, dataset, recipe, convention, device, workers=workers, indices=mine), share
    )
    logits = np.concatenate([part[0] for part in parts])
    present = np.concatenate([part[1] for part in parts])
    ap = average_precisions(logits, present)
    loss = F.binary_cross_entropy_with_logits(torch.from_numpy(logits), torch.from_numpy(present).double())
    return Validation(float(loss), mean_average_precision(ap), tuple(ap.tolist()))
