"""The pickled dictionaries other programs keep in .npy files: written for old readers, read without running code."""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.export.codecs.torch_tensor import TorchTensor, safe_globals, tensor_opcodes

# Protocol 3 names its globals in plain text; from 4 on they are counted strings.
_PROTOCOL = 3

# numpy 2 names its private module, which numpy 1 (the consumers' of 2018 to 2022) cannot import; the public name of
# then still loads in both.
_OLD_NAME = {"numpy._core.multiarray": "numpy.core.multiarray"}

_HARMLESS = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("collections", "OrderedDict"),
}


_DAMAGE = (
    pickle.UnpicklingError,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    AttributeError,
    struct.error,
)


class DictionaryDamagedError(Exception):
    """An .npy file that holds no dictionary of arrays, numbers and strings; its text says what it holds."""


def save_dictionary(stream: BinaryIO, content: Mapping[Any, NDArray[np.generic] | TorchTensor]) -> None:
    """Write what `numpy.load(..., allow_pickle=True).item()` reads as `content`, with numpy 1 and 2 alike.

    A TorchTensor is read as a torch.Tensor where torch is installed.
    """
    boxed = np.empty((), dtype=object)
    boxed[()] = dict(content)
    np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(boxed))
    pickled = io.BytesIO()
    pickler = _TensorsAside(pickled, protocol=_PROTOCOL)
    pickler.dump(boxed)
    stream.write(_finished(pickled.getvalue(), pickler.tensors))


def load_dictionary(path: Path) -> dict[Any, Any]:
    """Read the dictionary in the .npy file at `path`; its tensors are TorchTensors.

    Raises DictionaryDamagedError if it holds anything but arrays, tensors, numbers and strings.
    """
    try:
        stored = io.BytesIO(path.read_bytes())
        np.lib.format.read_magic(stored)
        np.lib.format.read_array_header_1_0(stored)
        boxed = _DataOnly(stored).load()
    except _DAMAGE as error:
        raise DictionaryDamagedError(str(error)) from error
    content = boxed.item() if isinstance(boxed, np.ndarray) and boxed.size == 1 else boxed
    if not isinstance(content, dict):
        raise DictionaryDamagedError(f"it holds a {type(content).__name__}, not a dictionary")
    return content


class _TensorsAside(pickle.Pickler):
    """Leaves a numbered place for each TorchTensor, which pickle could only fill with torch loaded."""

    def __init__(self, stream: BinaryIO, protocol: int) -> None:
        super().__init__(stream, protocol=protocol)
        self.tensors: list[TorchTensor] = []

    def persistent_id(self, obj: Any) -> int | None:
        if not isinstance(obj, TorchTensor):
            return None
        self.tensors.append(obj)
        return len(self.tensors) - 1


class _DataOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        tensors = safe_globals()
        if (module, name) in tensors:
            return tensors[module, name]
        if (module, name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no data")
        return super().find_class(module, name)


def _finished(pickled: bytes, tensors: Sequence[TorchTensor]) -> bytes:
    """`pickled` with numpy's old names, and `tensors` in the places left for them."""
    pieces, done, number_at, number = [], 0, 0, 0
    for opcode, argument, index in pickletools.genops(pickled):
        assert index is not None
        if opcode.name == "GLOBAL":
            module, name = str(argument).split(" ")
            if module in _OLD_NAME:
                pieces += [pickled[done:index], f"c{_OLD_NAME[module]}\n{name}\n".encode()]
                done = index + len(f"c{module}\n{name}\n")
        elif opcode.name == "BINPERSID":
            pieces += [pickled[done:number_at], tensor_opcodes(tensors[number])]
            done = index + 1
        elif isinstance(argument, int):
            number_at, number = index, argument
    return b"".join([*pieces, pickled[done:]])
