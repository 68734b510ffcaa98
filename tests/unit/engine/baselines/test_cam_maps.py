"""Grad-CAM and FinerCAM: the modules against our own networks and the maps against the formula."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import BaselineName, ClassChoice, Settings
from dcsm_viewer.core.types import Request, SourceImage, UserError
from dcsm_viewer.engine.baselines.cam_maps import baseline_maps
from dcsm_viewer.engine.baselines.torch_modules import class_logits, to_torch_module
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import Model, load_model, model_of
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.runtime.device import choose
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from tests.networks import random_vgg_tensors

CPU = choose("cpu", "float32")
NAMES = ("a", "b", "c", "d", "e")


def small_vgg(*, ceil_mode: bool = True) -> Model:
    tensors = {name: torch.tensor(value).float() for name, value in random_vgg_tensors(7, len(NAMES)).items()}
    return model_of("small", WeightsFile("vgg16", tensors, NAMES, CAFFE, ceil_mode, "", "a test"), "voc", CPU)


def noise(side: int) -> Tensor:
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(side))


@pytest.mark.parametrize("ceil_mode", [True, False])
@pytest.mark.parametrize("side", [224, 231])
def test_that_the_vgg_module_gives_our_networks_logits(side: int, ceil_mode: bool) -> None:
    model, x = small_vgg(ceil_mode=ceil_mode), noise(side) * 50
    expected = class_logits(model.class_head, model.network.forward(x).logits)
    torch.testing.assert_close(to_torch_module(model)(x).detach(), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("vocabulary", ["voc", "imagenet"])
def test_that_the_efficientnet_module_gives_our_networks_logits(vocabulary: str) -> None:
    model = load_model("efficientnet-lite0", vocabulary, CPU)  # type: ignore[arg-type]  # of the list above
    x = noise(97)
    expected = class_logits(model.class_head, model.network.forward(x).logits)
    torch.testing.assert_close(to_torch_module(model)(x).detach(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("baseline", ["gradcam", "finercam"])
def test_that_a_missing_extra_is_one_sentence(baseline: BaselineName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytorch_grad_cam", None)
    image = SourceImage.of(np.zeros((40, 50, 3), np.uint8), name="black")
    method = replace(PRESETS[baseline], scales=(64,), canvas_px=100)
    settings = Settings(method=method, choice=ClassChoice(image_labels=(3,)), device="cpu", precision="float32")
    with pytest.raises(UserError, match=r"pip install dcsm-viewer\[baselines\]"):
        Engine().settle(Request(0, image, settings))


def test_that_a_torchvision_of_another_torch_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("operator torchvision::nms does not exist")

    for name in ("pytorch_grad_cam", "torchvision.ops"):
        monkeypatch.setitem(sys.modules, name, Broken(name))
    monkeypatch.setattr("torchvision.ops", Broken("torchvision.ops"))
    with pytest.raises(UserError, match="install the torchvision that belongs to this PyTorch"):
        next(baseline_maps("gradcam", small_vgg(), noise(224), (0,), lambda _: None))


def test_that_grad_cam_is_the_features_weighted_by_their_mean_gradients() -> None:
    model, x = small_vgg(), noise(224) * 50
    module = to_torch_module(model)
    kept: list[Tensor] = []
    module.features.register_forward_hook(lambda _module, _x, y: kept.append(y))
    logits = module(x)
    compared = 0
    for class_id, maps in baseline_maps("gradcam", model, x, range(len(NAMES)), lambda _: None):
        (gradient,) = torch.autograd.grad(logits[0, class_id], kept[0], retain_graph=True)
        expected = (gradient.mean((2, 3), keepdim=True) * kept[0]).sum(1).clamp(min=0)[0].detach()
        found = maps["relu5_3"]
        assert found.shape == x.shape[2:]
        # The package enlarges bilinearly from 14 to 224 px: the mean of the four middle pixels is the value itself,
        # but for the scale (each map is made to run from 0 to 1).
        centres = found.unfold(0, 16, 16).unfold(1, 16, 16)[:, :, 7:9, 7:9].mean((2, 3))
        if float(expected.max()) == 0:  # every position speaks against the class
            assert float(found.max()) == 0
            continue
        correlation = float(torch.corrcoef(torch.stack([centres.flatten(), expected.flatten()]))[0, 1])
        assert correlation > 0.999, class_id
        compared += 1
    assert compared >= 2


def test_that_finercam_differs_from_grad_cam_and_stays_within_its_range() -> None:
    model, x = small_vgg(), noise(224) * 50
    plain = dict(baseline_maps("gradcam", model, x, (0, 1), lambda _: None))
    finer = dict(baseline_maps("finercam", model, x, (0, 1), lambda _: None))
    for class_id in (0, 1):
        found = finer[class_id]["relu5_3"]
        assert 0 <= float(found.min()) <= float(found.max()) <= 1
        assert not torch.allclose(found, plain[class_id]["relu5_3"])
