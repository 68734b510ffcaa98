"""Which models there are by name or file, each with its network, its readout and a card for the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dcsm_viewer.engine.device import Compute
from dcsm_viewer.engine.models.efficientnet_lite0 import EfficientNetLite0
from dcsm_viewer.engine.models.network import Network
from dcsm_viewer.engine.models.vgg16 import Vgg16
from dcsm_viewer.engine.models.vocabulary import (
    Readout,
    SigmoidClasses,
    SoftmaxClasses,
    imagenet_names,
    voc_groups,
)
from dcsm_viewer.engine.weights.library import find
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.values import ModelCard, Vocabulary

IMAGENET_CLASSES = 1000


@dataclass(frozen=True, slots=True)
class Model:
    """A network on its device, what its logits mean, and its card."""

    network: Network[Any]
    readout: Readout
    card: ModelCard


def load_model(name: str, vocabulary: Vocabulary, compute: Compute) -> Model:
    """The model of this name or weights file, ready to run.

    Raises UserError, naming what was expected, for a name nobody knows or weights that do not fit.
    """
    return model_of(name, find(name), vocabulary, compute)


def model_of(name: str, weights: WeightsFile, vocabulary: Vocabulary, compute: Compute) -> Model:
    """The model these weights make. A network of 1000 classes speaks the vocabulary asked for, others their own."""
    network: Network[Any]
    if weights.architecture == "vgg16":
        network = Vgg16.of(weights.tensors, weights.convention, ceil_mode=weights.ceil_mode)
    else:
        network = EfficientNetLite0.of(weights.tensors)
    readout = _readout(weights, network.classes, vocabulary)
    card = ModelCard(
        name=name,
        title=weights.title,
        class_names=readout.names,
        layer_names=network.layer_names,
        weights_digest=weights.digest,
        input_convention=str(network.convention),
    )
    return Model(network.to(compute.device, compute.dtype), readout, card)


def _readout(weights: WeightsFile, classes: int, vocabulary: Vocabulary) -> Readout:
    names = weights.class_names
    if classes == IMAGENET_CLASSES and (not names or names == imagenet_names()):
        return voc_groups() if vocabulary == "voc" else SoftmaxClasses(imagenet_names())
    return SigmoidClasses(names or tuple(f"class {index}" for index in range(classes)))
