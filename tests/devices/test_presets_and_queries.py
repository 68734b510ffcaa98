"""Every preset and query, with the CRF, on a pretend cuda and a pretend mps, against the CPU.

`pytest tests/devices -s` prints the table.
"""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np
import pytest
import torch

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import ClassChoice, Settings, Vocabulary
from dcsm_viewer.core.types import Request, Result
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import Model, ModelCache, model_of
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.runtime.device import Compute
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.queries.canvas_query import CanvasQuestion
from dcsm_viewer.queries.faithfulness_query import FaithfulnessQuestion
from dcsm_viewer.queries.gradient_query import GradientQuestion
from dcsm_viewer.queries.matrix_query import MatrixQuestion
from dcsm_viewer.queries.pixel_query import PixelQuestion
from dcsm_viewer.queries.query import Answer, Query, Question, Report
from dcsm_viewer.queries.randomization_query import RandomizationQuestion
from tests.devices.pretend import pretended
from tests.results import make_image
from tests.unit.engine.analysis.stages import NAMES, vgg_tensors

Device = Literal["cpu", "cuda", "mps"]
# Every preset on a small VGG-16; two on the default network, which takes seconds each under a Python dispatch mode.
PRESETS_OF = (*((preset, "small-vgg16") for preset in PRESETS), ("tuned", "lite0-voc"), ("caffe", "lite0-voc"))
SCALE = 224
QUESTIONS = (
    PixelQuestion(10, 10),
    MatrixQuestion(),
    GradientQuestion(1, SCALE),
    FaithfulnessQuestion(1, steps=2),
    RandomizationQuestion(1),
    CanvasQuestion(),
)
# The same float32 operations on the same CPU, but for how products are grouped; and the CRF sums in another order.
LARGEST_DIFFERENCE = 1e-4
# Ten mean-field steps amplify rounding where two labels nearly tie; the labels themselves have to be equal.
LARGEST_Q_DIFFERENCE = 1e-2


class WithSmallVgg(ModelCache):
    def get(self, name: str, vocabulary: Vocabulary, compute: Compute) -> Model:
        if name != "small-vgg16":
            return super().get(name, vocabulary, compute)
        weights = {each: torch.tensor(value, dtype=torch.float32) for each, value in vgg_tensors().items()}
        file = WeightsFile("vgg16", weights, NAMES, CAFFE, True, "made", "a test")
        return model_of(name, file, vocabulary, replace(compute, note=""))


def request(preset: str, network: str, device: Device) -> Request:
    method = replace(PRESETS[preset], canvas_px=SCALE, scales=(SCALE,))  # type: ignore[index]  # a preset's name
    choice = ClassChoice(image_labels=(1, 3))
    settings = Settings(method=method, model=network, choice=choice, device=device, precision="float32")
    return Request(1, make_image(48, 64), settings, focus=1)


def settled(preset: str, network: str, device: Device) -> Result:
    return Engine(WithSmallVgg()).settle(request(preset, network, device))


@cache
def on_cpu(preset: str, network: str) -> Result:
    return settled(preset, network, "cpu")


@pytest.mark.parametrize(("preset", "network"), PRESETS_OF)
@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_that_a_preset_gives_on_the_device_what_it_gives_on_the_cpu(name: Device, preset: str, network: str) -> None:
    here = on_cpu(preset, network)
    with pretended(name):
        there = settled(preset, network, name)
    assert there.device == name
    assert not there.notes or there.notes == here.notes
    assert here.segmentation is not None
    assert there.segmentation is not None
    difference = float(np.abs(here.class_maps - there.class_maps).max(initial=0))
    # Under `paper` this small network's classes have nothing of their own; the raw maps are compared in any case.
    assert here.class_maps.max() > 0 or preset == "paper"
    for key, maps in here.raw.items():
        scale = float(np.abs(maps).max())
        np.testing.assert_allclose(there.raw[key], maps, rtol=0, atol=LARGEST_DIFFERENCE * scale)
        assert scale > 0
    if here.segmentation.q is not None:
        assert there.segmentation.q is not None
        np.testing.assert_allclose(there.segmentation.q, here.segmentation.q, rtol=0, atol=LARGEST_Q_DIFFERENCE)
    equal = float((here.segmentation.labels == there.segmentation.labels).mean())
    sys.stdout.write(f"\n| {preset} | {network} | {name} | {difference:.1e} | {equal:.2%} |")  # the table
    assert difference <= LARGEST_DIFFERENCE
    assert equal == 1


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: type(question).__name__)
@pytest.mark.parametrize("network", ["small-vgg16"])
@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_that_a_query_is_answered_on_the_device_as_on_the_cpu(name: Device, network: str, question: Question) -> None:
    here = answered(question, network, "cpu")
    with pretended(name):
        there = answered(question, network, name)
    difference = largest_difference(here, there)
    sys.stdout.write(f"\n| {type(question).__name__} | {network} | {name} | {difference:.1e} |")  # the table
    assert difference <= LARGEST_DIFFERENCE


def answered(question: Question, network: str, device: Device) -> Any:
    reports: list[Report] = []
    assert Engine(WithSmallVgg()).answer(
        Query(1, request("tuned", network, device), question), lambda: True, reports.append
    )
    last = reports[-1]
    assert isinstance(last, Answer)
    assert last.failure is None
    return last.value


def largest_difference(one: Any, other: Any) -> float:
    """Of arrays and numbers inside, relative to the largest of each array where that exceeds 1."""
    if isinstance(one, np.ndarray | float):
        a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
        return float(np.nanmax(np.abs(a - b), initial=0)) / max(1.0, float(np.nanmax(np.abs(a), initial=0)))
    if is_dataclass(one) and not isinstance(one, type):
        if isinstance(one, Request | Settings):
            return 0.0
        return max(
            (largest_difference(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)), default=0
        )
    if isinstance(one, dict):
        return max((largest_difference(one[key], other[key]) for key in one), default=0)
    if isinstance(one, tuple | list):
        return max((largest_difference(a, b) for a, b in zip(one, other, strict=True)), default=0)
    return 0.0
