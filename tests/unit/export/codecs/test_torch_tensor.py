"""Tensors written without torch are torch's own when torch reads them, and torch's own are read without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcsm_viewer.export.codecs.pickled_npy import DictionaryDamagedError, load_dictionary, save_dictionary
from dcsm_viewer.export.codecs.torch_tensor import TorchTensor, tensor_opcodes
from tests.samples import ROOT


def _maps(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def _saved(path: Path, **content: NDArray[np.generic] | TorchTensor) -> Path:
    with path.open("wb") as stream:
        save_dictionary(stream, content)
    return path


@settings(max_examples=30)  # files are written
@given(st.lists(st.integers(0, 4), max_size=4))
def test_that_torch_finds_a_tensor_of_any_shape(tmp_path_factory: pytest.TempPathFactory, shape: list[int]) -> None:
    maps = _maps(*shape)
    path = _saved(tmp_path_factory.mktemp("t") / "a.npy", cam=TorchTensor(maps), plain=maps)
    content = np.load(path, allow_pickle=True).item()
    assert isinstance(content["cam"], torch.Tensor)
    assert (content["cam"].dtype, content["cam"].device.type) == (torch.float32, "cpu")
    np.testing.assert_array_equal(content["cam"].numpy(), maps)
    np.testing.assert_array_equal(content["plain"], maps)


def test_that_class_ids_are_a_tensor_of_long(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.npy", keys=TorchTensor(np.array([1, 11])), cam=TorchTensor(_maps(2, 3, 4)))
    content = np.load(path, allow_pickle=True).item()
    assert torch.equal(content["keys"], torch.tensor([1, 11]))
    assert content["cam"].is_contiguous()
    content["cam"][0, 0, 0] = 7  # consumers divide and pad in place


def test_that_what_torch_pickled_is_read_without_torch(tmp_path: Path) -> None:
    whole = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    turned = whole.permute(0, 2, 1)[:, 1:]
    np.save(tmp_path / "a.npy", np.array({"keys": torch.tensor([3]), "cam": turned}, dtype=object))
    content = load_dictionary(tmp_path / "a.npy")
    np.testing.assert_array_equal(content["cam"].array, turned.numpy())
    assert content["keys"].array.tolist() == [3]


def test_that_neither_writing_nor_reading_loads_torch(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from dcsm_viewer.export.codecs.pickled_npy import load_dictionary, save_dictionary\n"
        "from dcsm_viewer.export.codecs.torch_tensor import TorchTensor\n"
        "path = Path(sys.argv[1])\n"
        "with path.open('wb') as stream: save_dictionary(stream, {'cam': TorchTensor(np.ones((2, 3), np.float32))})\n"
        "assert load_dictionary(path)['cam'].array.sum() == 6\n"
        "raise SystemExit('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.npy")]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_that_the_same_tensor_gives_the_same_bytes_at_every_address() -> None:
    maps = _maps(2, 3)
    assert tensor_opcodes(TorchTensor(maps)) == tensor_opcodes(TorchTensor(maps.copy()))


def test_that_other_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="a tensor of float64 is none that consumers read"):
        tensor_opcodes(TorchTensor(np.ones(3)))


@pytest.mark.parametrize("old", [b"FloatStorage", b"_load_from_bytes"])
def test_that_other_storages_and_functions_are_not_called(tmp_path: Path, old: bytes) -> None:
    path = _saved(tmp_path / "a.npy", cam=TorchTensor(_maps(2, 3)))
    path.write_bytes(path.read_bytes().replace(old, old[::-1]))
    with pytest.raises(DictionaryDamagedError, match="it asks for"):
        load_dictionary(path)


def test_that_a_tensor_larger_than_its_numbers_is_damage(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.npy", cam=TorchTensor(_maps(2, 3)))
    sizes = b"(K\x02K\x03t"
    stored = path.read_bytes()
    assert stored.count(sizes) == 1
    path.write_bytes(stored.replace(sizes, b"(K\x02K\x63t"))
    with pytest.raises(DictionaryDamagedError, match="does not fit"):
        load_dictionary(path)
