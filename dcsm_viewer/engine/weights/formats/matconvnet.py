"""MatConvNet networks (simplenn): cells of layers with [kh, kw, in, out] filters, old `filters` or new `weights`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE, POOLED
from dcsm_viewer.engine.weights.formats.matlab_5 import read_matlab_5
from dcsm_viewer.engine.weights.formats.matlab_73 import read_matlab_73
from dcsm_viewer.engine.weights.formats.matlab_tree import Tree
from dcsm_viewer.engine.weights.weights_file import ReadWeights

_IGNORED = frozenset({"dropout", "normalize", "custom"})
_ENDS = frozenset({"sigmoid", "softmax", "softmaxloss", "loss"})


def read_matconvnet(path: Path, *, hdf5: bool) -> ReadWeights:
    """VGG-16's tensors of a MatConvNet file: filters permuted (3, 2, 0, 1), correlation as in torch, so no flip.

    Pool padding [0 1 0 1] means that pools round up, 0 that they round down (A9). Raises UserError for another
    structure than VGG-16's, naming the cell.
    """
    variables = read_matlab_73(path) if hdf5 else read_matlab_5(path)
    net = variables.get("net")
    holder = net if isinstance(net, dict) else variables
    layers = _cells(path.name, holder)
    notes: list[str] = []
    ceil_mode = _check_structure(path.name, layers, notes)
    tensors: dict[str, Tensor] = {}
    for name, layer in zip((*CONVOLUTIONS, *DENSE), _convolutions(layers), strict=True):
        tensors |= _tensors(path.name, name, layer)
        layer.clear()  # fc6 alone has 100 million values; the arrays of this cell are not needed again
    names = _class_names(holder) or _class_names(variables)
    return ReadWeights(
        "vgg16", tensors, f"MatConvNet file {path.name}", ceil_mode, class_names=names, notes=tuple(notes)
    )


def _cells(file_name: str, holder: dict[str, Tree]) -> list[dict[str, Tree]]:
    layers = holder.get("layers")
    if isinstance(layers, dict):
        layers = [layers]
    if not isinstance(layers, list) or not layers:
        raise UserError(f"{file_name} has no variable 'layers' with cells; give a MatConvNet network (simplenn).")
    cells = []
    for number, layer in enumerate(layers, 1):
        if not isinstance(layer, dict) or not isinstance(layer.get("type"), str):
            raise UserError(f"{file_name} is no MatConvNet network: cell {number} of 'layers' is no layer with a type.")
        cells.append(layer)
    return cells


def _check_structure(file_name: str, layers: Sequence[dict[str, Tree]], notes: list[str]) -> bool:
    """Whether pools round up. Layers must be VGG-16's in kind, order, padding, stride and, if named, name."""
    expected = list(_expected())
    numbered = [(n, layer) for n, layer in enumerate(layers, 1) if layer["type"] not in _IGNORED]
    rounds_up: set[bool] = set()
    for index, (kind, name) in enumerate(expected):
        if index >= len(numbered):
            raise UserError(f"{file_name} ends after {len(layers)} cells; VGG-16's {name} is missing.")
        number, layer = numbered[index]
        if layer["type"] != kind:
            raise UserError(
                f"{file_name} is not VGG-16: cell {number} is a '{layer['type']}', expected '{kind}' ({name})."
            )
        called = layer.get("name")
        if isinstance(called, str) and kind == "conv" and _known(called) not in (None, name):
            raise UserError(
                f"{file_name} has its layers in another order than VGG-16: cell {number} is {called}, not {name}."
            )
        if kind == "conv":
            _check_numbers(file_name, number, layer, "pad", {1} if name in CONVOLUTIONS else {0})
            _check_numbers(file_name, number, layer, "stride", {1})
            _check_numbers(file_name, number, layer, "dilate", {1})
        elif kind == "pool":
            rounds_up |= _pool_rounds_up(file_name, number, layer)
    for number, layer in numbered[len(expected) :]:
        if layer["type"] not in _ENDS:
            raise UserError(f"{file_name} is not VGG-16: cell {number} is a '{layer['type']}' behind fc8.")
        if layer["type"] != "sigmoid":
            notes.append(f"The file ends in '{layer['type']}', not in the sigmoid of the authors' network.")
    if len(rounds_up) > 1:
        raise UserError(f"{file_name} pads its pools differently from one another; VGG-16 pads all or none.")
    if not rounds_up:
        notes.append("The pools state no padding; they round up, as the authors' importer makes them.")
    return rounds_up != {False}


