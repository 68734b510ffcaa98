"""MATLAB's v7.3 files, which are HDF5, by h5py where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.bounds import MAX_BYTES, PARSE_ERRORS
from dcsm_viewer.engine.weights.formats.matlab_tree import MAX_DEPTH, WANTED, Tree

if TYPE_CHECKING:
    import h5py  # type: ignore[import-untyped] # h5py ships no type information

# A network has some 400; links can go round in circles and would be followed for ever.
_MOST_NODES = 100_000


def read_matlab_73(path: Path) -> dict[str, Tree]:
    """Read the wanted variables of a v7.3 file; HDF5 holds the axes of MATLAB's arrays reversed.

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
    except PARSE_ERRORS:
        raise UserError(f"{path.name} is cut off or damaged and cannot be read; get the file again.") from None


class _Hdf5Reader:
    """Walks one open file and counts what it reads, because a few bytes of HDF5 can claim any size."""

    def __init__(self, file_name: str, file: h5py.File) -> None:
        import h5py

        self._h5py = h5py
        self._file_name, self._file = file_name, file
        self._bytes = self._nodes = 0

    def tree(self, node: h5py.Group | h5py.Dataset, depth: int = 0) -> Tree:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > _MOST_NODES:
            raise UserError(f"{self._file_name} nests more variables than any network does; it was not read.")
        if isinstance(node, self._h5py.Group):
            return {name: self.tree(member, depth + 1) for name, member in self.members(node)}
        array = self._values_of(node)
        kind = node.attrs.get("MATLAB_class", b"")
        if "MATLAB_empty" in node.attrs:  # the values are then the shape of nothing
            return [] if kind == b"cell" else np.empty((0, 0))
        if array.dtype == object:
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
        self._bytes += (dataset.size or 0) * dataset.dtype.itemsize
        if self._bytes > MAX_BYTES:
            raise UserError(
                f"{self._file_name} claims more than {MAX_BYTES >> 20} MB, which no VGG-16 needs; it was not read."
            )
        values: NDArray[Any] = dataset[()]
        return np.asarray(values)
