"""MatConvNet networks written by scipy (v5, v7) and, laid out as MATLAB does, by h5py (v7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped] # h5py ships no type information
import numpy as np
import scipy.io
from torch import Tensor

from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE, POOLED

Layer = dict[str, Any]


def simplenn(
    tensors: Mapping[str, Tensor], *, pad: tuple[float, ...] | None = (0, 1, 0, 1), new_form: bool = False
) -> list[Layer]:
    """Cells 1..37 of gpconv.mat's kind; pad is that of the pools, None to leave it out."""
    layers: list[Layer] = []
    for name in (*CONVOLUTIONS, *DENSE):
        filters = tensors[f"{name}.weight"].numpy().transpose(2, 3, 1, 0)
        biases = tensors[f"{name}.bias"].numpy().reshape(1, -1)
        weights = {"weights": [filters, biases]} if new_form else {"filters": filters, "biases": biases}
        convolution = {"type": "conv", "name": name, "stride": 1.0, "pad": 1.0 if name in CONVOLUTIONS else 0.0}
        layers.append(convolution | weights)
        if name != "fc8":
            layers.append({"type": "relu", "name": f"relu{name[4:]}"})
        if name in POOLED:
            pool: Layer = {"type": "pool", "name": f"pool{name[4]}", "method": "max", "pool": [2.0, 2.0], "stride": 2.0}
            layers.append(pool if pad is None else pool | {"pad": list(pad)})
    layers.append({"type": "sigmoid", "name": "sigmoid"})
    return layers


def write_v5(path: Path, layers: list[Layer], *, compress: bool = True, **variables: Any) -> Path:
    """A v7 file, or v5 without compression: the variable 'layers' is a row of cells."""
    cells = np.empty((1, len(layers)), object)
    for index, layer in enumerate(layers):
        cells[0, index] = {key: _for_scipy(value) for key, value in layer.items()}
    scipy.io.savemat(path, {"layers": cells, **variables}, do_compression=compress)
    return path


def _for_scipy(value: Any) -> Any:
    if not (isinstance(value, list) and isinstance(value[0], np.ndarray)):
        return value
    cell = np.empty((1, len(value)), object)
    for index, item in enumerate(value):
        cell[0, index] = item
    return cell


def write_v73(path: Path, layers: list[Layer]) -> Path:
    """A v7.3 file: 512 bytes of text, then HDF5; axes reversed, cells as references into #refs#, text as uint16."""
    with h5py.File(path, "w", userblock_size=512) as file:
        writer = _Hdf5Writer(file)
        cells = np.empty((len(layers), 1), h5py.ref_dtype)
        for index, layer in enumerate(layers):
            cells[index, 0] = writer.struct(layer).ref
        file.create_dataset("layers", data=cells, dtype=h5py.ref_dtype).attrs["MATLAB_class"] = np.bytes_("cell")
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(124) + b"\x00\x02IM"
    with path.open("rb+") as file:
        file.write(header)
    return path


class _Hdf5Writer:
    def __init__(self, file: h5py.File) -> None:
        self._references = file.create_group("#refs#")
        self._count = 0

    def struct(self, layer: Layer) -> h5py.Group:
        group = self._references.create_group(self._name())
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        for key, value in layer.items():
            self._write(group, key, value)
        return group

    def _write(self, group: h5py.Group, key: str, value: Any) -> h5py.Dataset:
        if isinstance(value, str):
            codes = np.array([[ord(character)] for character in value], np.uint16)
            dataset, kind = group.create_dataset(key, data=codes), "char"
        elif (
            isinstance(value, list) and not value
        ):  # MATLAB writes the shape of an empty cell as its values, and a mark
            dataset, kind = group.create_dataset(key, data=np.array([0, 0], np.uint64)), "cell"
            dataset.attrs["MATLAB_empty"] = np.uint8(1)
        elif isinstance(value, list) and isinstance(value[0], np.ndarray):
            cells = np.empty((len(value), 1), h5py.ref_dtype)
            for index, item in enumerate(value):
                cells[index, 0] = self._write(self._references, self._name(), item).ref
            dataset, kind = group.create_dataset(key, data=cells, dtype=h5py.ref_dtype), "cell"
        else:
            array = np.atleast_2d(np.asarray(value))
            dataset = group.create_dataset(key, data=array.T)
            kind = {"float32": "single", "float64": "double"}.get(str(array.dtype), str(array.dtype))
        dataset.attrs["MATLAB_class"] = np.bytes_(kind)
        return dataset

    def _name(self) -> str:
        self._count += 1
        return f"r{self._count}"
