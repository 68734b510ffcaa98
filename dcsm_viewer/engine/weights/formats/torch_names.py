"""Canonical names for the keys of a state_dict: torchvision's VGG-16, ours, EfficientNet-Lite0; or why they are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE
from dcsm_viewer.engine.weights.weights_file import Architecture

# torchvision counts every module of `features`, so the place of a convolution tells the network.
_FEATURES = {
    "VGG-11": (0, 3, 6, 8, 11, 13, 16, 18),
    "VGG-13": (0, 2, 5, 7, 10, 12, 15, 17, 20, 22),
    "VGG-16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    "VGG-19": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
}
_TORCHVISION = {f"features.{index}": name for index, name in zip(_FEATURES["VGG-16"], CONVOLUTIONS, strict=True)} | {
    f"classifier.{index}": name for index, name in zip((0, 3, 6), DENSE, strict=True)
}


# Steps of a key that wrappers of a module add, anywhere in it: DataParallel, torch.compile, FSDP, checkpointing.
_WRAPPER_STEPS = frozenset({"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
_FIRST_LAYERS = ("features.0.weight", "conv1_1.weight", "_conv_stem.weight")
_UPDATES = "n_averaged"  # how often the averages of torch.optim.swa_utils.AveragedModel were updated; no weight
_TORCHVISION_NOTE = "Input convention: torchvision's, as the names of the tensors are."


@dataclass(frozen=True, slots=True)
class NamedTensors:
    """Tensors by canonical name; is_torchvision: whether the keys were torchvision's. notes: what that decided."""

    architecture: Architecture
    tensors: dict[str, Tensor]
    is_torchvision: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user about what the tensors are."""
        return (_TORCHVISION_NOTE,) if self.is_torchvision else ()


def canonical(file_name: str, tensors: Mapping[str, Tensor]) -> NamedTensors:
    """Return the tensors by canonical name; what wrappers of the network put into the keys is taken off.

    Raises UserError naming the network these keys belong to instead, or the first key that does not belong.
    """
    tensors = _without_attribute(file_name, _without_wrappers(file_name, tensors))
    if any(key.startswith("features.") for key in tensors):
        return NamedTensors("vgg16", _from_torchvision(file_name, tensors), is_torchvision=True)
    if "conv1_1.weight" in tensors:
        _refuse_strangers(file_name, tensors, {*CONVOLUTIONS, *DENSE})
        return NamedTensors("vgg16", dict(tensors))
    if "_conv_stem.weight" in tensors:
        if any("._se_" in key for key in tensors):
            raise UserError(
                f"{file_name} is an EfficientNet with squeeze-and-excitation; this program reads EfficientNet-Lite0."
            )
        kept = {key: tensor for key, tensor in tensors.items() if not key.endswith("num_batches_tracked")}
        return NamedTensors("efficientnet-lite0", kept)
    first = ", ".join(list(tensors)[:3])
    raise UserError(
        f"{file_name} is another network ({len(tensors)} tensors: {first} ...); "
        "give VGG-16 in torchvision's naming, or EfficientNet-Lite0."
    )


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


def _from_torchvision(file_name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    if any(key.endswith("running_mean") for key in tensors):
        raise UserError(
            f"{file_name} is a network with batch normalisation (vgg16_bn and its like); give plain VGG-16."
        )
    numbers = {int(key.split(".")[1]) for key in tensors if key.startswith("features.") and key.split(".")[1].isdigit()}
    for network, expected in _FEATURES.items():
        if network != "VGG-16" and numbers == set(expected):
            raise UserError(f"{file_name} is {network}; this program reads VGG-16.")
    if not any(key.startswith("classifier.") for key in tensors):
        raise UserError(f"{file_name} has VGG's convolutions but no classifier; give the whole network's state_dict.")
    _refuse_strangers(file_name, tensors, set(_TORCHVISION))
    return {
        f"{_TORCHVISION[owner]}.{part}": tensor
        for (owner, _, part), tensor in ((key.rpartition("."), tensor) for key, tensor in tensors.items())
    }


def _refuse_strangers(file_name: str, tensors: Mapping[str, Tensor], owners: set[str]) -> None:
    for key in tensors:
        owner, _, part = key.rpartition(".")
        if owner not in owners or part not in ("weight", "bias"):
            raise UserError(f"{file_name} holds '{key}', which VGG-16 does not have; give the state_dict of a VGG-16.")
