"""Models for the Python API: by name, from a file, or a module in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from threading import RLock
from typing import Literal

import torch
from torch import Tensor, nn

from dcsm_viewer.core.settings import DeviceOption, PrecisionOption, Settings, Vocabulary
from dcsm_viewer.core.types import ModelCard, UserError
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import ModelCache, torch_model
from dcsm_viewer.engine.networks.class_head import SigmoidClasses, SoftmaxClasses, imagenet_names
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.networks.torch_network import unwrapped, wrap_module
from dcsm_viewer.engine.weights.library import IN_MEMORY

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Model:
    """A network with the engine that runs it; what was computed of the last picture stays, so asking again is quick.

    One thread at a time uses it, others wait. `name` is the model's, `card` what is known of the network.
    """

    def __init__(self, cache: ModelCache, settings: Settings, wrapped: _Wrapped | None = None) -> None:
        self._cache, self._wrapped = cache, wrapped
        self.settings = settings
        self.engine = Engine(cache)
        self.lock = RLock()
        self.card: ModelCard = self.engine.card(settings)

    @property
    def name(self) -> str:
        """Return the name in settings and recipes."""
        return self.settings.model

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the names of the classes, by class id."""
        return self.card.class_names

    @property
    def layers(self) -> tuple[str, ...]:
        """Return the names of all layers that maps can be made of, earliest first."""
        return self.card.gradient_layers

    @property
    def default_layers(self) -> tuple[str, ...]:
        """Return the names of the layers that are used if none are named."""
        return self.card.layer_names

    def for_window(self) -> Engine:
        """Return another engine with the same networks: a window has a thread of its own."""
        cache = ModelCache()
        self._cache.copy_held_to(cache)
        return Engine(cache)

    def refresh(self) -> None:
        """Take in weights of a wrapped module that changed since the last call, as between steps of a training."""
        if self._wrapped is not None and self._wrapped.has_changed():
            self._wrapped.hold(self._cache)
            self.card = self.engine.card(self.settings)

    def __repr__(self) -> str:
        return f"<Model {self.name}: {len(self.class_names)} classes, layers {', '.join(self.default_layers)}>"


def load_model(
    name_or_file: str,
    *,
    vocabulary: Vocabulary = "voc",
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
) -> Model:
    """Load a network of the model library, or from a weights file.

    Parameters
    ----------
    name_or_file
        "lite0-voc", a model that was imported, or a path to weights that `dcsm-viewer models import` would read.
    vocabulary
        The classes of a network of ImageNet's: "voc" for groups of them, "imagenet" for all.
    device
        "auto" for the fastest that answers, "cpu", "cuda", "mps".
    precision
        "auto", "float32", "float64", "bfloat16".

    Returns
    -------
    Model

    Raises
    ------
    UserError
        For a name that there is not, and a file that cannot be read.
    """
    settings = Settings(model=str(name_or_file), vocabulary=vocabulary, device=device, precision=precision)
    return Model(ModelCache(), settings)


def wrap(
    module: nn.Module,
    classes: Sequence[str] | None = None,
    *,
    head: Literal["softmax", "sigmoid"] = "softmax",
    layers: Sequence[str] | None = None,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
) -> Model:
    """Take a classifier that is in memory. Nothing of the module changes, now or later.

    Parameters
    ----------
    module
        An eager `nn.Module` that gives logits (1, C) or (1, C, h, w) for an image (1, 3, H, W), or a dictionary, tuple
        or object with them.
    classes
        C class names; None for ImageNet's where there are 1000, else "class 0", "class 1", ...
    head
        "softmax" for a network trained to choose one class, "sigmoid" for a multi-label one.
    layers
        Names of submodules whose maps are used by default; None for the last of the last three strides.
    mean, std
        Three numbers each, R, G, B, for pixels in [0, 1]; ImageNet's if left out.
    device, precision
        As for `load_model`; where the module is elsewhere, a copy is used.

    Returns
    -------
    Model

    Raises
    ------
    UserError
        For a module that is no classifier of images, names that do not fit its outputs, numbers that are not three.
    """
    if not isinstance(module, nn.Module):
        raise UserError(f"wrap takes an nn.Module, not a {type(module).__name__}; give the network itself.")
    means, deviations = _three("mean", mean), _three("std", std)
    if min(deviations) <= 0:
        raise UserError(f"std {tuple(std)} divides by zero or less; give three positive numbers.")
    if head not in {"softmax", "sigmoid"}:
        raise UserError(f"There is no head '{head}'; give 'softmax' or 'sigmoid'.")
    wrapped = _Wrapped(module, classes, head, layers, InputSpec("rgb", means, deviations))
    cache = ModelCache()
    wrapped.hold(cache)
    return Model(cache, Settings(model=wrapped.name, device=device, precision=precision), wrapped)


class _Wrapped:
    """A module of somebody else's, and what of it is held by a cache."""

    def __init__(
        self,
        module: nn.Module,
        classes: Sequence[str] | None,
        head: Literal["softmax", "sigmoid"],
        layers: Sequence[str] | None,
        convention: InputSpec,
    ) -> None:
        self._module = unwrapped(module)
        kind = type(self._module)
        architecture = f"{kind.__module__}.{kind.__qualname__}"
        self._network = wrap_module(self._module, convention, layer_names=layers, architecture=architecture)
        names = _names(classes, self._network.classes)
        self._head = SoftmaxClasses(names) if head == "softmax" else SigmoidClasses(names)
        self._state: tuple[tuple[int, int], ...] = ()
        self.name = f"{IN_MEMORY}{digest_of(self._module)[:12]}"

    def has_changed(self) -> bool:
        """Whether a weight has been written to, or exchanged, since `hold`."""
        return self._state != _versions(self._module)

    def hold(self, cache: ModelCache) -> None:
        """Let `cache` give out the module with its weights as they are now."""
        self._state = _versions(self._module)
        digest = digest_of(self._module)
        title = type(self._module).__name__
        cache.hold(torch_model(self.name, self._network, self._head, digest, title))


def digest_of(module: nn.Module) -> str:
    """Return the sha256, in hex, of a module's parameters and buffers: names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, tensor in _tensors(module):
        plain = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {plain.dtype} {tuple(plain.shape)}".encode())
        digest.update(plain.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _versions(module: nn.Module) -> tuple[tuple[int, int], ...]:
    """Changes with every write to a weight, and costs no look at the values."""
    return tuple((tensor.data_ptr(), tensor._version) for _, tensor in _tensors(module))


def _tensors(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _names(classes: Sequence[str] | None, outputs: int) -> tuple[str, ...]:
    if classes is None:
        known = imagenet_names()
        return known if outputs == len(known) else tuple(f"class {number}" for number in range(outputs))
    names = tuple(str(name) for name in classes)
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise UserError(f"The class name '{doubled}' occurs twice; give each output its own name.")
    return names


def _three(name: str, values: Sequence[float]) -> tuple[float, float, float]:
    try:
        red, green, blue = (255.0 * float(value) for value in values)
    except (TypeError, ValueError):
        raise UserError(f"{name} {values!r} is not three numbers; give one for red, green and blue.") from None
    return red, green, blue
