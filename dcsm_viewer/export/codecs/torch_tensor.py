"""torch's tensors inside pickles, written and read without torch: IRN's family calls `.cuda()` on what it loads."""

from __future__ import annotations

import io
import math
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# How torch.save wrote storages before its zip files, and still does inside a pickle: five pickles, then the numbers.
_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_MACHINE = {"protocol_version": _VERSION, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 8}}
# torch takes the storage's address, which differs in every run; any text is allowed.
_KEY = "0"
_KINDS: dict[str, np.dtype[np.float32] | np.dtype[np.int64]] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
}


@dataclass(frozen=True, slots=True)
class TorchTensor:
    """A CPU tensor of float32 or int64, as the array of its values."""

    array: NDArray[np.generic]


def tensor_opcodes(tensor: TorchTensor) -> bytes:
    """Pickle opcodes, for the middle of a stream of protocol 3, that leave a torch.Tensor on the stack.

    They call torch._utils._rebuild_tensor_v2, which torch has had since 0.4 and what its own pickles call. They touch
    no memo, so they fit into any stream.
    """
    array = np.ascontiguousarray(tensor.array)
    storage = _stored(array)
    strides = tuple(step // array.itemsize for step in array.strides)
    return b"".join([
        b"ctorch._utils\n_rebuild_tensor_v2\n(",
        b"ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(storage)) + storage + b"\x85R",
        _number(0),
        _numbers(array.shape),
        _numbers(strides),
        b"\x89ccollections\nOrderedDict\n)RtR",  # needs no gradient, has no hooks
    ])  # fmt: skip


def safe_globals() -> dict[tuple[str, str], Callable[..., Any]]:
    """Return functions by (module, name) that replace torch's own on loading, for float32 and int64, without torch."""
    return {("torch._utils", "_rebuild_tensor_v2"): _rebuilt, ("torch.storage", "_load_from_bytes"): _loaded}


def _stored(array: NDArray[np.generic]) -> bytes:
    kind = next((name for name, dtype in _KINDS.items() if dtype == array.dtype), None)
    if kind is None:
        raise TypeError(f"a tensor of {array.dtype} is none that consumers read")
    headings = b"".join(pickle.dumps(each, protocol=2) for each in (_MAGIC, _VERSION, _MACHINE))
    named = b"(" + _text("storage") + f"ctorch\n{kind}\n".encode() + _text(_KEY) + _text("cpu")
    storage = b"\x80\x02" + named + _number(array.size) + b"NtQ."
    values: bytes = np.asarray(array, dtype=_KINDS[kind]).tobytes()
    return headings + storage + pickle.dumps([_KEY], protocol=2) + struct.pack("<q", array.size) + values


def _loaded(stored: bytes) -> NDArray[np.generic]:
    stream = io.BytesIO(stored)
    if _Bare(stream).load() != _MAGIC or _Bare(stream).load() != _VERSION:
        raise pickle.UnpicklingError("it holds a tensor of another kind of file")
    _Bare(stream).load()
    kind, count = _Bare(stream).load()
    _Bare(stream).load()
    (again,) = struct.unpack("<q", stream.read(8))
    if again != count:
        raise pickle.UnpicklingError(f"a tensor of {again} numbers, not the {count} it says")
    values: NDArray[np.generic] = np.frombuffer(stream.read(), dtype=_KINDS[kind], count=count)
    return values


def _rebuilt(
    storage: NDArray[np.generic], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_rest: object
) -> TorchTensor:
    last = offset + sum((count - 1) * step for count, step in zip(size, stride, strict=True))
    if math.prod(size) and not 0 <= offset <= last < storage.size:
        raise pickle.UnpicklingError(f"a tensor of {size} does not fit into its {storage.size} numbers")
    steps = [step * storage.itemsize for step in stride]
    view = np.lib.stride_tricks.as_strided(storage[offset:], size, steps, writeable=False)
    return TorchTensor(view.copy())


class _Bare(pickle.Unpickler):
    """Numbers, texts, lists, and the description of one storage: its kind and length."""

    def find_class(self, module: str, name: str) -> str:
        if module != "torch" or name not in _KINDS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no tensor consumers read")
        return name

    def persistent_load(self, pid: Any) -> tuple[str, int]:
        _word, kind, _key, _location, count, *_rest = pid
        return str(kind), int(count)


def _text(word: str) -> bytes:
    return b"X" + struct.pack("<I", len(word)) + word.encode()


def _number(value: int) -> bytes:
    return pickle.dumps(value, protocol=2)[2:-1]


def _numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(_number(value) for value in values) + b"t"
