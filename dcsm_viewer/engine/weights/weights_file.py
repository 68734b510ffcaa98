"""A file of trained weights as the engine wants it, whatever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from dcsm_viewer.engine.networks.input_spec import InputSpec

# "vgg16" and "efficientnet-lite0", -1, -2 have passes written by hand; others are "torchvision/NAME", "timm/NAME".
Architecture = str
Head = Literal["sigmoid", "softmax"]


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """Checked weights: every layer is there, shapes fit one another, all values are finite.

    tensors: float32 on the CPU. VGG-16: conv1_1.weight (O, I, 3, 3), conv1_1.bias (O,) ... conv5_3, fc6.weight
    (O, I, 7, 7), fc7 and fc8 (O, I, 1, 1). Any other: the names of its library's state_dict, without
    num_batches_tracked. class_names: one per output. ceil_mode: how VGG's pools round; no meaning elsewhere.
    digest: sha256 of the file, hexadecimal. source: one sentence saying where it came from. notes: sentences about
    what reading had to decide. recipe: how it was trained, JSON values, None where it is not recorded. groups: the
    outputs of a softmax that mean each class where classes are groups of them, None where every output is a class.
    head: how outputs become scores, None where it is not given: then sigmoids, or ImageNet's softmax. layer_names: the
    layers to use by default, () for the network's own choice.
    """

    architecture: Architecture
    tensors: Mapping[str, Tensor] = field(repr=False, compare=False)
    class_names: tuple[str, ...] = field(repr=False)
    convention: InputSpec
    ceil_mode: bool
    digest: str
    source: str
    notes: tuple[str, ...] = ()
    licence: str = "not stated"
    recipe: Mapping[str, Any] | None = field(default=None, compare=False)
    groups: tuple[tuple[int, ...], ...] | None = field(default=None, repr=False)
    head: Head | None = None
    layer_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadWeights:
    """The tensors one format's reader found, before names, shapes and values are checked for all formats alike.

    tensors: canonical names, any float dtype, any shape that can be viewed as the canonical one. class_names and
    convention are None where the file does not say; only VGG-16's convention can be found out without it. outputs: of
    an architecture that is known by its signature alone.
    """

    architecture: Architecture
    tensors: Mapping[str, Tensor]
    source: str
    ceil_mode: bool = True
    convention: InputSpec | None = None
    class_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    licence: str = "not stated"
    recipe: Mapping[str, Any] | None = None
    groups: tuple[tuple[int, ...], ...] | None = None
    head: Head | None = None
    layer_names: tuple[str, ...] = ()
    outputs: int | None = None
