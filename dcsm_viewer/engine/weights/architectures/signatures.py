"""The keys and shapes of every classifier of torchvision, kept so that recognising one builds none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources

import torch
from torch import Tensor, nn

CLASSES = -1  # in a shape: as many as there are outputs
COUNTER = "num_batches_tracked"  # of a batch normalisation; says nothing of the network
_FILE = "torchvision_classifiers.json.gz"

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Signature:
    """One architecture: the shape of each tensor by key. name: as "torchvision/resnet50"."""

    name: str
    shapes: Shapes

    @property
    def head(self) -> tuple[str, ...]:
        """Return the keys whose shapes follow from the number of outputs, the network's own head last."""
        return tuple(key for key, shape in self.shapes.items() if CLASSES in shape)

    @property
    def auxiliary(self) -> tuple[str, ...]:
        """Return the names of the auxiliary heads, which a network may have been trained or saved without."""
        owners = dict.fromkeys(key.partition(".")[0] for key in self.head)
        return tuple(owner for owner in owners if owner.lower().startswith("aux"))

    def without_auxiliary(self) -> Signature:
        """Return the signature of the network without its auxiliary heads."""
        kept = {key: shape for key, shape in self.shapes.items() if key.partition(".")[0] not in self.auxiliary}
        return Signature(self.name, kept)


@cache
def torchvision_signatures() -> tuple[Signature, ...]:
    """Return the signatures in the data file of the program, made by research.torchvision_signatures."""
    packed = (resources.files("dcsm_viewer.engine.weights") / "data" / _FILE).read_bytes()
    table: dict[str, dict[str, list[int]]] = json.loads(gzip.decompress(packed))
    return tuple(
        Signature(f"torchvision/{name}", {key: tuple(shape) for key, shape in shapes.items()})
        for name, shapes in table.items()
    )


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor that a signature counts."""
    return {key: tuple(tensor.shape) for key, tensor in tensors.items() if not key.endswith(COUNTER)}


@contextmanager
def without_memory() -> Iterator[None]:
    """Inside, modules that are built keep no values: each parameter becomes a meta tensor as it is registered.

    A meta device for everything would do for most, but RegNet computes its widths with tensors.
    """
    plain = nn.Module.register_parameter

    def register(self: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        if parameter is not None and not parameter.is_meta:
            parameter = nn.Parameter(parameter.to("meta"), requires_grad=parameter.requires_grad)
        plain(self, name, parameter)

    nn.Module.register_parameter = register  # type: ignore[method-assign, assignment]  # put back below
    try:
        yield
    finally:
        nn.Module.register_parameter = plain  # type: ignore[method-assign]


def with_class_count(some: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of one architecture, CLASSES where those of two numbers of outputs differ."""
    there = shapes_of(others)
    return {
        key: tuple(size if size == other else CLASSES for size, other in zip(shape, there[key], strict=True))
        for key, shape in shapes_of(some).items()
    }


def is_float(tensor: Tensor) -> bool:
    """Return whether a tensor holds weights and no indices, as Swin's relative positions are."""
    return tensor.dtype in {torch.float32, torch.float64, torch.float16, torch.bfloat16}
