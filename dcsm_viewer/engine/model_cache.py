"""Which models there are by name or file, each with its network, its readout and a card for the window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dcsm_viewer.core.settings import Vocabulary
from dcsm_viewer.core.types import ModelCard, UserError
from dcsm_viewer.engine.networks.class_head import (
    ClassHead,
    SigmoidClasses,
    SoftmaxClasses,
    SoftmaxGroups,
    imagenet_names,
    voc_groups,
)
from dcsm_viewer.engine.networks.network import Network
from dcsm_viewer.engine.networks.torch_network import TorchNetwork
from dcsm_viewer.engine.runtime.device import Compute
from dcsm_viewer.engine.weights.library import list_models, load
from dcsm_viewer.engine.weights.model_entry import ModelEntry
from dcsm_viewer.engine.weights.weights_file import Head, WeightsFile
from dcsm_viewer.engine.weights.weights_network import WRITTEN_BY_HAND, network_of

IMAGENET_CLASSES = 1000


@dataclass(frozen=True, slots=True)
class Model:
    """A network on its device, what its logits mean, and its card."""

    network: Network[Any]
    class_head: ClassHead
    card: ModelCard


def model_cards() -> tuple[ModelCard, ...]:
    """Cards of the packaged network and of every model the user imported, without loading any."""
    return tuple(_listed_card(entry) for entry in list_models())


def _listed_card(entry: ModelEntry) -> ModelCard:
    by_hand = WRITTEN_BY_HAND.get(entry.architecture)
    return ModelCard(
        name=entry.name,
        title=entry.title,
        class_names=entry.class_names,
        layer_names=entry.layer_names if by_hand is None else by_hand.layer_names,
        weights_digest=entry.sha256,
        input_convention=entry.convention,
        gradient_layers=entry.gradient_layers if by_hand is None else by_hand.gradient_layers,
        architecture=entry.architecture,
        head=entry.head or "",
        layers=entry.layers,
        undefined_methods=entry.undefined_methods,
        notes=entry.network_notes,
    )


class ModelCache:
    """Loaded models by name, vocabulary, device and precision; the longest there goes when a third one comes.

    Two networks may be compared side by side; more would only fill the memory.
    """

    def __init__(self) -> None:
        self._models: dict[tuple[str, Vocabulary, Compute], Model] = {}
        self._held: dict[str, Model] = {}

    def hold(self, model: Model) -> None:
        """Give out this model, a module in memory, under the name on its card from now on."""
        self._held[model.card.name] = model
        for key in [key for key in self._models if key[0] == model.card.name]:
            del self._models[key]

    def copy_held_to(self, other: ModelCache) -> None:
        """Let another cache give out the same modules in memory."""
        for model in self._held.values():
            other.hold(model)

    @property
    def held_cards(self) -> tuple[ModelCard, ...]:
        """Return the cards of the modules in memory."""
        return tuple(model.card for model in self._held.values())

    def get(self, name: str, vocabulary: Vocabulary, compute: Compute) -> Model:
        """Return the model of this name on its device; loaded or moved there if it is not yet.

        Parameters
        ----------
        name
            Of a model, or a weights file.
        vocabulary
            What a network of ImageNet's classes calls things.
        compute
            Device and precision.

        Returns
        -------
        Model
            Ready to run.

        Raises
        ------
        UserError
            As `load_model`.
        """
        key = (name, vocabulary, replace(compute, note=""))
        if key not in self._models:
            while len(self._models) >= 2:
                del self._models[next(iter(self._models))]
            held = self._held.get(name)
            if held is None:
                self._models[key] = load_model(name, vocabulary, compute)
            else:
                self._models[key] = replace(held, network=held.network.to(compute.device, compute.dtype))
        return self._models[key]

    def clear(self) -> None:
        """Give up the loaded models, whose memory is needed or whose device is gone."""
        self._models.clear()


def torch_model(name: str, network: TorchNetwork, class_head: ClassHead, digest: str, title: str = "") -> Model:
    """Return a module as a model, where it is and in its precision.

    Parameters
    ----------
    name, title
        Of its card; the title is the name if it is left out.
    network
        As `wrap_module` gives it.
    class_head
        What its outputs mean, one name an output.
    digest
        Names its weights: results made with other weights are never taken for this one's.

    Raises
    ------
    UserError
        Where there are more or fewer class names than outputs.
    """
    if not isinstance(class_head, SoftmaxGroups) and len(class_head.names) != network.classes:
        raise UserError(
            f"The network has {network.classes} outputs and the class list {len(class_head.names)} names; give one "
            "name for each output, in their order."
        )
    card = ModelCard(
        name=name,
        title=title or name,
        class_names=class_head.names,
        layer_names=network.layer_names,
        weights_digest=digest,
        input_convention=str(network.convention),
        gradient_layers=network.gradient_layers,
        architecture=network.architecture,
        head=_head_name(class_head),
        layers=network.layers,
        undefined_methods=network.undefined_methods,
        notes=network.notes,
    )
    return Model(network, class_head, card)


def load_model(name: str, vocabulary: Vocabulary, compute: Compute) -> Model:
    """Load the model of this name or weights file, ready to run.

    Parameters
    ----------
    name
        Of a model, or a weights file.
    vocabulary
        What a network of ImageNet's classes calls things.
    compute
        Device and precision.

    Returns
    -------
    Model
        With its card.

    Raises
    ------
    UserError
        A name that is not known, or weights that do not fit; names what was expected.
    """
    return model_of(name, load(name), vocabulary, compute)


def model_of(name: str, weights: WeightsFile, vocabulary: Vocabulary, compute: Compute) -> Model:
    """Make a model of weights.

    Parameters
    ----------
    name
        As the card has it.
    weights
        Checked tensors.
    vocabulary
        Class names of a network of ImageNet's classes; others have their own.
    compute
        Device and precision.

    Returns
    -------
    Model
        With its card.
    """
    network = network_of(weights)
    class_head: ClassHead
    # Outputs in groups have no names of their own: a thousand of them are ImageNet's, as in any file without names.
    if weights.groups is None or (vocabulary == "imagenet" and network.classes == IMAGENET_CLASSES):
        names = weights.class_names if weights.groups is None else ()
        class_head = _class_head(names, network.classes, vocabulary, weights.head)
    else:
        class_head = SoftmaxGroups(weights.class_names, weights.groups)
    if isinstance(network, TorchNetwork):
        model = torch_model(name, network, class_head, weights.digest, Path(name).name)
    else:
        model = Model(network, class_head, _card_by_hand(name, weights, network, class_head))
    return replace(model, network=model.network.to(compute.device, compute.dtype))


def _card_by_hand(name: str, weights: WeightsFile, network: Network[Any], class_head: ClassHead) -> ModelCard:
    return ModelCard(
        name=name,
        title=Path(name).name,
        class_names=class_head.names,
        layer_names=network.layer_names,
        weights_digest=weights.digest,
        input_convention=str(network.convention),
        gradient_layers=network.gradient_layers,
        architecture=weights.architecture,
        head=_head_name(class_head),
    )


def _head_name(class_head: ClassHead) -> Head:
    return "sigmoid" if isinstance(class_head, SigmoidClasses) else "softmax"


def _class_head(names: tuple[str, ...], classes: int, vocabulary: Vocabulary, head: Head | None) -> ClassHead:
    """What the outputs mean; where it is not given, ImageNet's are one softmax and any others are sigmoids."""
    if classes == IMAGENET_CLASSES and names in ((), imagenet_names()) and head != "sigmoid":
        return voc_groups() if vocabulary == "voc" else SoftmaxClasses(imagenet_names())
    return SoftmaxClasses(names) if head == "softmax" else SigmoidClasses(names)
