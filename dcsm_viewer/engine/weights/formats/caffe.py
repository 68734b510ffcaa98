"""Caffe's .caffemodel: a binary NetParameter, read with our own wire reader.

Field numbers are those of the public caffe.proto. Layers are found by name; Deconvolution layers of the authors'
deploy net share the convolutions' weights and are left out.
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE
from dcsm_viewer.engine.weights.bounds import MAX_VALUES
from dcsm_viewer.engine.weights.formats.protobuf_wire import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    InvalidMessageError,
    WireField,
    fields,
    unpacked_floats,
    varint,
)
from dcsm_viewer.engine.weights.weights_file import ReadWeights


@dataclass(frozen=True, slots=True)
class _Schema:
    """Where a layer message keeps what we need; types that hold weights, and the one that repeats them."""

    name: int
    kind: int
    blobs: int
    convolution: int
    weighted: frozenset[str]
    deconvolution: str


_LAYER = _Schema(1, 2, 7, 106, frozenset({"Convolution", "InnerProduct", ""}), "Deconvolution")
_V1_LAYER = _Schema(4, 5, 6, 10, frozenset({"4", "14", ""}), "39")
_NET_NAME, _NET_LAYERS, _NET_LAYER = 1, 2, 100
_V0_IN_V1 = 1
# BlobProto
_DATA, _DIFF, _SHAPE, _DOUBLE_DATA = 5, 6, 7, 8
# ConvolutionParameter: number -> (name, what plain VGG-16 has)
_CONVOLUTION_PARTS = {3: "pad", 5: "group", 6: "stride", 18: "dilation"}

_FC8 = re.compile(r"fc8([_-].*|of)?$")
_ALIASES = {"fc6of": "fc6", "fc7of": "fc7", "fc6-conv": "fc6", "fc7-conv": "fc7", "fc6_conv": "fc6", "fc7_conv": "fc7"}


def read_caffe(path: Path) -> ReadWeights:
    """VGG-16's tensors of a .caffemodel; pools round up, as Caffe's do (A9).

    The file is mapped, so memory holds one copy of the weights. Raises UserError for a cut-off file, another
    network, or layers that are twice there or out of order.
    """
    with path.open("rb") as file:
        # Never closed by hand: slices of it live in tracebacks, and it closes itself with the last of them.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        tensors, notes = _network(path.name, memoryview(mapped))
    except InvalidMessageError as error:
        raise UserError(f"{path.name} is cut off or no Caffe model ({error}); get the file again.") from None
    return ReadWeights("vgg16", tensors, f"Caffe model {path.name}", notes=notes)


def _network(file_name: str, message: memoryview) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    tensors: dict[str, Tensor] = {}
    order: list[str] = []
    seen, skipped = 0, 0
    for field in fields(message):
        if field.number not in (_NET_LAYERS, _NET_LAYER) or field.wire_type != BYTES:
            continue
        schema = _LAYER if field.number == _NET_LAYER else _V1_LAYER
        seen += 1
        name, kind, blobs = _layer(file_name, field.payload, schema)
        if kind == schema.deconvolution:
            skipped += bool(blobs)
            continue
        canonical = _canonical(name)
        if canonical is None or kind not in schema.weighted or not blobs:
            continue
        if canonical in order:
            raise UserError(f"{file_name} has two layers that could be {canonical}; give a model with one of each.")
        if len(blobs) != 2:
            raise UserError(f"{file_name} has {len(blobs)} blobs in {name}, where weights and biases are expected.")
        order.append(canonical)
        for part, blob in zip(("weight", "bias"), blobs, strict=True):
            tensors[f"{canonical}.{part}"] = _blob(file_name, f"{canonical}.{part}", blob)
        _check_convolution(file_name, canonical, field.payload, schema)
    if not seen:
        raise UserError(f"{file_name} holds no Caffe layers; give a .caffemodel, not a solver state or mean file.")
    if not order:
        raise UserError(f"{file_name} is a Caffe network of {seen} layers, but none is VGG-16's; give VGG-16 weights.")
    _check_order(file_name, order)
    notes = (f"{skipped} Deconvolution layers that repeat shared weights were left out.",) if skipped else ()
    return tensors, notes


def _layer(file_name: str, message: memoryview, schema: _Schema) -> tuple[str, str, list[memoryview]]:
    """(name, type, blobs) of one layer message; the legacy types are numbers, given as text."""
    name, kind, blobs = "", "", []
    for field in fields(message):
        if field.number == schema.name and field.wire_type == BYTES:
            name = bytes(field.payload[:200]).decode("utf-8", "replace")
        elif field.number == schema.kind:
            kind = (
                str(field.value) if field.wire_type == VARINT else bytes(field.payload[:200]).decode("utf-8", "replace")
            )
        elif field.number == schema.blobs and field.wire_type == BYTES:
            blobs.append(field.payload)
        elif schema is _V1_LAYER and field.number == _V0_IN_V1 and field.wire_type == BYTES:
            raise UserError(
                f"{file_name} is in Caffe's oldest form; convert it with Caffe's upgrade_net_proto_binary first."
            )
    return name, kind, blobs


def _canonical(name: str) -> str | None:
    if name in CONVOLUTIONS or name in DENSE:
        return name
    if _FC8.match(name):  # fine-tuned networks rename the last layer so that Caffe does not copy it
        return "fc8"
    return _ALIASES.get(name)


def _check_order(file_name: str, order: list[str]) -> None:
    """Nothing, for layers in VGG-16's order: Caffe lists a layer after those it takes its input from."""
    expected = [name for name in (*CONVOLUTIONS, *DENSE) if name in order]
    for found, wanted in zip(order, expected, strict=True):
        if found != wanted:
            raise UserError(f"{file_name} has its layers in another order than VGG-16: {found} stands before {wanted}.")


