"""Checkpoints as training scripts and wrappers of a network leave them: imported, or refused by one sentence."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.read import read_weights
from tests.unit.engine.weights.vgg import as_torchvision, random_vgg

Tensors = dict[str, Tensor]


def network(classes: int = 3, seed: int = 0) -> Tensors:
    return as_torchvision(random_vgg(classes, seed))


def under(prefix: str) -> Tensors:
    return {f"{prefix}{key}": tensor for key, tensor in network().items()}


def with_step(owner: str, step: str) -> Tensors:
    return {key.replace(f"{owner}.", f"{owner}.{step}.", 1): tensor for key, tensor in network().items()}


def other() -> Tensors:
    return network(seed=1)


IMPORTED: dict[str, Callable[[], object]] = {
    "plain": network,
    "DataParallel": lambda: under("module."),
    "compiled": lambda: under("_orig_mod."),
    "compiled DataParallel": lambda: under("_orig_mod.module."),
    "DataParallel of compiled": lambda: under("module._orig_mod."),
    "DataParallel of the features": lambda: with_step("features", "module"),
    "compiled classifier": lambda: with_step("classifier", "_orig_mod"),
    "Lightning": lambda: {"state_dict": under("model."), "pytorch-lightning_version": "2.5"},
    "Lightning, compiled": lambda: {"state_dict": under("model._orig_mod.")},
    "ImageNet example": lambda: {"epoch": 3, "state_dict": under("module."), "optimizer": {}},
    "tutorial": lambda: {"epoch": 3, "model_state_dict": network(), "optimizer_state_dict": {"state": {}}, "loss": 0.3},
    "network and average": lambda: {"model_ema": other(), "model": network()},
    "average alone": lambda: {"state_dict_ema": network(), "epoch": 1},
    "AveragedModel": lambda: {"model_ema": {"n_averaged": torch.tensor(3), **under("module.")}},
    "net": lambda: {"net": network(), "acc": 91.0, "epoch": 2},
    "weights": lambda: {"weights": network()},
    "nested": lambda: {"model": {"state_dict": network()}},
    "Parameter": lambda: {key: torch.nn.Parameter(tensor) for key, tensor in network().items()},
}


@pytest.mark.parametrize("variant", IMPORTED)
def test_that_a_checkpoint_gives_the_tensors_of_its_network(variant: str, tmp_path: Path) -> None:
    torch.save(IMPORTED[variant](), tmp_path / "net.pth")

    read = read_weights(tmp_path / "net.pth")

    assert set(read.tensors) == set(random_vgg())
    for name, tensor in random_vgg().items():
        assert torch.equal(read.tensors[name], tensor)
    assert any("Input convention: torchvision's" in note for note in read.notes)


@pytest.mark.parametrize("how", [{"_use_new_zipfile_serialization": False}, {}])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_that_every_float_type_is_read_from_both_containers(
    dtype: torch.dtype, how: dict[str, Any], tmp_path: Path
) -> None:
    saved = {key: tensor.to(dtype) for key, tensor in network().items()}
    torch.save(saved, tmp_path / "net.pth", **how)

    read = read_weights(tmp_path / "net.pth")

    assert torch.equal(read.tensors["fc7.bias"], saved["classifier.3.bias"].float())


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "model."])
@pytest.mark.parametrize("metadata", [None, {"format": "pt", "note": "x"}])
def test_that_safetensors_of_wrappers_are_read_alike(
    prefix: str, metadata: dict[str, str] | None, tmp_path: Path
) -> None:
    save_file(under(prefix), tmp_path / "net.safetensors", metadata)

    read = read_weights(tmp_path / "net.safetensors")

    assert torch.equal(read.tensors["conv5_3.weight"], random_vgg()["conv5_3.weight"])
    assert any("Input convention: torchvision's" in note for note in read.notes)


def with_nan() -> Tensors:
    tensors = network()
    tensors["features.0.weight"][0, 0, 0, 0] = float("nan")
    return tensors


def holding_itself() -> dict[str, object]:
    content: dict[str, object] = {}
    content["model"] = content
    return content


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "NaN": (with_nan, r"has NaN or infinity in conv1_1.weight; .+\.$"),
    "list": (lambda: [network()], r"holds a list, .+; save the state_dict alone\.$"),
    "number": (lambda: {"model": {}, "epoch": 3}, r"holds an empty state_dict; save .+\.$"),
    "unknown name": (lambda: {"vgg": network()}, r"under 'vgg' is a dict, .+; save the network's state_dict alone\.$"),
    "itself": (holding_itself, r"under 'model' is a dict, .+; save the network's state_dict alone\.$"),
    "whole module": (lambda: torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), r"running code \(torch.nn.+\).+; save .+"),
    "Namespace": (
        lambda: {"state_dict": network(), "args": argparse.Namespace(lr=0.1)},
        r"running code \(argparse.Namespace\).+; save the plain state_dict .+\.$",
    ),
    "NumPy scalar": (
        lambda: {"state_dict": network(), "best": np.float64(3.2)},
        r"running code \(numpy\..+scalar\).+; save the plain state_dict .+\.$",
    ),
    "two networks": (
        lambda: under("student.") | under("teacher."),
        r"several networks \(keys under 'student\.' and 'teacher\.'\); save the state_dict of one of them\.$",
    ),
    "once wrapped, once not": (lambda: network() | under("module."), r"holds 'features.0.weight' twice, .+; save .+"),
    "more than the network": (
        lambda: {"state_dict": {**under("model."), "loss.weight": torch.ones(3)}},
        r"holds 'loss.weight' beside the network under 'model\.'; save the network's state_dict alone\.$",
    ),
}


@pytest.mark.parametrize("variant", REFUSED)
def test_that_what_is_no_network_is_refused_with_a_remedy(variant: str, tmp_path: Path) -> None:
    made, sentence = REFUSED[variant]
    torch.save(made(), tmp_path / "net.pth")

    with pytest.raises(UserError, match=r"^net\.pth .*" + sentence):
        read_weights(tmp_path / "net.pth")


def test_that_another_pickle_protocol_is_refused_with_a_remedy(tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "net.pth", pickle_protocol=4)

    with pytest.raises(UserError, match=r"^net\.pth .+; save it with torch.save's default protocol\.$"):
        read_weights(tmp_path / "net.pth")


def test_that_a_torchscript_program_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that it will give up TorchScript
        torch.jit.save(torch.jit.script(torch.nn.Conv2d(3, 4, 3)), tmp_path / "net.pt")

    with pytest.raises(UserError, match=r"^net\.pt is a TorchScript program, .+; save the state_dict"):
        read_weights(tmp_path / "net.pt")


def test_that_a_note_says_which_of_network_and_average_was_taken(tmp_path: Path) -> None:
    torch.save(IMPORTED["network and average"](), tmp_path / "both.pth")
    torch.save(IMPORTED["average alone"](), tmp_path / "alone.pth")

    both, alone = (read_weights(tmp_path / f"{name}.pth").notes for name in ("both", "alone"))

    assert any("('model') and its moving average ('model_ema'): 'model' was taken" in note for note in both)
    assert any("are the moving average in 'state_dict_ema'" in note for note in alone)


@pytest.mark.parametrize(
    ("classes", "note"),
    [
        (1, "The one class has no name"),
        (7, "The 7 classes have no names"),
        (254, "The 254 classes have no names"),
        (255, "255 classes are more than the 254 that a mask of 8 bits can hold"),
        (300, "300 classes are more than the 254 that a mask of 8 bits can hold"),
    ],
)
def test_that_the_number_of_classes_is_said(classes: int, note: str, tmp_path: Path) -> None:
    torch.save(network(classes), tmp_path / "net.pth")

    read = read_weights(tmp_path / "net.pth")

    assert len(read.class_names) == classes
    assert any(note in sentence for sentence in read.notes)
    assert any("8 bits" in sentence for sentence in read.notes) == (classes > 254)


def test_that_more_classes_than_a_mask_can_hold_are_refused(tmp_path: Path) -> None:
    torch.save(network(65535), tmp_path / "net.pth")

    with pytest.raises(UserError, match=r"^net\.pth has 65535 classes, and masks hold at most 65534; give a network"):
        read_weights(tmp_path / "net.pth")
