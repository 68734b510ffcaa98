"""Our parser of MATLAB 5 files against scipy's, and against bytes written by hand where scipy writes no such."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.formats.matlab_5 import read_matlab_5

KINDS = ("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_that_numbers_of_every_class_and_shape_are_read_as_scipy_reads_them(
    kind: str, compress: bool, tmp_path: Path
) -> None:
    shapes = ((1, 1), (3, 1), (1, 5), (2, 3), (3, 3, 4, 2), (0, 0), (2, 0, 3))
    cells = np.empty((1, len(shapes)), object)
    for index, shape in enumerate(shapes):
        cells[0, index] = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    scipy.io.savemat(tmp_path / "a.mat", {"layers": cells, "other": 3.0}, do_compression=compress)

    tree: Any = read_matlab_5(tmp_path / "a.mat")

    assert tree.keys() == {"layers"}
    expected = scipy.io.loadmat(tmp_path / "a.mat")["layers"]
    for index in range(len(shapes)):
        assert tree["layers"][index].dtype == expected[0, index].dtype
        np.testing.assert_array_equal(tree["layers"][index], expected[0, index])


def test_that_structs_cells_and_text_become_dictionaries_lists_and_strings(tmp_path: Path) -> None:
    records = np.array([(1.0, "a"), (2.0, "b")], dtype=[("number", "f8"), ("name", "O")])
    inner = np.empty((1, 2), object)
    inner[0, 0], inner[0, 1] = "été", np.array([[7.0]])
    scipy.io.savemat(tmp_path / "a.mat", {"net": {"layers": inner, "name": "VGG"}, "meta": records, "classes": ""})

    tree: Any = read_matlab_5(tmp_path / "a.mat")

    assert tree["net"]["name"] == "VGG"
    assert tree["net"]["layers"][0] == "été"
    assert float(tree["net"]["layers"][1][0, 0]) == 7
    assert [record["name"] for record in tree["meta"]] == ["a", "b"]
    assert tree["classes"] == ""


def element(kind: int, data: bytes, order: str = ">") -> bytes:
    return struct.pack(order + "II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(kind: int, shape: tuple[int, ...], content: bytes, *, order: str = ">", flags: int = 0) -> bytes:
    """A variable named layers, by hand."""
    parts = element(6, struct.pack(order + "II", flags << 8 | kind, 0), order)
    parts += element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return element(14, parts + element(1, b"layers", order) + content, order)


def big_endian(*variables: bytes) -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI" + b"".join(variables)


def test_that_big_endian_numbers_stored_in_a_smaller_type_keep_their_class(tmp_path: Path) -> None:
    stored = element(3, struct.pack(">4h", 1, -2, 300, 4))  # doubles that are whole numbers, kept as int16
    (tmp_path / "a.mat").write_bytes(big_endian(array(6, (2, 2), stored)))

    found: Any = read_matlab_5(tmp_path / "a.mat")["layers"]

    assert found.dtype.kind == "f"
    assert found.dtype.itemsize == 8
    np.testing.assert_array_equal(found, [[1, 300], [-2, 4]])


def test_that_functions_and_objects_become_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(big_endian(array(16, (1, 1), b"")))

    found: Any = read_matlab_5(tmp_path / "a.mat")["layers"]

    assert found.size == 0


def nested(depth: int) -> bytes:
    content = array(6, (1, 1), element(9, struct.pack(">d", 1)))
    for _ in range(depth):
        content = array(1, (1, 1), content)
    return content


def compressed(variable: bytes, *, lie: int = 0) -> bytes:
    """lie: how many bytes more the variable is said to have than it unpacks to."""
    declared = variable[:4] + struct.pack(">I", len(variable) - 8 + lie) + variable[8:]
    packed = zlib.compress(declared)
    return struct.pack(">II", 15, len(packed)) + packed


ONE = array(6, (1, 1), element(9, struct.pack(">d", 1)))
DAMAGED = {
    "more values than the shape has": big_endian(array(6, (1, 1), element(9, struct.pack(">2d", 1, 2)))),
    "a negative size": big_endian(array(6, (-1, -1), element(9, struct.pack(">d", 1)))),
    "more cells than fit": big_endian(array(1, (1000, 1000, 1000), b"")),
    "a cell that is no array": big_endian(array(1, (1, 1), element(9, struct.pack(">d", 1)))),
    "nested without end": big_endian(nested(40)),
    "an unknown type": big_endian(array(6, (1, 1), element(77, bytes(8)))),
    "field names without length": big_endian(array(2, (1, 1), element(5, struct.pack(">i", 0)) + element(1, b""))),
    "more records than fit": big_endian(
        array(2, (9999, 9999), element(5, struct.pack(">i", 4)) + element(1, b"a\0\0\0b\0\0\0"))
    ),
    "a small element that is too long": big_endian(struct.pack(">HHI", 7, 14, 0)),
    "a variable that unpacks to more than it says": big_endian(compressed(ONE, lie=-16)),
    "a variable that unpacks to less than it says": big_endian(compressed(ONE, lie=16)),
    "no byte order": b"MATLAB 5.0 MAT-file".ljust(200),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_that_a_damaged_structure_is_refused(what: str, tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(DAMAGED[what])

    with pytest.raises(UserError, match=r"a\.mat is cut off or damaged"):
        read_matlab_5(tmp_path / "a.mat")


def test_that_the_compressed_variable_is_whole_without_a_lie(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(big_endian(compressed(ONE)))

    assert read_matlab_5(tmp_path / "a.mat")["layers"] == 1
