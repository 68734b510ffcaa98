"""MATLAB files as plain trees: structs become dictionaries, cells lists, text str, numbers arrays in MATLAB's order."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.io
from numpy.typing import NDArray

from dcsm_viewer.engine.weights.bounds import BROKEN_FILE, MOST_BYTES, MOST_VALUES
from dcsm_viewer.values import UserError

if TYPE_CHECKING:
    import h5py  # type: ignore[import-untyped] # h5py ships no type information

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | NDArray[Any]"

WANTED = ("layers", "net", "meta", "classes")
_HEADER_BYTES = 128
_COMPRESSED = 15
_DEEPEST = 12
_MOST_CELLS = 100_000


def read_matlab_5(path: Path) -> dict[str, Tree]:
    """The wanted variables of a v5 to v7 file, by scipy.

    Raises UserError for a damaged file or one that would unpack to more than any VGG-16 needs.
    """
    try:
        _check_unpacked_size(path)
        content: dict[str, Any] = scipy.io.loadmat(path, variable_names=WANTED, mat_dtype=False)
    except (zlib.error, *BROKEN_FILE):
        raise UserError(f"{path.name} is cut off or damaged and cannot be read; get the file again.") from None
    found = {name: content[name] for name in WANTED if name in content}
    content.clear()
    return {name: _tree_of(path.name, node) for name, node in found.items()}


def _check_unpacked_size(path: Path) -> None:
    """Nothing, for a file whose compressed variables unpack whole and to a bounded size; done in pieces."""
    total, size = 0, path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
        order: Any = {b"IM": "little", b"MI": "big"}.get(header[126:128])
        if order is None:
            raise ValueError("no byte order mark")
        while (tag := file.read(8)) != b"":
            kind, length = int.from_bytes(tag[:4], order), int.from_bytes(tag[4:], order)
            end = file.tell() + length
            if len(tag) < 8 or end > size:
                raise EOFError("a variable is cut off")
            if kind == _COMPRESSED:
                unpacker = zlib.decompressobj()
                while not unpacker.eof and (piece := file.read(min(2**20, end - file.tell()))):
                    while piece:
                        total += len(unpacker.decompress(piece, 2**22))
                        if total > MOST_BYTES:
                            raise UserError(
                                f"{path.name} would unpack to more than 3 GiB, which no VGG-16 needs; it was not read."
                            )
                        piece = unpacker.unconsumed_tail
                if not unpacker.eof:
                    raise EOFError("a compressed variable is cut off")
            file.seek(end)


def _tree_of(file_name: str, node: NDArray[Any], depth: int = 0) -> Tree:
    """A tree of what loadmat gave: (1, 1) record arrays, object arrays, character arrays, numbers."""
    if depth > _DEEPEST:
        raise UserError(f"{file_name} nests its variables deeper than any network does; give a MatConvNet network.")
    if not isinstance(node, np.ndarray):
        raise UserError(f"{file_name} holds a {type(node).__name__}, which no MatConvNet network does.")
    if node.dtype.names is not None:
        records = [
            {str(field): _tree_of(file_name, record[field], depth + 1) for field in node.dtype.names}
            for record in node.ravel("F")
        ]
        return _one_or_all(records)
    if node.dtype == object:
        return [_tree_of(file_name, item, depth + 1) for item in node.ravel("F")]
    if node.dtype.kind == "U":
        return "".join(str(line) for line in node.ravel())
    return node


def _one_or_all(records: list[dict[str, Tree]]) -> Tree:
    return records[0] if len(records) == 1 else list(records)


def read_matlab_73(path: Path) -> dict[str, Tree]:
    """The wanted variables of a v7.3 file (HDF5), by h5py, whose axes are the reverse of MATLAB's.

    Raises UserError if h5py is not installed, for a damaged file, and for links out of the file.
    """
    try:
        import h5py
    except ImportError:
        raise UserError(
            f"{path.name} is a MATLAB 7.3 file, which needs the package h5py: run 'pip install h5py', "
            "or save it in MATLAB with '-v7'."
        ) from None
    try:
        with h5py.File(path, "r") as file:
            reader = _Hdf5Reader(path.name, file)
            return {name: reader.tree(member) for name, member in reader.members(file) if name in WANTED}
    except UserError:
        raise
    except BROKEN_FILE:
        raise UserError(f"{path.name} is cut off or damaged and cannot be read; get the file again.") from None


class _Hdf5Reader:
    """Walks one open file and counts what it reads, because a few bytes of HDF5 can claim any size."""

    def __init__(self, file_name: str, file: h5py.File) -> None:
        import h5py

        self._h5py = h5py
        self._file_name, self._file = file_name, file
        self._values = self._cells = 0

    def tree(self, node: h5py.Group | h5py.Dataset, depth: int = 0) -> Tree:
        if depth > _DEEPEST:
            raise UserError(f"{self._file_name} nests its variables deeper than any network does.")
        if isinstance(node, self._h5py.Group):
            return {name: self.tree(member, depth + 1) for name, member in self.members(node)}
        array = self._values_of(node)
        kind = node.attrs.get("MATLAB_class", b"")
        if "MATLAB_empty" in node.attrs:  # the values are then the shape of nothing
            return [] if kind == b"cell" else np.empty((0, 0))
        if array.dtype == object:
            self._cells += array.size
            if self._cells > _MOST_CELLS:
                raise UserError(f"{self._file_name} holds more cells than any network has.")
            # Reversed axes read in C order are MATLAB's order.
            return [self.tree(self._file[reference], depth + 1) for reference in array.ravel()]
        if kind == b"char":
            return "".join(chr(code) for code in array.ravel())
        return array.transpose()

    def members(self, group: h5py.Group) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
        """Names and members; raises UserError for one that lies elsewhere."""
        for name in group:
            if not isinstance(group.get(name, getlink=True), self._h5py.HardLink):
                raise UserError(f"{self._file_name} links to data outside itself ({name}), which is not followed.")
            yield name, group[name]

    def _values_of(self, dataset: h5py.Dataset) -> NDArray[Any]:
        if not isinstance(dataset, self._h5py.Dataset):
            raise UserError(f"{self._file_name} holds something that is no MATLAB variable.")
        if dataset.external or dataset.is_virtual:
            raise UserError(f"{self._file_name} keeps values outside itself ({dataset.name}), which is not followed.")
        self._values += dataset.size or 0
        if self._values > MOST_VALUES:
            raise UserError(f"{self._file_name} claims more than {MOST_VALUES} values; that cannot be VGG-16.")
        values: NDArray[Any] = dataset[()]
        return np.asarray(values)
