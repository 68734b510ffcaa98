"""What a network's logits mean: class names, a score in [0, 1] per class, and the seed a class sends backward."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from dcsm_viewer.io.text_lines import lines_of

_DATA = resources.files("dcsm_viewer.engine.networks") / "data"


class ClassHead(Protocol):
    """Scores and seeds over logits (1, C, h, w); class ids count from 0 in the order of `names`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The class names, by class id."""
        ...

    def scores(self, logits: Tensor, on_image: Tensor) -> Tensor:
        """Score each class in [0, 1], (classes,): a maximum over positions, as DCSM's global max pooling.

        on_image: bool (h, w), the positions whose centre lies on the image and not on the canvas around it.
        """
        ...

    def grad_outputs(self, logits: Tensor, class_ids: Sequence[int]) -> Tensor:
        """Return (K, C, h, w): the derivative of the sum over all positions of each class's logit."""
        ...


@dataclass(frozen=True, slots=True)
class SigmoidClasses:
    """A multi-label network's own classes: the score is the sigmoid of the largest logit anywhere.

    As dcsm.m has it (docs/method.md 10.2 step 3).
    """

    names: tuple[str, ...]

    def scores(self, logits: Tensor, on_image: Tensor) -> Tensor:  # noqa: ARG002  # dcsm.m looks at the padding too
        """Score each class by the sigmoid of its largest logit."""
        return torch.sigmoid(_at_least_float32(logits[0]).amax((1, 2)))

    def grad_outputs(self, logits: Tensor, class_ids: Sequence[int]) -> Tensor:
        """Return the derivative of each class's logit, summed over all positions."""
        grad_outputs = logits.new_zeros((len(class_ids), *logits.shape[1:]))
        grad_outputs[torch.arange(len(class_ids)), torch.tensor(class_ids)] = 1
        return grad_outputs


@dataclass(frozen=True, slots=True)
class SoftmaxGroups:
    """Classes that are groups of a softmax's outputs, such as 'dog' of ImageNet's 118 breeds.

    A class's logit at a position is the log-sum-exp of its members'; its score the softmax over all outputs, summed
    over the members, which is the sigmoid of the group's log-odds against all the rest. Every class has its own best
    position, so several of one image can be certain. The grad_outputs are the softmax within the group. A
    group without members scores 0, its grad_outputs are 0.
    """

    names: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]

    def scores(self, logits: Tensor, on_image: Tensor) -> Tensor:
        """Score each group by the odds of its members."""
        probability = _probability(logits, on_image)
        summed = torch.stack([probability[list(ids)].sum(0) for ids in self.members])
        return summed.amax(1).clamp_(max=1)

    def grad_outputs(self, logits: Tensor, class_ids: Sequence[int]) -> Tensor:
        """Return the derivative of each group's logit, summed over all positions."""
        grad_outputs = logits.new_zeros((len(class_ids), *logits.shape[1:]))
        for row, class_id in enumerate(class_ids):
            ids = list(self.members[class_id])
            if ids:
                grad_outputs[row, ids] = torch.softmax(_at_least_float32(logits[0, ids]), 0).to(logits.dtype)
        return grad_outputs


@dataclass(frozen=True, slots=True)
class SoftmaxClasses:
    """A single-label network's outputs, one class each; the score is the softmax's maximum over positions."""

    names: tuple[str, ...]

    def scores(self, logits: Tensor, on_image: Tensor) -> Tensor:
        """Score each class by the softmax."""
        return _probability(logits, on_image).amax(1)

    def grad_outputs(self, logits: Tensor, class_ids: Sequence[int]) -> Tensor:
        """Return the derivative of each class's logit, summed over all positions."""
        return SigmoidClasses(self.names).grad_outputs(logits, class_ids)


def _probability(logits: Tensor, on_image: Tensor) -> Tensor:
    """(C, P): the softmax at the P positions on the image, of logits averaged over 3x3 neighbours.

    Such a network was trained on the average over all positions. Single positions give false positives (a monitor in
    the black canvas beside the photograph); a few together do not, and are small enough for a small object.
    """
    near = F.avg_pool2d(_at_least_float32(logits), 3, 1, 1, count_include_pad=False)[0]
    return torch.softmax(near, 0)[:, on_image]


def _at_least_float32(logits: Tensor) -> Tensor:
    return logits if logits.dtype == torch.float64 else logits.float()


@cache
def imagenet_names() -> tuple[str, ...]:
    """Return the 1000 class names of ImageNet, by output id."""
    return tuple(lines_of((_DATA / "imagenet_classes.txt").read_text("utf-8")))


@cache
def voc_groups() -> SoftmaxGroups:
    """PASCAL VOC's 20 classes as groups of ImageNet's; 'person' has no members, so 19 of them can be found."""
    groups: dict[str, list[int]] = json.loads((_DATA / "voc_groups.json").read_text("utf-8"))
    return SoftmaxGroups(tuple(groups), tuple(tuple(ids) for ids in groups.values()))
