"""Which network a state_dict is of: every classifier of torchvision, with any number of outputs, or the nearest."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.torch_network import TorchNetwork
from dcsm_viewer.engine.weights.architectures.module_building import build_module, torchvision_module
from dcsm_viewer.engine.weights.architectures.recognition import recognise
from dcsm_viewer.engine.weights.architectures.signatures import shapes_of, torchvision_signatures
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_network import network_of
from research.torchvision_signatures import classifiers, signature

NETWORKS = (
    "resnet18", "resnet50", "densenet121", "googlenet", "inception_v3", "mobilenet_v2", "mobilenet_v3_small",
    "squeezenet1_1", "shufflenet_v2_x1_0", "mnasnet0_5", "regnet_y_400mf", "efficientnet_b0", "convnext_tiny",
    "vit_b_16", "swin_t", "vgg16_bn",
)  # fmt: skip
SOME = 6  # of torchvision's 80, beside the sixteen; all of them take a quarter of a minute


def weights_of(name: str, classes: int = 7) -> dict[str, Tensor]:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(torchvision_module(name, classes).state_dict())


def test_that_the_table_names_every_classifier_of_torchvision_and_its_shapes() -> None:
    table = {each.name.removeprefix("torchvision/"): each.shapes for each in torchvision_signatures()}
    assert sorted(table) == classifiers()
    for name in random.Random(0).sample(sorted(table), SOME):
        assert table[name] == signature(name), name


def test_that_no_two_networks_have_the_same_signature() -> None:
    table = [tuple(sorted(each.shapes.items())) for each in torchvision_signatures()]
    assert len(set(table)) == len(table)


@pytest.mark.parametrize("name", NETWORKS)
def test_that_a_network_is_recognised_from_its_state_dict_alone_and_gives_the_same_logits(
    name: str, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    module = torchvision_module(name, 7).eval()
    for parameter in module.parameters():
        if parameter.ndim > 1 and not bool(parameter.any()):  # ViT begins with a head of zeros, which is refused
            torch.nn.init.normal_(parameter, std=0.02)
    tensors = dict(module.state_dict())
    torch.save(
        {"state_dict": {f"model.{key}": tensor for key, tensor in tensors.items()}, "epoch": 3}, tmp_path / "n.pt"
    )
    weights = read_weights(tmp_path / "n.pt")
    assert weights.architecture == f"torchvision/{name}"
    assert weights.head == "softmax"
    assert f"This is torchvision's {name} with 7 outputs." in weights.notes
    built = build_module(weights.architecture, 7, weights.tensors)
    side = 224 if name == "vit_b_16" else 139 if name == "inception_v3" else 64
    pixels = torch.randn(1, 3, side, side)
    with torch.no_grad():
        assert torch.equal(built(pixels), module(pixels))
    assert not any(parameter.requires_grad for parameter in built.parameters())


def test_that_auxiliary_heads_may_be_missing() -> None:
    tensors = {key: tensor for key, tensor in weights_of("googlenet").items() if not key.startswith("aux")}
    found = recognise("net.pth", tensors)
    assert found.architecture == "torchvision/googlenet"
    build_module(found.architecture, found.classes, found.tensors)


def test_that_a_head_inside_a_sequential_is_understood() -> None:
    tensors = weights_of("resnet18")
    for part in ("weight", "bias"):
        tensors[f"fc.1.{part}"] = tensors.pop(f"fc.{part}")
    found = recognise("net.pth", tensors)
    assert (found.architecture, found.classes) == ("torchvision/resnet18", 7)
    assert found.notes == ("Its head 'fc.1' was read as 'fc'.",)


CHANGES: dict[str, tuple[Callable[[dict[str, Tensor]], object], str]] = {
    "one tensor missing": (lambda t: t.pop("layer2.0.conv1.weight"), "but it lacks layer2.0.conv1.weight;"),
    "another shape": (
        lambda t: t.update({"layer2.0.conv1.weight": torch.zeros(3)}),
        "but it has layer2.0.conv1.weight of (3,) and not (128, 64, 3, 3);",
    ),
    "one tensor more": (lambda t: t.update({"my.weight": torch.zeros(3)}), "but it holds my.weight besides;"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_that_the_nearest_network_is_named_with_the_first_keys_that_differ(what: str) -> None:
    change, words = CHANGES[what]
    tensors = weights_of("resnet18")
    change(tensors)
    with pytest.raises(UserError) as caught:
        recognise("net.pth", tensors)
    assert str(caught.value).startswith("net.pth is nearest to torchvision's resnet18 (")
    assert words in str(caught.value)


def test_that_a_named_architecture_is_compared_alone() -> None:
    with pytest.raises(UserError, match="nearest to torchvision's resnet34"):
        recognise("net.pth", weights_of("resnet18"), "torchvision/resnet34")
    assert recognise("net.pth", weights_of("resnet18"), "torchvision/resnet18").classes == 7
    with pytest.raises(UserError, match="torchvision has no network 'resnet19'"):
        recognise("net.pth", weights_of("resnet18"), "torchvision/resnet19")
    with pytest.raises(UserError, match="There is no architecture 'resnet18'; write torchvision/NAME"):
        recognise("net.pth", weights_of("resnet18"), "resnet18")


def test_that_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    tensors = weights_of("resnet18")
    tensors["layer1.0.conv1.weight"] = torch.full_like(tensors["layer1.0.conv1.weight"], float("nan"))
    torch.save(tensors, tmp_path / "net.pth")
    with pytest.raises(UserError, match=r"layer1\.0\.conv1\.weight"):
        read_weights(tmp_path / "net.pth")


def test_that_a_class_list_must_have_one_name_an_output(tmp_path: Path) -> None:
    torch.save(weights_of("resnet18"), tmp_path / "net.pth")
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    with pytest.raises(UserError, match=r"names\.txt names 2 classes, but net\.pth has 7 outputs"):
        read_weights(tmp_path / "net.pth", class_names_file=tmp_path / "names.txt")


def test_that_the_network_of_a_file_is_one_of_the_engine(tmp_path: Path) -> None:
    torch.save(weights_of("squeezenet1_1"), tmp_path / "net.pth")
    network = network_of(read_weights(tmp_path / "net.pth"))
    assert isinstance(network, TorchNetwork)
    assert network.classes == 7
    assert network.layer_names == ("features.4", "features.7", "features")


def test_that_counters_of_batch_normalisation_say_nothing_of_a_network() -> None:
    tensors = weights_of("resnet18")
    assert len(shapes_of(tensors)) == sum(not key.endswith("num_batches_tracked") for key in tensors)


def test_that_a_network_of_timms_is_built_where_its_architecture_is_named(tmp_path: Path) -> None:
    import timm  # type: ignore[import-not-found, unused-ignore]  # ships partial type information

    torch.manual_seed(0)
    module = timm.create_model("resnet10t", num_classes=5, zero_init_last=False).eval()
    torch.save(module.state_dict(), tmp_path / "net.pth")
    with pytest.raises(UserError):
        read_weights(tmp_path / "net.pth")
    weights = read_weights(tmp_path / "net.pth", architecture="timm/resnet10t")
    network = network_of(weights)
    assert isinstance(network, TorchNetwork)
    assert network.layer_names == ("layer2", "layer3", "layer4")
    assert "guided" not in network.undefined_methods
    pixels = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected = module(pixels)
    torch.testing.assert_close(network.forward(pixels).logits.mean((2, 3)), expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(UserError, match="timm has no network 'resnet10x'"):
        read_weights(tmp_path / "net.pth", architecture="timm/resnet10x")
