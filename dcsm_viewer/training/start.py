"""Where a training begins: known weights, with a classifier for other classes borrowed from their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dcsm_viewer.engine.models.convention import InputConvention
from dcsm_viewer.engine.models.vocabulary import imagenet_names, voc_groups
from dcsm_viewer.engine.weights.library import load
from dcsm_viewer.engine.weights.weights_file import Architecture, WeightsFile
from dcsm_viewer.training.trainable_lite0 import TrainableLite0
from dcsm_viewer.training.trainable_vgg16 import TrainableVgg16

Trainable = TrainableLite0 | TrainableVgg16
_CLASSIFIER = {"efficientnet-lite0": "_fc", "vgg16": "fc8"}
# ImageNet has no class for people but knows what they wear; where nothing else is known of them, that is a beginning.
# The ids: ballplayer, groom, scuba diver; from abaya, academic gown and bikini to vestment, wig and Windsor tie.
RELATIVES: dict[str, tuple[int, ...]] = {
    "person": (
        981, 982, 983, 399, 400, 445, 457, 474, 515, 568, 578, 608, 610, 614, 617, 638, 639, 652, 655, 689, 697, 735,
        775, 824, 834, 837, 841, 842, 869, 887, 903, 906,
    ),
}  # fmt: skip
FRESH_SPREAD = 0.01
FRESH_BIAS = -3.0  # a class not seen yet is rather not there: its score begins at 0.05


@dataclass(frozen=True, slots=True)
class Start:
    """A network to be trained: checked tensors with one output per class, and where they came from.

    borrowed: class id by output that was made of the start's own outputs; kept: the classifier was there already.
    """

    architecture: Architecture
    tensors: dict[str, Tensor]
    convention: InputConvention
    ceil_mode: bool
    digest: str
    source: str
    licence: str
    borrowed: tuple[int, ...]
    kept: bool

    def network(self, tensors: Mapping[str, Tensor]) -> Trainable:
        """A network of this architecture with these weights."""
        if self.architecture == "vgg16":
            return TrainableVgg16.of(tensors, ceil_mode=self.ceil_mode)
        return TrainableLite0.of(tensors)

    @property
    def classifier(self) -> str:
        return _CLASSIFIER[self.architecture]

    @property
    def head(self) -> dict[str, Tensor]:
        """The tensors of the classifier."""
        return {f"{self.classifier}.{part}": self.tensors[f"{self.classifier}.{part}"] for part in ("weight", "bias")}


def start_from(name: str, class_names: tuple[str, ...], seed: int) -> Start:
    """The weights of a model's name or file, with an output for each of `class_names`.

    A class keeps its row where the weights know it by that name. VOC's classes get the mean of the rows of ImageNet's
    that belong to them; others begin with small random rows. Raises UserError as engine.weights.library.load does.
    """
    weights = load(name)
    tensors = dict(weights.tensors)
    classifier = _CLASSIFIER[weights.architecture]
    kept = weights.class_names == class_names
    borrowed: list[int] = []
    if not kept:
        weight, bias = tensors[f"{classifier}.weight"], tensors[f"{classifier}.bias"]
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randn((len(class_names), *weight.shape[1:]), generator=generator) * FRESH_SPREAD
        offsets = torch.full((len(class_names),), FRESH_BIAS)
        # A softmax only knows differences: what all rows have in common says nothing.
        common, common_offset = weight.mean(0), bias.mean()
        for class_id, members in enumerate(_members(weights, class_names)):
            if members:
                rows[class_id] = weight[members].mean(0) - common
                offsets[class_id] = bias[members].mean() - common_offset
                borrowed.append(class_id)
        _evened(rows, offsets, borrowed)
        tensors[f"{classifier}.weight"], tensors[f"{classifier}.bias"] = rows, offsets
    return Start(
        weights.architecture,
        tensors,
        weights.convention,
        weights.ceil_mode,
        weights.digest,
        weights.source,
        weights.licence,
        tuple(borrowed),
        kept,
    )


def _evened(rows: Tensor, offsets: Tensor, borrowed: list[int]) -> None:
    """Evens out, in place, how loudly the borrowed rows answer.

    A mean of 118 rows of dogs is shorter than the single row of tables, and answers a dog more quietly than that one a
    table: by about the square of its length. Half of that is made up for; all of it would make the noise of broad
    classes the loudest of all.
    """
    if borrowed:
        strength = rows[borrowed].flatten(1).square().sum(1)
        factor = (strength.mean() / strength).sqrt()
        rows[borrowed] *= factor.view(-1, *[1] * (rows.ndim - 1))
        offsets[borrowed] *= factor


def _members(weights: WeightsFile, class_names: tuple[str, ...]) -> list[list[int]]:
    """Outputs of the weights that mean each class, none where they do not know it."""
    own = {name: index for index, name in enumerate(weights.class_names)}
    groups = voc_groups()
    by_group = dict(zip(groups.names, groups.members, strict=True)) if weights.class_names == imagenet_names() else {}
    return [
        [own[name]] if name in own else list(by_group.get(name) or (RELATIVES.get(name, ()) if by_group else ()))
        for name in class_names
    ]
