"""The same network in every format gives the same tensors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from dcsm_viewer.engine.networks.input_spec import CAFFE, TORCHVISION
from dcsm_viewer.engine.networks.vgg16 import Vgg16
from dcsm_viewer.engine.weights.formats.safetensors_file import write_safetensors
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from tests.tolerances import of_sums
from tests.unit.engine.weights.caffe_writer import caffe_model
from tests.unit.engine.weights.matlab_writer import simplenn, write_v5, write_v73
from tests.unit.engine.weights.vgg import as_torchvision, random_vgg


def caffe(**how: Any) -> Callable[[Path, dict[str, Tensor]], object]:
    return lambda path, tensors: path.write_bytes(caffe_model(tensors, **how).SerializeToString())


def torch_file(**how: Any) -> Callable[[Path, dict[str, Tensor]], None]:
    return lambda path, tensors: torch.save(as_torchvision(tensors), path, **how)


def wrapped(path: Path, tensors: dict[str, Tensor]) -> None:
    torch.save({"epoch": 3, "state_dict": {f"module.{key}": t for key, t in as_torchvision(tensors).items()}}, path)


def ours(path: Path, tensors: dict[str, Tensor]) -> None:
    write_safetensors(path, WeightsFile("vgg16", tensors, ("a", "b", "c"), CAFFE, True, "", "a test"))


WRITERS: dict[str, Callable[[Path, dict[str, Tensor]], object]] = {
    "caffe": caffe(),
    "caffe, unpacked floats": caffe(packed=False),
    "caffe, legacy layers": caffe(legacy=True, old_dimensions=True),
    "caffe, legacy, unpacked, diffs": caffe(legacy=True, old_dimensions=True, packed=False, diffs=True),
    "caffe, stock matrices": caffe(inner_products=True, authors_names=False),
    "caffe, legacy stock matrices": caffe(legacy=True, old_dimensions=True, inner_products=True, authors_names=False),
    "caffe, doubles": caffe(doubles=True),
    "caffe, deploy net with deconvolutions": caffe(deconvolutions=True, diffs=True),
    "caffe, legacy deploy net": caffe(deconvolutions=True, legacy=True),
    "mat v7": lambda path, tensors: write_v5(path, simplenn(tensors)),
    "mat v5": lambda path, tensors: write_v5(path, simplenn(tensors), compress=False),
    "mat v7, weights cell": lambda path, tensors: write_v5(path, simplenn(tensors, new_form=True)),
    "mat v7.3": lambda path, tensors: write_v73(path, simplenn(tensors)),
    "mat v7.3, weights cell": lambda path, tensors: write_v73(path, simplenn(tensors, new_form=True)),
    "state_dict": torch_file(),
    "state_dict, legacy": torch_file(_use_new_zipfile_serialization=False),
    "state_dict, wrapped": wrapped,
    "state_dict, canonical names": lambda path, tensors: torch.save(tensors, path),
    "safetensors, bare": lambda path, tensors: save_file(as_torchvision(tensors), path),
    "safetensors, ours": ours,
}


@pytest.mark.parametrize("form", WRITERS)
def test_that_every_format_gives_the_tensors_that_were_written(form: str, tmp_path: Path) -> None:
    tensors, path = random_vgg(), tmp_path / "weights"
    WRITERS[form](path if "mat" not in form else path.with_suffix(".mat"), tensors)
    path = next(tmp_path.iterdir())

    read = read_weights(path)

    assert read.architecture == "vgg16"
    assert read.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read.tensors[name].dtype == torch.float32
        torch.testing.assert_close(read.tensors[name], tensor, rtol=0, atol=0)


def test_that_the_network_gives_the_same_logits_from_every_format(tmp_path: Path) -> None:
    tensors = {name: tensor * 0.3 for name, tensor in random_vgg().items()}
    image = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    expected = Vgg16.of(tensors, CAFFE).forward(image).logits
    # The tensors are equal, but lie in memory in other ways, and convolutions add up in the order that suits them. The
    # longest sums are fc6's, over 7 x 7 positions of its input channels.
    allowed = of_sums(float(expected.abs().max()), tensors["fc6.weight"][0].numel())

    for index, (form, write) in enumerate(WRITERS.items()):
        path = tmp_path / (f"{index}.mat" if "mat" in form else f"{index}.bin")
        write(path, tensors)
        found = Vgg16.of(read_weights(path).tensors, CAFFE).forward(image).logits
        torch.testing.assert_close(found, expected, rtol=0, atol=allowed)


@pytest.mark.parametrize(
    ("pad", "rounds_up"), [((0, 1, 0, 1), True), ((0, 0, 0, 0), False), ((0,), False), (None, True)]
)
@pytest.mark.parametrize("write", [write_v5, write_v73])
def test_that_pools_round_as_their_padding_says(
    write: Callable[..., Path], pad: tuple[float, ...] | None, rounds_up: bool, tmp_path: Path
) -> None:
    path = write(tmp_path / "net.mat", simplenn(random_vgg(), pad=pad))

    assert read_weights(path).ceil_mode is rounds_up


def test_that_caffe_rounds_up_and_torchvision_down(tmp_path: Path) -> None:
    for form, rounds_up, convention in (("caffe", True, CAFFE), ("state_dict", False, TORCHVISION)):
        WRITERS[form](tmp_path / form, random_vgg())

        read = read_weights(tmp_path / form)

        assert (read.ceil_mode, read.convention) == (rounds_up, convention)


def test_that_deconvolutions_are_counted_in_the_notes(tmp_path: Path) -> None:
    WRITERS["caffe, deploy net with deconvolutions"](tmp_path / "net", random_vgg())

    assert "16 Deconvolution layers that repeat shared weights were left out." in read_weights(tmp_path / "net").notes


def test_that_half_precision_is_read_as_float32(tmp_path: Path) -> None:
    tensors = {key: tensor.half() for key, tensor in as_torchvision(random_vgg()).items()}
    torch.save(tensors, tmp_path / "half.pth")

    read = read_weights(tmp_path / "half.pth")

    torch.testing.assert_close(read.tensors["conv1_1.weight"], tensors["features.0.weight"].float(), rtol=0, atol=0)


def test_that_a_single_output_survives_matlab_dropping_its_dimension(tmp_path: Path) -> None:
    tensors = random_vgg(classes=1)
    layers = simplenn(tensors)
    for layer in layers:
        if layer["type"] == "conv" and layer["name"] == "fc8":
            layer["filters"] = layer["filters"][..., 0]

    read = read_weights(write_v5(tmp_path / "one.mat", layers))

    torch.testing.assert_close(read.tensors["fc8.weight"], tensors["fc8.weight"], rtol=0, atol=0)
