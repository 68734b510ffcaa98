"""Canonical names for the keys of a state_dict, and the architecture that they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.efficientnet_lite import VARIANTS, variant_of
from dcsm_viewer.engine.networks.input_spec import EFFICIENTNET_LITE, TORCHVISION, InputSpec
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE
from dcsm_viewer.engine.weights.architectures.recognition import recognise
from dcsm_viewer.engine.weights.weights_file import Architecture

# torchvision counts every module of `features`, so the place of a convolution tells the layer.
_INDICES = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
_CONVOLUTIONS = {f"features.{index}": name for index, name in zip(_INDICES, CONVOLUTIONS, strict=True)}
_TORCHVISION = _CONVOLUTIONS | {f"classifier.{index}": name for index, name in zip((0, 3, 6), DENSE, strict=True)}
_BY_HAND = ("vgg16", "torchvision/vgg16", *VARIANTS)


# Steps of a key that wrappers of a module add, anywhere in it: DataParallel, torch.compile, FSDP, checkpointing.
_WRAPPER_STEPS = frozenset({"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
_FIRST_LAYERS = ("features.0.weight", "conv1_1.weight", "_conv_stem.weight")
_UPDATES = "n_averaged"  # how often the averages of torch.optim.swa_utils.AveragedModel were updated; no weight
_TORCHVISION_NOTE = "Input convention: torchvision's, as the names of the tensors are."


@dataclass(frozen=True, slots=True)
class NamedTensors:
    """Tensors by canonical name; is_torchvision: whether the keys were torchvision's. notes: what that decided.

    outputs: the number of classes where a signature told it.
    """

    architecture: Architecture
    tensors: Mapping[str, Tensor]
    is_torchvision: bool = False
    notes: tuple[str, ...] = ()
    outputs: int | None = None

    @property
    def convention(self) -> InputSpec | None:
        """Return how the network wants its pixels, as far as the names of its tensors tell."""
        if self.architecture in VARIANTS:
            return EFFICIENTNET_LITE
        return TORCHVISION if self.is_torchvision else None


def canonical(file_name: str, tensors: Mapping[str, Tensor], architecture: str | None = None) -> NamedTensors:
    """Return the tensors by canonical name; what wrappers of the network put into the keys is taken off.

    Parameters
    ----------
    file_name
        For sentences.
    tensors
        A state_dict.
    architecture
        What the user or our own header says it is; None to find out.

    Raises
    ------
    UserError
        Naming the network these keys belong to instead, or the first key that does not belong.
    """
    tensors = _without_wrappers(file_name, tensors)
    if architecture in {None, *_BY_HAND}:
        named = _written_by_hand(file_name, tensors)
        if named is not None:
            return named
    found = recognise(file_name, tensors, architecture)
    notes = (found.sentence, *found.notes)
    return NamedTensors(found.architecture, found.tensors, is_torchvision=True, notes=notes, outputs=found.classes)


def _written_by_hand(file_name: str, tensors: Mapping[str, Tensor]) -> NamedTensors | None:
    """The tensors of an architecture whose passes are written by hand, None for those of any other."""
    if not any(key == first or key.endswith(f".{first}") for first in _FIRST_LAYERS for key in tensors):
        return None
    bare = _without_attribute(file_name, tensors)
    if {key.rpartition(".")[0] for key in bare} == set(_TORCHVISION):
        return NamedTensors("vgg16", _from_torchvision(bare), is_torchvision=True, notes=(_TORCHVISION_NOTE,))
    if {owner for key in bare if (owner := key.rpartition(".")[0]).startswith("features.")} == set(_CONVOLUTIONS):
        if not any(key.startswith("classifier.") for key in bare):
            raise UserError(
                f"{file_name} has VGG-16's convolutions but no classifier; give the whole network's state_dict."
            )
        _refuse_strangers(file_name, bare, set(_TORCHVISION))
    if "conv1_1.weight" in bare:
        _refuse_strangers(file_name, bare, {*CONVOLUTIONS, *DENSE})
        return NamedTensors("vgg16", dict(bare))
    if "_conv_stem.weight" in bare:
        if any("._se_" in key for key in bare):
            raise UserError(
                f"{file_name} is an EfficientNet with squeeze-and-excitation under the names of another package; give "
                "EfficientNet-Lite, or torchvision's EfficientNet."
            )
        kept = {key: tensor for key, tensor in bare.items() if not key.endswith("num_batches_tracked")}
        return NamedTensors(variant_of(kept).name, kept)
    return None


def _without_wrappers(file_name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        bare = ".".join(step for step in key.split(".") if step not in _WRAPPER_STEPS)
        if bare in found:
            raise UserError(
                f"{file_name} holds '{bare}' twice, with and without a wrapper's prefix; "
                "save the state_dict of one network."
            )
        if bare != _UPDATES:
            found[bare] = tensor
    return found


def _without_attribute(file_name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The keys from the network on, where it is an attribute of a larger module, as in Lightning's 'model.'."""
    prefixes = [
        key.removesuffix(first)
        for first in _FIRST_LAYERS
        for key in tensors
        if key == first or key.endswith(f".{first}")
    ]
    if len(prefixes) > 1:
        names = " and ".join(f"'{prefix}'" for prefix in prefixes[:3])
        raise UserError(f"{file_name} holds several networks (keys under {names}); save the state_dict of one of them.")
    prefix = prefixes[0] if prefixes else ""
    for key in tensors:
        if not key.startswith(prefix):
            raise UserError(
                f"{file_name} holds '{key}' beside the network under '{prefix}'; save the network's state_dict alone."
            )
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items()}


def _from_torchvision(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        f"{_TORCHVISION[owner]}.{part}": tensor
        for (owner, _, part), tensor in ((key.rpartition("."), tensor) for key, tensor in tensors.items())
    }


def _refuse_strangers(file_name: str, tensors: Mapping[str, Tensor], owners: set[str]) -> None:
    for key in tensors:
        owner, _, part = key.rpartition(".")
        if owner not in owners or part not in ("weight", "bias"):
            raise UserError(f"{file_name} holds '{key}', which VGG-16 does not have; give the state_dict of a VGG-16.")
