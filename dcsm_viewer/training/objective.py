"""What is made small: sigmoid cross-entropy on globally max-pooled logits."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcsm_viewer.training.batches import valid_positions
from dcsm_viewer.training.initial_weights import Trainable
from dcsm_viewer.training.training_recipe import TrainingRecipe


def pooled(logits: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """(N, C) twice: the largest logit on the image, and anywhere on the canvas.

    logits: (N, C, h, w). valid: bool (N, h, w), the positions whose centre lies on the image.
    """
    on_image = logits.masked_fill(~valid[:, None], -torch.inf).flatten(2).amax(2)
    return on_image, logits.flatten(2).amax(2)


def cross_entropy(logits: Tensor, valid: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean over images and classes, nats; labels: (N, C), 1 where the class is there.

    A class that is there must be found on the image; one that is not must be nowhere on the canvas, the padding
    included, because dcsm.m (docs/method.md 10.2 step 3) takes its maximum over the padding too.
    smoothing: how far from 0 and 1 the targets lie.
    """
    on_image, anywhere = pooled(logits, valid)
    chosen = torch.where(labels > 0.5, on_image, anywhere)
    targets = labels * (1 - 2 * smoothing) + smoothing
    return F.binary_cross_entropy_with_logits(chosen.float(), targets)


def feature_drift(features: Tensor, before: Tensor) -> Tensor:
    """How far the features (N, F, h, w) have moved from what they were, relative to their size; 0 for not at all.

    Kept small, the network goes on knowing what it learned from photographs while it learns from something else
    (learning without forgetting, Li & Hoiem 2016, on features).
    """
    return (features - before).square().mean() / before.square().mean().clamp(min=1e-6)


class Objective(nn.Module):
    """The loss of a batch; a module, so that torch can share its gradients among processes."""

    def __init__(self, network: Trainable, recipe: TrainingRecipe, start: Trainable | None) -> None:
        super().__init__()
        self.network, self.recipe = network, recipe
        self._start = (start,)  # in a tuple: it is no part of what is trained

    def forward(self, lower: Tensor, side: int, rectangles: Tensor, labels: Tensor) -> Tensor:
        """lower: what the frozen blocks gave of canvases of `side` px; rectangles and labels as in a Batch."""
        features = self.network.upper(lower)
        logits = self.network.classify(features)
        valid = valid_positions(rectangles, side, (logits.shape[2], logits.shape[3]))
        loss = cross_entropy(logits, valid, labels, self.recipe.label_smoothing)
        (start,) = self._start
        if start is not None:
            with torch.no_grad():
                before = start.upper(lower)  # the frozen blocks are the same in both
            loss = loss + self.recipe.feature_reg * feature_drift(features, before)
        return loss