def _expected() -> Iterator[tuple[str, str]]:
    """(type, name) of the cells from conv1_1 to fc8."""
    for name in CONVOLUTIONS:
        yield "conv", name
        yield "relu", f"the ReLU behind {name}"
        if name in POOLED:
            yield "pool", f"the pool behind {name}"
    for name in DENSE:
        yield "conv", name
        if name != DENSE[-1]:
            yield "relu", f"the ReLU behind {name}"


def _known(called: str) -> str | None:
    """The canonical name in a layer's own name (fc6of -> fc6), None for a name of another kind."""
    return next((name for name in (*CONVOLUTIONS, *DENSE) if called.startswith(name)), None)


def _pool_rounds_up(file_name: str, number: int, layer: dict[str, Tree]) -> set[bool]:
    method = layer.get("method", "max")
    if not isinstance(method, str) or method != "max":
        raise UserError(f"{file_name} is not VGG-16: cell {number} pools by '{method}', not by maximum.")
    _check_numbers(file_name, number, layer, "pool", {2})
    _check_numbers(file_name, number, layer, "stride", {2})
    pad = _numbers(layer.get("pad"))
    if pad is None:
        return set()
    if pad in ((0.0,), (0.0, 0.0), (0.0, 0.0, 0.0, 0.0)):
        return {False}
    if pad == (0.0, 1.0, 0.0, 1.0):  # top, bottom, left, right: Caffe's rounding up, as its importer writes it
        return {True}
    raise UserError(
        f"{file_name} pads the pool of cell {number} by {' '.join(f'{side:g}' for side in pad)}; "
        "VGG-16 has 0 or [0 1 0 1]."
    )


def _check_numbers(file_name: str, number: int, layer: dict[str, Tree], what: str, allowed: set[int]) -> None:
    found = _numbers(layer.get(what))
    if found is not None and not set(found) <= allowed:
        raise UserError(
            f"{file_name} is a changed VGG-16: cell {number} has {what} {' '.join(f'{value:g}' for value in found)}, "
            f"expected {min(allowed)}."
        )


def _numbers(node: Tree | None) -> tuple[float, ...] | None:
    if not isinstance(node, np.ndarray) or node.size == 0 or node.dtype.kind not in "fiu" or node.size > 16:
        return None
    return tuple(float(value) for value in node.ravel("F"))


def _convolutions(layers: Sequence[dict[str, Tree]]) -> Iterator[dict[str, Tree]]:
    return (layer for layer in layers if layer["type"] == "conv")


def _tensors(file_name: str, name: str, layer: dict[str, Tree]) -> dict[str, Tensor]:
    weights = layer.get("weights")
    if isinstance(weights, list) and len(weights) == 2:
        filters, biases = weights
    else:
        filters, biases = layer.get("filters", []), layer.get("biases", [])
    if not isinstance(filters, np.ndarray) or not isinstance(biases, np.ndarray) or not filters.size or not biases.size:
        raise UserError(f"{file_name} lacks the filters or biases of {name}; give the weights of the whole network.")
    for array in (filters, biases):
        if array.dtype.kind != "f":
            raise UserError(f"{file_name} stores {name} as {array.dtype}; save the network in single precision.")
    if filters.ndim > 4:
        raise UserError(f"{file_name} has filters of {filters.ndim} dimensions in {name}; MatConvNet's have four.")
    # MATLAB drops trailing dimensions of one: a single output leaves [kh, kw, in].
    four = filters.reshape(filters.shape + (1,) * (4 - filters.ndim), order="F")
    return {f"{name}.weight": _native(four.transpose(3, 2, 0, 1)), f"{name}.bias": _native(biases.ravel("F"))}


def _native(array: NDArray[Any]) -> Tensor:
    """A contiguous float32 tensor in this machine's byte order; a double too large becomes infinity."""
    with np.errstate(over="ignore"):
        return torch.from_numpy(np.array(array, np.float32, order="C"))


def _class_names(holder: dict[str, Tree]) -> tuple[str, ...] | None:
    """Names at `classes.description` or `meta.classes.description`, if they are all text."""
    meta = holder.get("meta")
    classes = meta.get("classes") if isinstance(meta, dict) else holder.get("classes")
    described = classes.get("description") if isinstance(classes, dict) else None
    if not isinstance(described, list) or not described:
        return None
    names = tuple(item.strip() for item in described if isinstance(item, str))
    return names if len(names) == len(described) == len(set(names)) and all(names) else None