def _check_convolution(file_name: str, name: str, layer: memoryview, schema: _Schema) -> None:
    """Nothing, for a convolution with the padding, stride, groups and dilation of the paper's network."""
    expected = {"pad": 1 if name in CONVOLUTIONS else 0, "group": 1, "stride": 1, "dilation": 1}
    for field in fields(layer):
        if field.number != schema.convolution or field.wire_type != BYTES:
            continue
        found = {"pad": 0} | expected if name in DENSE else {**expected, "pad": 0}
        for part in fields(field.payload):
            if part.number in _CONVOLUTION_PARTS:
                numbers = _integers(part)
                found[_CONVOLUTION_PARTS[part.number]] = numbers[0] if numbers else 0
        for what, wanted in expected.items():
            if found[what] != wanted:
                raise UserError(
                    f"{file_name} is a changed VGG-16: {name} has {what} {found[what]}, the paper's network {wanted}."
                )


def _blob(file_name: str, name: str, message: memoryview) -> Tensor:
    """The blob's values in its own shape: BlobShape, else the four legacy dimensions, else one row."""
    shape: tuple[int, ...] = ()
    legacy = {1: 0, 2: 0, 3: 0, 4: 0}
    pieces: list[NDArray[np.float32]] = []
    for field in _blob_fields(message, pieces):
        if field.number == _SHAPE and field.wire_type == BYTES:
            shape = tuple(number for part in fields(field.payload) if part.number == 1 for number in _integers(part))
        elif field.number in legacy and field.wire_type == VARINT:
            legacy[field.number] = field.value
    shape = shape or tuple(legacy.values())
    count = sum(piece.size for piece in pieces)
    if not any(shape):
        shape = (count,)
    if not 0 < math.prod(shape) <= MAX_VALUES:
        raise UserError(f"{file_name} claims the shape {shape} for {name}; that cannot be VGG-16's.")
    if count != math.prod(shape):
        raise UserError(f"{file_name} has {count} values in {name}, but its shape {shape} needs {math.prod(shape)}.")
    values = np.empty(count, np.float32)  # the one copy; pieces are views of the mapped file
    position = 0
    for piece in pieces:
        with np.errstate(over="ignore"):  # too large a double becomes infinity, which the range check names
            values[position : position + piece.size] = piece
        position += piece.size
    return torch.from_numpy(values).reshape(shape)


def _blob_fields(message: memoryview, pieces: list[NDArray[np.float32]]) -> Iterator[WireField]:
    """The fields that are not values; the values, packed or not, go to `pieces` as they come."""
    position = 0
    while position < len(message):
        resume = None
        for field in fields(message, position):
            if field.number == _DATA and field.wire_type == FIXED32:
                values, resume = unpacked_floats(message, field.start)
                pieces.append(values)
                break
            if field.number == _DIFF and field.wire_type == FIXED32:
                _, resume = unpacked_floats(message, field.start)
                break
            if field.number in (_DATA, _DOUBLE_DATA) and field.wire_type in (BYTES, FIXED64):
                pieces.append(_packed(field))
            else:
                yield field
        if resume is None:
            return
        position = resume


def _packed(field: WireField) -> NDArray[np.float32]:
    kind = np.dtype("<f4") if field.number == _DATA else np.dtype("<f8")
    if len(field.payload) % kind.itemsize:
        raise InvalidMessageError("a list of values is cut off")
    return np.frombuffer(field.payload, kind)


def _integers(field: WireField) -> list[int]:
    """The numbers of a repeated integer field, packed or single."""
    if field.wire_type == VARINT:
        return [field.value]
    numbers, position = [], 0
    while position < len(field.payload):
        number, position = varint(field.payload, position)
        numbers.append(number)
    return numbers
