"""Archives of arrays that are damaged, encrypted or something else are refused in a sentence."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.npz_arrays import arrays_in


def _archive(member: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("labels.npy", member)
    return stream.getvalue()


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


WHOLE = _archive(_npy(np.arange(6).reshape(2, 3)))
CENTRAL = WHOLE.index(b"PK\x01\x02")


def _changed(at: int, *values: int) -> bytes:
    return WHOLE[:at] + bytes(values) + WHOLE[at + len(values) :]


def test_that_the_arrays_asked_for_come_out(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(WHOLE)
    found = arrays_in(tmp_path / "a.npz", ("labels", "q"))
    assert list(found) == ["labels"]
    np.testing.assert_array_equal(found["labels"], [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    "stored",
    [
        b"no archive",
        WHOLE[:-30],
        _npy(np.arange(3)),
        _changed(CENTRAL + 10, 99),  # a method of compression nobody has
        _changed(CENTRAL + 6, 99),  # a version of zip nobody has
        _changed(CENTRAL + 8, 1),  # said to be encrypted
        _archive(b"\x93NUMPY\x01\x00\x16\x00{'descr': (((((((((((\n"),
        _archive(_npy(np.zeros(3)).replace(b"(3,)", b"(3 ,").replace(b"}", b"(")),
        _archive(b"\x93NUMPY"),
    ],
    ids=["text", "cut off", "npy", "method", "version", "encrypted", "header", "shape", "short"],
)
def test_that_what_cannot_be_read_is_one_sentence(tmp_path: Path, stored: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(stored)
    with pytest.raises(UserError, match=r"a\.npz (cannot be read \(|is no archive).*; export the image once more\.$"):
        arrays_in(tmp_path / "a.npz", ("labels",))
