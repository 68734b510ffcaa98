"""Files cut at any byte, or with bytes changed: read, or refused in one sentence, nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.read import read_weights
from tests.unit.engine.weights.test_formats_agree import WRITERS
from tests.unit.engine.weights.vgg import random_vgg

FORMS = (
    "caffe",
    "caffe, legacy, unpacked, diffs",
    "mat v7",
    "mat v5",
    "mat v7.3",
    "state_dict",
    "state_dict, legacy",
    "safetensors, ours",
)
CUTS = 24


@cache
def whole(form: str) -> tuple[str, bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("net.mat" if "mat" in form else "net.bin")
        WRITERS[form](path, random_vgg(widths=(2,) * 15))
        return path.name, path.read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_that_a_file_cut_anywhere_is_refused_in_one_sentence(form: str, tmp_path: Path) -> None:
    name, data = whole(form)
    for cut in sorted({*range(1, 9), *range(16, len(data), len(data) // CUTS), len(data) - 1}):
        (tmp_path / name).write_bytes(data[:cut])
        try:
            read_weights(tmp_path / name)
        except UserError as error:
            assert "\n" not in str(error), cut  # noqa: PT017 - a cut may also only touch what nobody reads
            continue
        assert cut > len(data) // 2, f"{form} was read although cut at {cut} of {len(data)} bytes"


# torch warns of a pickle whose damaged first bytes name another protocol, before it refuses it.
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("form", FORMS)
# A busy machine makes files slow to write, which says nothing about the readers.
@settings(max_examples=40)
@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8))
def test_that_changed_bytes_are_read_or_refused_in_one_sentence(form: str, changes: list[tuple[float, int]]) -> None:
    name, data = whole(form)
    damaged = bytearray(data)
    for share, value in changes:
        damaged[int(share * len(data))] = value
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(damaged)
        try:
            read = read_weights(path)
        except UserError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most changes hit a value, and the file stays readable
            return
    assert len(read.tensors) == 32
