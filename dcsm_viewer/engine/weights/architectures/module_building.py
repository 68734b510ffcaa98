"""The module of an architecture by its name, with the weights of a file in it."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.runtime.torch_pair import pair_trouble
from dcsm_viewer.engine.weights.architectures.signatures import COUNTER, without_memory

LIBRARIES = ("torchvision", "timm")


def build_module(architecture: str, classes: int, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Build a network and give it its weights; it shares their memory.

    Parameters
    ----------
    architecture
        "torchvision/resnet50", "timm/resnet50".
    classes
        The number of outputs.
    tensors
        A state_dict without the counters of batch normalisations.

    Returns
    -------
    nn.Module
        In evaluation mode, no parameter asking for a gradient.

    Raises
    ------
    UserError
        For an architecture that is not known or whose package is missing, and for weights that do not fit it.
    """
    with without_memory():
        module = empty_module(architecture, classes, auxiliary=any(key.lower().startswith("aux") for key in tensors))
    # With the versions of this library: MNASNet takes a state_dict without any for one of its first, smaller self.
    versioned: Any = OrderedDict(tensors)
    versioned._metadata = getattr(module.state_dict(), "_metadata", None)
    module.load_state_dict(versioned, strict=False, assign=True)
    lacking = [name for name, tensor in _values(module) if tensor.is_meta]
    if lacking:
        raise UserError(f"The weights lack {', '.join(lacking[:3])} of {architecture}; give the whole state_dict.")
    module.requires_grad_(requires_grad=False)
    return module.eval()


def empty_module(architecture: str, classes: int, *, auxiliary: bool = True) -> nn.Module:
    """Return a network of this architecture and number of outputs, its weights as they begin.

    Parameters
    ----------
    architecture
        Such as "torchvision/resnet50".
    classes
        How many outputs.
    auxiliary
        Keep auxiliary classifiers, where it has some.

    Returns
    -------
    nn.Module
        Not trained.

    Raises
    ------
    UserError
        A name that no library has, or a library that is not there.
    """
    library, _, name = architecture.partition("/")
    if library == "torchvision" and name:
        return torchvision_module(name, classes, auxiliary=auxiliary)
    if library == "timm" and name:
        return _timm_module(name, classes)
    raise UserError(f"There is no architecture '{architecture}'; write torchvision/NAME or timm/NAME.")


def torchvision_module(name: str, classes: int, *, auxiliary: bool = True) -> nn.Module:
    """Return one of torchvision's classifiers.

    Parameters
    ----------
    name
        As torchvision has it.
    classes
        How many outputs.
    auxiliary
        Keep auxiliary classifiers, where it has some.

    Returns
    -------
    nn.Module
        Its weights as they begin.

    Raises
    ------
    UserError
        A name that torchvision does not have.
    """
    try:
        import torchvision  # type: ignore[import-untyped]  # ships no type information
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        raise UserError(f"torchvision cannot be imported here ({error}). {pair_trouble() or ''}".rstrip()) from None
    options: dict[str, Any] = {}
    if name in {"googlenet", "inception_v3"}:
        # Published weights are for inputs that the network itself brings from ImageNet's mean to +-1.
        options = {"init_weights": False, "aux_logits": auxiliary, "transform_input": True}
    try:
        module: nn.Module = torchvision.models.get_model(name, weights=None, num_classes=classes, **options)
    except (ValueError, KeyError):
        known = ", ".join(torchvision.models.list_models(module=torchvision.models)[:8])
        raise UserError(f"torchvision has no network '{name}'; it has {known} and more.") from None
    return module


def _timm_module(name: str, classes: int) -> nn.Module:
    try:
        import timm  # type: ignore[import-not-found, unused-ignore]  # an extra
    except ImportError:
        raise UserError(f"timm/{name} needs the package timm; run `pip install dcsm-viewer[timm]`.") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes)
    except (RuntimeError, ValueError, TypeError) as error:
        raise UserError(f"timm has no network '{name}' ({error}); see timm.list_models().") from None
    return module


def _values(module: nn.Module) -> list[tuple[str, Tensor]]:
    named = [*module.named_parameters(), *module.named_buffers()]
    return [(name, tensor) for name, tensor in named if not name.endswith(COUNTER) and isinstance(tensor, torch.Tensor)]
