"""Tools and baselines on a module of the user's: Grad-CAM at its last layer, randomised weights, three rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision  # type: ignore[import-untyped]  # ships no type information
from torch import Tensor, nn

from dcsm_viewer.core.settings import AttributionMethod, Settings
from dcsm_viewer.core.types import Request, SourceImage
from dcsm_viewer.engine.analysis.randomized_network import WeightRandomizer
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import Model, ModelCache, torch_model
from dcsm_viewer.engine.networks.class_head import SoftmaxClasses
from dcsm_viewer.engine.networks.input_spec import TORCHVISION
from dcsm_viewer.engine.networks.torch_network import wrap_module
from dcsm_viewer.queries.gradient_query import GradientAnswer, GradientQuestion
from dcsm_viewer.queries.query import Answer, Query, Report
from dcsm_viewer.queries.randomization_query import RandomizationQuestion, RandomizationSeries

NAMES = ("cat", "dog", "bicycle")


def model_of(kind: str) -> Model:
    torch.manual_seed(0)
    module: nn.Module = torchvision.models.get_model(kind, weights=None, num_classes=3)
    for parameter in module.parameters():
        if parameter.ndim > 1 and not bool(parameter.any()):
            torch.nn.init.normal_(parameter, std=0.02)
    module.train()
    return torch_model("mine", wrap_module(module, TORCHVISION), SoftmaxClasses(NAMES), "digest")


def engine_of(model: Model) -> Engine:
    cache = ModelCache()
    cache.hold(model)
    return Engine(cache)


def request(method: AttributionMethod = "guided") -> Request:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    settings = Settings(model="mine", device="cpu")
    chosen = replace(settings.method, scales=(96,), canvas_px=100, threshold=0.0, attribution=method)
    settings = replace(settings, method=chosen, crf=replace(settings.crf, enabled=False))
    return Request(1, SourceImage.of(pixels, name="image"), settings, focus=1)


@pytest.mark.parametrize("kind", ["resnet18", "swin_t", "vit_b_16"])
def test_that_grad_cam_is_the_activations_weighted_by_their_mean_gradients(kind: str) -> None:
    model = model_of(kind)
    assert isinstance(model.network.module, nn.Module)  # type: ignore[attr-defined]  # a TorchNetwork
    module = model.network.module  # type: ignore[attr-defined]
    gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
    result = engine_of(model).settle(request("gradcam"))
    assert result.layers == (model.network.layer_names[-1],)
    maps = result.raw[96, result.layers[0]]
    assert maps.shape[0] == 3
    assert float(maps.max()) == pytest.approx(1, abs=1e-5)
    assert {name: parameter.grad for name, parameter in module.named_parameters()} == gradients
    assert not any(each._forward_hooks for each in module.modules())
    assert module.training


def test_that_the_top_layers_of_a_module_are_drawn_and_the_module_stays() -> None:
    model = model_of("resnet18")
    module = model.network.module  # type: ignore[attr-defined]  # a TorchNetwork
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    randomizer = WeightRandomizer(model, seed=1)
    assert randomizer.layers[0] == "fc"
    assert randomizer.layers[-1] == "conv1"
    drawn = randomizer.model_with(3)
    weights: dict[str, Tensor] = drawn.network.module.state_dict()  # type: ignore[attr-defined]
    changed = {name.rpartition(".")[0] for name, tensor in weights.items() if not torch.equal(tensor, before[name])}
    # The batch normalisation between them begins with equal factors, whose spread is 0.
    assert randomizer.layers[:3] == ("fc", "layer4.1.bn2", "layer4.1.conv2")
    assert changed == {"fc", "layer4.1.conv2"}
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


def test_that_the_randomization_test_answers_for_a_module() -> None:
    question = RandomizationQuestion(class_id=1, seed=0, first=1)
    heard: list[Report] = []
    wanted = iter([True] * 60)
    engine_of(model_of("resnet18")).answer(Query(1, request(), question), lambda: next(wanted, False), heard.append)
    series = [each.value for each in heard if isinstance(each, Answer)]
    assert series
    last = series[-1]
    assert isinstance(last, RandomizationSeries)
    assert {0, 1} <= set(last.steps)


def test_that_the_gradient_inspector_shows_the_chosen_layers_of_a_module() -> None:
    heard: list[Report] = []
    question = GradientQuestion(class_id=1, scale=96, unit=None)
    assert engine_of(model_of("resnet18")).answer(Query(1, request(), question), lambda: True, heard.append)
    (answer,) = [each.value for each in heard if isinstance(each, Answer) and each.is_last]
    assert isinstance(answer, GradientAnswer)
    assert answer.layers == ("layer4", "layer3", "layer2", "input")
    assert set(answer.gradients) == {"guided", "gradient", "deconvnet"}
