"""Ways to break a weights file: each function gives a writer that leaves a broken file at a path."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped] # h5py ships no type information
import numpy as np
import torch
from safetensors.torch import save, save_file

from dcsm_viewer.engine.weights.packaged import LITE0
from tests.unit.engine.weights.caffe_writer import caffe_model, fill_blob
from tests.unit.engine.weights.matlab_writer import Layer, simplenn, write_v5, write_v73
from tests.unit.engine.weights.vgg import as_torchvision, random_vgg

Tensors = dict[str, torch.Tensor]
Write = Callable[[Path], object]


class Bomb:
    """Unpickled, it would leave a file behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def trace_of(path: Path) -> Path:
    return path.with_name("code-was-run")


def content(data: bytes) -> Write:
    return lambda path: path.write_bytes(data)


def state_dict(change: Callable[[Tensors], object], **how: Any) -> Write:
    """torchvision's keys, after `change`."""

    def write(path: Path) -> None:
        tensors = as_torchvision(random_vgg())
        change(tensors)
        torch.save(tensors, path, **how)

    return write


def safetensors(change: Callable[[Tensors], object]) -> Write:
    def write(path: Path) -> None:
        tensors = as_torchvision(random_vgg())
        change(tensors)
        save_file(tensors, path)

    return write


def put(key: str, value: Callable[[torch.Tensor], object]) -> Callable[[Tensors], object]:
    def change(tensors: Any) -> None:
        tensors[key] = value(tensors[key])

    return change


def swap(tensors: Tensors) -> None:
    for part in ("weight", "bias"):
        first, second = f"features.5.{part}", f"features.10.{part}"
        tensors[first], tensors[second] = tensors[second], tensors[first]


def caffe(change: Callable[[Any], object], **how: Any) -> Write:
    """The authors' layers, after `change` of the message."""

    def write(path: Path) -> None:
        net = caffe_model(random_vgg(), **how)
        change(net)
        path.write_bytes(net.SerializeToString())

    return write


def caffe_swapped(net: Any) -> None:
    """conv5_2 and conv5_3 exchanged: every shape still fits."""
    net.layer[11].name, net.layer[12].name = net.layer[12].name, net.layer[11].name


def caffe_renamed(net: Any) -> None:
    for number, layer in enumerate(net.layer):
        layer.name = f"conv{number}"


def caffe_same_widths(path: Path) -> None:
    net = caffe_model(random_vgg(widths=(8,) * 15))
    caffe_swapped(net)
    path.write_bytes(net.SerializeToString())


def mat(change: Callable[[list[Layer]], object], write: Callable[..., Path] = write_v5) -> Write:
    def writer(path: Path) -> None:
        layers = simplenn(random_vgg())
        change(layers)
        write(path, layers)

    return writer


def mat_cell(number: int, **values: Any) -> Callable[[list[Layer]], object]:
    return lambda layers: layers[number - 1].update(values)


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, 2))
        archive.writestr("archive/data/0", bytes(40_000_000))


def expanded(tensors: Tensors) -> None:
    """One value that claims to be a hundred million."""
    tensors["classifier.0.weight"] = torch.zeros(1).expand(9, 392)


def huge_hdf5(path: Path) -> None:
    """A dataset of a thousand billion values that takes no room in the file."""
    write_v73(path, simplenn(random_vgg()))
    with h5py.File(path, "r+") as file:
        name = next(iter(file["#refs#"]))
        del file["#refs#"][name]["filters"]
        dataset = file["#refs#"][name].create_dataset("filters", (10**6, 10**6), "f4", chunks=(1000, 1000))
        dataset.attrs["MATLAB_class"] = np.bytes_("single")


def borrowed_hdf5(path: Path) -> None:
    """Filters whose values lie in another file."""
    write_v73(path, simplenn(random_vgg()))
    with h5py.File(path, "r+") as file:
        group = file["#refs#"][next(iter(file["#refs#"]))]
        del group["filters"]
        dataset = group.create_dataset("filters", (4, 3, 3, 3), "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])
        dataset.attrs["MATLAB_class"] = np.bytes_("single")


def circular_hdf5(path: Path) -> None:
    """Structs that hold themselves ten times over."""
    write_v73(path, simplenn(random_vgg()))
    with h5py.File(path, "r+") as file:
        group = file.create_group("meta")
        for number in range(10):
            group[f"again{number}"] = group


def outward_hdf5(path: Path) -> None:
    write_v73(path, simplenn(random_vgg()))
    with h5py.File(path, "r+") as file:
        name = next(iter(file["#refs#"]))
        del file["#refs#"][name]["filters"]
        file["#refs#"][name]["filters"] = h5py.ExternalLink("/etc/passwd", "/")


def pickled_bomb(path: Path, *, protocol: int) -> None:
    path.write_bytes(pickle.dumps({"features.0.weight": Bomb(trace_of(path))}, protocol))


def torch_bomb(path: Path, *, zipped: bool) -> None:
    torch.save({"features.0.weight": Bomb(trace_of(path))}, path, _use_new_zipfile_serialization=zipped)


def tar_bomb(path: Path) -> None:
    data = pickle.dumps(Bomb(trace_of(path)), 2)
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("storages")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))


def torchscript(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", b"\x80\x02}.")
        archive.writestr("net/constants.pkl", b"\x80\x02).")


def header_of(**header: Any) -> Write:
    """Our safetensors with a header of our own making."""
    good = {
        "form": 1,
        "architecture": "vgg16",
        "class_names": ["a", "b", "c"],
        "convention": {"order": "bgr", "mean": [1.0, 2.0, 3.0], "std": [1.0, 1.0, 1.0]},
        "ceil_mode": True,
        "source": "a test",
    }
    return lambda path: path.write_bytes(save(random_vgg(), {"dcsm_viewer": json.dumps(good | header)}))


def cut(write: Write, share: float) -> Write:
    def writer(path: Path) -> None:
        write(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return writer


def efficientnet(key: str, value: torch.Tensor) -> Write:
    return lambda path: torch.save(dict(LITE0.weights().tensors) | {key: value}, path)


def flattened(blob: Any) -> None:
    values = torch.tensor(list(blob.data))
    blob.Clear()
    fill_blob(blob, values.reshape(6, -1))


def nothing(_: Any) -> None:
    pass


def refilled(blob: Any) -> None:
    blob.Clear()
    fill_blob(blob, torch.ones(11, 8 * 36))
