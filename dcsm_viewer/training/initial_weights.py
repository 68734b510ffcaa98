"""Where a training begins: known weights, with a classifier for other classes borrowed from their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dcsm_viewer.engine.networks.class_head import imagenet_names
from dcsm_viewer.engine.networks.efficientnet_lite import VARIANTS
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.weights.library import load
from dcsm_viewer.engine.weights.weights_file import Architecture
from dcsm_viewer.training.class_mapping import Groups, load_class_mapping, members_of
from dcsm_viewer.training.trainable.trainable_lite import TrainableLite
from dcsm_viewer.training.trainable.trainable_vgg16 import TrainableVgg16

Trainable = TrainableLite | TrainableVgg16
_CLASSIFIER = {"vgg16": "fc8", **dict.fromkeys(VARIANTS, "_fc")}
RIDGE = 0.3  # in mean squared lengths of a row
FRESH_SPREAD = 0.01
FRESH_BIAS = -3.0  # a class not seen yet is rather not there: its score begins at 0.05


@dataclass(frozen=True, slots=True)
class InitialWeights:
    """A network to be trained: checked tensors with one output per class, and where they came from.

    borrowed: the class ids whose rows were summed up and have no scale yet; keeps_classifier: the classifier
    was there already. groups: the outputs that mean each class, None where every output is a class; the
    classifier then stays as it is.
    """

    architecture: Architecture
    tensors: dict[str, Tensor]
    convention: InputSpec
    ceil_mode: bool
    digest: str
    source: str
    licence: str
    borrowed: tuple[int, ...]
    keeps_classifier: bool
    groups: Groups | None = None

    def network(self, tensors: Mapping[str, Tensor]) -> Trainable:
        """A network of this architecture with these weights."""
        network: Trainable
        if self.architecture == "vgg16":
            network = TrainableVgg16.of(tensors, ceil_mode=self.ceil_mode)
        else:
            network = TrainableLite.of(tensors)
        if self.groups is not None:
            network.use_output_groups(self.groups)
        return network

    @property
    def classifier(self) -> str:
        return _CLASSIFIER[self.architecture]

    @property
    def head(self) -> dict[str, Tensor]:
        """The tensors of the classifier."""
        return {f"{self.classifier}.{part}": self.tensors[f"{self.classifier}.{part}"] for part in ("weight", "bias")}


def load_initial_weights(name: str, class_names: tuple[str, ...], seed: int, frozen_head: str = "") -> InitialWeights:
    """The weights of a model's name or file, with an output for each of `class_names`.

    A class keeps its row where the weights know it by that name. VOC's classes are summed up from those of ImageNet's
    that belong to them; others begin with small random rows. With `frozen_head` the classifier is that of another
    model, whose outputs mean the classes in groups. Raises UserError as engine.weights.library.load and
    load_class_mapping.
    """
    weights = load(name)
    tensors = dict(weights.tensors)
    classifier = _CLASSIFIER[weights.architecture]
    keeps_classifier, groups = weights.class_names == class_names, weights.groups
    borrowed: list[int] = []
    if frozen_head:
        known, groups = load_class_mapping(frozen_head, weights.architecture, class_names)
        keeps_classifier = True
        for part in ("weight", "bias"):
            tensors[f"{classifier}.{part}"] = known.tensors[f"{classifier}.{part}"]
    elif not keeps_classifier:
        groups = None
        weight, bias = tensors[f"{classifier}.weight"], tensors[f"{classifier}.bias"]
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randn((len(class_names), *weight.shape[1:]), generator=generator) * FRESH_SPREAD
        offsets = torch.full((len(class_names),), FRESH_BIAS)
        members = members_of(weights, class_names)
        familiar = [class_id for class_id, ids in enumerate(members) if ids]
        if weights.class_names == imagenet_names() or weights.groups is not None:
            rows[familiar] = _summed_up(weight, [members[class_id] for class_id in familiar])
            borrowed = familiar
        else:
            for class_id in familiar:
                rows[class_id], offsets[class_id] = weight[members[class_id][0]], bias[members[class_id][0]]
        tensors[f"{classifier}.weight"], tensors[f"{classifier}.bias"] = rows, offsets
    return InitialWeights(
        weights.architecture,
        tensors,
        weights.convention,
        weights.ceil_mode,
        weights.digest,
        weights.source,
        weights.licence,
        tuple(borrowed),
        keeps_classifier,
        groups,
    )


def _summed_up(weight: Tensor, groups: list[list[int]]) -> Tensor:
    """One row for each group of a softmax's outputs, shaped as those of `weight` (O, F, ...).

    Pictures of an output lie along its row, seen from the mean of all rows; so the rows themselves stand for the
    pictures the network was trained on, and ridge regression finds the combination that tells those of a group from
    all the others. The mean of 52 birds' rows would answer an eagle half as clearly.
    """
    flat = weight.flatten(1).double()
    flat = flat - flat.mean(0)
    wanted = flat.new_zeros((len(flat), len(groups)))
    for column, group in enumerate(groups):
        wanted[group, column] = 1
    alike = flat @ flat.T
    ridge = RIDGE * alike.diagonal().mean() * torch.eye(len(flat), dtype=flat.dtype)
    share: Tensor = torch.linalg.solve(alike + ridge, wanted - wanted.mean(0))
    rows = (flat.T @ share).T
    return rows.reshape(len(groups), *weight.shape[1:]).to(weight.dtype)
