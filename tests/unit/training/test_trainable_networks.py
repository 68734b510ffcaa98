"""What is trained is what runs: the trainable networks give the engine's logits."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from dcsm_viewer.engine.networks.efficientnet_lite import EfficientNetLite
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.networks.vgg16 import Vgg16
from dcsm_viewer.engine.weights.validate import validated_efficientnet
from dcsm_viewer.training.trainable.trainable_lite import TrainableLite
from dcsm_viewer.training.trainable.trainable_vgg16 import TrainableVgg16
from tests.networks import random_vgg_tensors, real_lite0_tensors


@cache
def lite0() -> dict[str, Tensor]:
    """The packaged weights in float64 with a classifier of 7 outputs, so that the test is quick."""
    tensors = {name: torch.tensor(values) for name, values in real_lite0_tensors().items() if "num_batches" not in name}
    return tensors | {"_fc.weight": tensors["_fc.weight"][:7], "_fc.bias": tensors["_fc.bias"][:7]}


def vgg() -> dict[str, Tensor]:
    return {name: torch.tensor(values) for name, values in random_vgg_tensors(1, 5).items()}


def test_that_the_trainable_lite_gives_the_engines_logits_on_odd_sizes() -> None:
    x = torch.randn((1, 3, 97, 130), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = EfficientNetLite.of(lite0()).forward(x).logits
    found = TrainableLite.of(lite0()).double()
    found.load_state_dict(lite0(), strict=False)  # in double, as .of made them single
    torch.testing.assert_close(found(x), expected, rtol=1e-9, atol=1e-9)
    found.freeze(11)
    torch.testing.assert_close(found(x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("ceil_mode", [True, False])
def test_that_the_trainable_vgg16_gives_the_engines_logits(*, ceil_mode: bool) -> None:
    x = torch.randn((1, 3, 231, 260), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = Vgg16.of(vgg(), CAFFE, ceil_mode=ceil_mode).forward(x).logits
    found = TrainableVgg16.of(vgg(), ceil_mode=ceil_mode).double()
    found.load_state_dict(vgg())
    torch.testing.assert_close(found.eval()(x), expected, rtol=1e-9, atol=1e-9)


def test_that_a_step_of_training_reaches_the_engine_through_the_tensors() -> None:
    network = TrainableLite.of(lite0())
    network.freeze(14)
    x = torch.randn((2, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    body, head = network.groups()
    optimiser = torch.optim.SGD([*body, *head], lr=0.01)
    network(x).amax((2, 3)).sum().backward()
    optimiser.step()
    tensors = validated_efficientnet("trained", network.tensors())
    assert not torch.equal(tensors["_blocks.15._bn1.weight"], lite0()["_blocks.15._bn1.weight"].float())
    expected = EfficientNetLite.of(tensors).forward(x[:1]).logits
    torch.testing.assert_close(network(x)[:1].detach(), expected, rtol=1e-4, atol=1e-4)


def test_that_frozen_blocks_and_the_statistics_of_batch_normalisation_stay_as_they_were() -> None:
    network = TrainableLite.of(lite0())
    network.freeze(15)
    network.train()
    body, head = network.groups()
    network(torch.randn((2, 3, 64, 64), generator=torch.Generator().manual_seed(0))).sum().backward()
    torch.optim.SGD([*body, *head], lr=0.1).step()
    for name, tensor in network.tensors().items():
        moved = not torch.equal(tensor, lite0()[name].float())
        is_upper = name.startswith(("_blocks.15", "_conv_head", "_bn1", "_fc"))
        assert moved == (is_upper and not name.endswith(("running_mean", "running_var"))), name


def test_that_vggs_frozen_convolutions_are_not_trained_and_dropout_is_only_for_training() -> None:
    network = TrainableVgg16.of(vgg())
    network.freeze(3)
    trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert {name.split(".")[0] for name in vgg()} - {name.split(".")[0] for name in trained} == {
        "conv1_1",
        "conv1_2",
        "conv2_1",
    }
    x = torch.randn((1, 3, 200, 200), generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    assert not torch.equal(network.train()(x), network(x))
    assert torch.equal(network.eval()(x), network(x))
