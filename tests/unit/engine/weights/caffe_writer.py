"""Caffe models written by Google's protobuf from the public schema's field numbers, new and legacy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from google.protobuf import (  # type: ignore[import-untyped] # its types are in a package of their own
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)
from torch import Tensor

from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE

Kind = descriptor_pb2.FieldDescriptorProto
# message -> (field, number, label, type or message name)
_SCHEMA: dict[str, tuple[tuple[str, int, str, str], ...]] = {
    "BlobShape": (("dim", 1, "packed", "int64"),),
    "BlobProto": (
        ("num", 1, "optional", "int32"),
        ("channels", 2, "optional", "int32"),
        ("height", 3, "optional", "int32"),
        ("width", 4, "optional", "int32"),
        ("data", 5, "{packing}", "float"),
        ("diff", 6, "{packing}", "float"),
        ("shape", 7, "optional", "BlobShape"),
        ("double_data", 8, "packed", "double"),
    ),
    "ParamSpec": (("name", 1, "optional", "string"),),
    "ConvolutionParameter": (
        ("num_output", 1, "optional", "uint32"),
        ("pad", 3, "repeated", "uint32"),
        ("kernel_size", 4, "repeated", "uint32"),
        ("group", 5, "optional", "uint32"),
        ("stride", 6, "repeated", "uint32"),
        ("dilation", 18, "repeated", "uint32"),
    ),
    "LayerParameter": (
        ("name", 1, "optional", "string"),
        ("type", 2, "optional", "string"),
        ("bottom", 3, "repeated", "string"),
        ("param", 6, "repeated", "ParamSpec"),
        ("blobs", 7, "repeated", "BlobProto"),
        ("convolution_param", 106, "optional", "ConvolutionParameter"),
    ),
    "V0LayerParameter": (("name", 1, "optional", "string"), ("type", 2, "optional", "string")),
    "V1LayerParameter": (
        ("layer", 1, "optional", "V0LayerParameter"),
        ("bottom", 2, "repeated", "string"),
        ("name", 4, "optional", "string"),
        ("type", 5, "optional", "int32"),  # an enum in the schema; the same on the wire
        ("blobs", 6, "repeated", "BlobProto"),
        ("convolution_param", 10, "optional", "ConvolutionParameter"),
    ),
    "NetParameter": (
        ("name", 1, "optional", "string"),
        ("layers", 2, "repeated", "V1LayerParameter"),
        ("input", 3, "repeated", "string"),
        ("layer", 100, "repeated", "LayerParameter"),
    ),
}


@cache
def _messages(packed: bool) -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name=f"caffe_{packed}.proto", package="caffe", syntax="proto2")
    for message_name, members in _SCHEMA.items():
        message = file.message_type.add(name=message_name)
        for name, number, label, kind in members:
            label = label.format(packing="packed" if packed else "repeated")
            field = message.field.add(name=name, number=number)
            field.label = Kind.LABEL_OPTIONAL if label == "optional" else Kind.LABEL_REPEATED
            if kind in _SCHEMA:
                field.type, field.type_name = Kind.TYPE_MESSAGE, f".caffe.{kind}"
            else:
                field.type = Kind.Type.Value(f"TYPE_{kind.upper()}")
                if label == "packed":
                    field.options.packed = True
                elif label == "repeated" and kind in ("float", "uint32"):
                    field.options.packed = False
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe.{name}")) for name in _SCHEMA}


def caffe_model(
    tensors: Mapping[str, Tensor],
    *,
    legacy: bool = False,
    packed: bool = True,
    old_dimensions: bool = False,
    doubles: bool = False,
    diffs: bool = False,
    inner_products: bool = False,
    deconvolutions: bool = False,
    authors_names: bool = True,
) -> Any:
    """A NetParameter. authors_names: fc6of and fc7of; inner_products: dense layers as matrices, as stock VGG-16."""
    messages = _messages(packed)
    net = messages["NetParameter"](name="VGG16")
    names = {"fc6": "fc6of", "fc7": "fc7of"} if authors_names else {}
    for name in (*CONVOLUTIONS, *DENSE):
        dense = name in DENSE
        layer = (net.layers if legacy else net.layer).add(name=names.get(name, name))
        layer.bottom.append("data")
        as_matrix = dense and inner_products
        layer.type = (14 if as_matrix else 4) if legacy else ("InnerProduct" if as_matrix else "Convolution")
        if not as_matrix:
            layer.convolution_param.num_output = tensors[f"{name}.bias"].numel()
            if not dense:
                layer.convolution_param.pad.append(1)
            layer.convolution_param.kernel_size.append(tensors[f"{name}.weight"].shape[-1])
        for part in ("weight", "bias"):
            tensor = tensors[f"{name}.{part}"]
            if as_matrix and part == "weight":
                tensor = tensor.flatten(1)
            fill_blob(layer.blobs.add(), tensor, old_dimensions=old_dimensions, doubles=doubles, diffs=diffs)
    if deconvolutions:
        for name in reversed((*CONVOLUTIONS, *DENSE)):
            layer = (net.layers if legacy else net.layer).add(name="d" + name.removeprefix("fc"))
            layer.type = 39 if legacy else "Deconvolution"
            fill_blob(layer.blobs.add(), tensors[f"{name}.weight"])
    return net


def fill_blob(
    blob: Any, tensor: Tensor, *, old_dimensions: bool = False, doubles: bool = False, diffs: bool = False
) -> None:
    values = tensor.flatten().tolist()
    (blob.double_data if doubles else blob.data).extend(values)
    if diffs:
        blob.diff.extend(values)
    if old_dimensions:
        blob.num, blob.channels, blob.height, blob.width = (1,) * (4 - tensor.ndim) + tuple(tensor.shape)
    else:
        blob.shape.dim.extend(tensor.shape)
