from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import CAFFE, TORCHVISION
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weight_interpolation import interpolate, write_interpolated
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from tests.networks import random_vgg_tensors


def weights(seed: int) -> WeightsFile:
    tensors = {name: torch.from_numpy(array).float() for name, array in random_vgg_tensors(seed, 3).items()}
    names = tuple(f"class {index}" for index in range(tensors["fc8.bias"].numel()))
    return WeightsFile(
        "vgg16", tensors, names, CAFFE, ceil_mode=True, digest=f"{seed}" * 64, source=f"made from {seed}"
    )


def test_that_a_blend_is_so_much_of_the_one_and_the_rest_of_the_other(tmp_path: Path) -> None:
    first, second = weights(1), weights(2)
    interpolate_tensors = interpolate(first, second, 0.75)
    for name, tensor in interpolate_tensors.tensors.items():
        expected = 0.75 * first.tensors[name].double() + 0.25 * second.tensors[name].double()
        assert torch.allclose(tensor.double(), expected, rtol=0, atol=1e-6), name
    digest = write_interpolated(tmp_path / "mixed.safetensors", interpolate_tensors, half=False)
    read = read_weights(tmp_path / "mixed.safetensors")
    assert read.digest == digest
    assert read.class_names == first.class_names
    assert read.recipe == {
        "blended": {"share": 0.75, "first_sha256": first.digest, "second_sha256": second.digest},
    }
    assert all(torch.equal(read.tensors[name], tensor) for name, tensor in interpolate_tensors.tensors.items())


def test_that_all_of_the_first_and_none_of_it_are_the_two_themselves() -> None:
    first, second = weights(1), weights(2)
    for share, whole in ((1.0, first), (0.0, second)):
        interpolate_tensors = interpolate(first, second, share).tensors
        assert all(torch.equal(interpolate_tensors[name], tensor) for name, tensor in whole.tensors.items())


def test_that_half_precision_takes_half_the_bytes(tmp_path: Path) -> None:
    interpolate_tensors = interpolate(weights(1), weights(2), 0.5)
    for name, half in (("whole", False), ("half", True)):
        write_interpolated(tmp_path / f"{name}.safetensors", interpolate_tensors, half=half)
    assert (tmp_path / "half.safetensors").stat().st_size < 0.7 * (tmp_path / "whole.safetensors").stat().st_size


def test_that_networks_that_do_not_match_are_refused() -> None:
    first = weights(1)
    narrow = dict(first.tensors) | {"fc8.bias": torch.zeros(1)}
    with pytest.raises(UserError, match=r"fc8\.bias is"):
        interpolate(first, replace(first, tensors=narrow), 0.5)
    with pytest.raises(UserError, match="two sets of weights of one network"):
        interpolate(first, replace(first, convention=TORCHVISION), 0.5)
    with pytest.raises(UserError, match="between 0 and 1"):
        interpolate(first, first, 1.1)


@pytest.mark.parametrize("content", [b"", b"mine", b"\x02\0\0\0\0\0\0\0{}", b"\xff" * 64])
def test_that_a_file_that_holds_no_weights_of_ours_is_not_replaced(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mixed.safetensors"
    path.write_bytes(content)
    interpolate_tensors = interpolate(weights(1), weights(2), 0.5)
    with pytest.raises(UserError, match="holds no weights that this program wrote, so it stays"):
        write_interpolated(path, interpolate_tensors, half=False)
    assert path.read_bytes() == content


def test_that_an_earlier_blend_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "mixed.safetensors"
    write_interpolated(path, interpolate(weights(1), weights(2), 0.5), half=False)
    digest = write_interpolated(path, interpolate(weights(1), weights(2), 0.25), half=False)
    assert read_weights(path).digest == digest
