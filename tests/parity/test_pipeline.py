"""The whole engine, image to class maps, against networks and method in float64: random VGG-16s, odd photographs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import CrfSettings, MethodSettings, PrecisionOption, PresetName, Settings, Vocabulary
from dcsm_viewer.core.types import ALL_PARTS, Request, Result, SourceImage
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import Model, ModelCache, model_of
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.networks.vgg16 import Vgg16
from dcsm_viewer.engine.runtime.device import Compute
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs, run_passes
from dcsm_viewer.engine.stages.preprocess import image_in_input, network_input, place_on_canvas, to_image
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from dcsm_viewer.io.images import read_image
from tests.networks import random_vgg_tensors
from tests.reference.caffe import reference_caffe
from tests.reference.network import Array, Pixels, ReferenceResult
from tests.reference.networks import vgg16_derivatives, vgg16_logits
from tests.reference.paper import reference_paper, step_1_canvas, step_2_resize
from tests.samples import SAMPLES

# What issue 3 asks for; the worst figures are recorded with each test.
CLASS_MAP_ABSOLUTE = 5e-3
# In float64; a Result's class maps are rounded to float32, 6e-8 of a map whose largest value is 1.
CLASS_MAP_EXACT = 1e-6
RAW_EXACT = 1e-9
# Of two values that are equal by arithmetic, relative: some fifty sums of float64 after another.
ROUNDING = 1e-12
CPU = torch.device("cpu")
CLASSES = 5
LAYERS = ("conv3_1", "conv3_2", "conv3_3", "conv4_1", "conv4_2", "conv4_3", "conv5_1", "conv5_2", "conv5_3")
NETWORKS = 10

PAPER = replace(PRESETS["paper"], canvas_px=228, scales=(224, 232))

Recorder = Callable[[str, object], None]


@dataclass(frozen=True)
class VggInFloat64:
    """The reference's Network over literal convolutions."""

    tensors: Mapping[str, Array]

    def scores(self, pixels: Array) -> Array:
        logits, _, _ = vgg16_logits(self.tensors, pixels, ceil=True)
        return np.asarray(1 / (1 + np.exp(-logits.max((1, 2)))))

    def gradients(self, pixels: Array, class_id: int) -> Mapping[str, Array]:
        logits, _, _ = vgg16_logits(self.tensors, pixels, ceil=True)
        seed = np.zeros_like(logits)
        seed[class_id] = 1
        derivatives = vgg16_derivatives(self.tensors, pixels, seed, "guided", ceil=True)
        return {layer: derivatives[layer] for layer in LAYERS}


class OneModel(ModelCache):
    """A shelf on which there is one network, made of these tensors."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        super().__init__()
        weights = {name: torch.tensor(value, dtype=torch.float32) for name, value in tensors.items()}
        names = tuple(f"class {index}" for index in range(CLASSES))
        self._weights = WeightsFile("vgg16", weights, names, CAFFE, True, "made", "Made for a test.")

    def get(self, name: str, vocabulary: Vocabulary, compute: Compute) -> Model:
        return model_of(name, self._weights, vocabulary, compute)


def picture(seed: int) -> SourceImage:
    """Noise of an odd size, a crop of a photograph, an almost constant picture, one pixel."""
    rng = np.random.default_rng(seed)
    if seed % 5 == 0:
        height, width = int(rng.integers(1, 200)), int(rng.integers(1, 300))
        rgb = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    elif seed % 5 == 4:
        # In a quite constant picture everything is a tie, which rounding decides here and there alike.
        rgb = rng.integers(100, 104, (1, 1, 3) if seed % 2 else (91, 40, 3), dtype=np.uint8)
    else:
        photographs = sorted(SAMPLES.glob("*.jpg"))
        whole = read_image(photographs[seed % len(photographs)]).rgb
        rgb = whole[seed : seed + 180 + 7 * seed, 2 * seed : 2 * seed + 251]
    return SourceImage.of(rgb, name=f"picture {seed}")


def network(seed: int) -> dict[str, Array]:
    """Widths so narrow that the reference takes a moment; fc8 shifted so that none, some or all classes are found."""
    tensors = random_vgg_tensors(seed, CLASSES, widths=(2, 3, 4, 4, 5), dense=8)
    tensors = {**tensors, "conv1_1.weight": tensors["conv1_1.weight"] / 60}
    shifted = {**tensors, "fc8.bias": tensors["fc8.bias"] + (-4.0, 0.0, 0.3, 4.0)[seed % 4]}
    # Weights come as float32, and both sides get the very same.
    return {name: np.asarray(value, np.float32).astype(np.float64) for name, value in shifted.items()}


def engine_result(
    tensors: Mapping[str, Array], image: SourceImage, method: MethodSettings, precision: PrecisionOption = "float32"
) -> Result:
    settings = Settings(method=method, crf=CrfSettings(enabled=False), device="cpu", precision=precision)
    return Engine(OneModel(tensors)).settle(Request(0, image, settings), want=ALL_PARTS)


def found_in_float64(tensors: Mapping[str, Array], image: SourceImage, method: MethodSettings) -> PassOutputs:
    """Scores and raw maps as the engine has them, before a Result rounds them to float32."""
    compute = Compute(CPU, torch.float64)
    request = Request(0, image, Settings(method=method, device="cpu", precision="float64"))
    model = OneModel(tensors).get("", "voc", compute)
    passes = NetworkPasses(
        request, model, compute, Stopwatch(Cache(10**9)), Cache(10**9), lambda *_: None, all_layers=False
    )
    return run_passes(passes, method.scales)


def relative(found: Array, expected: Array) -> float:
    """The worst difference of two maps, of the largest value expected."""
    return float(np.abs(found - expected).max() / max(expected.max(), 1e-30))


def compared(result: Result, expected: ReferenceResult) -> float:
    """Worst absolute difference of class maps, after the lists were found equal."""
    assert list(result.candidate_ids) == expected.candidate_ids
    assert list(result.detected_ids) == expected.detected_ids
    assert result.class_maps.shape == expected.class_maps.shape
    image = result.request.image
    _, placement = place_on_canvas(image.rgb, result.request.settings.method)
    raw_class_maps = to_image(torch.tensor(result.raw_class_maps).double(), placement).numpy()
    return max(_worst(result.class_maps, expected.class_maps), _worst(raw_class_maps, expected.raw_class_maps))


def _worst(found: NDArray[np.float32], expected: Array) -> float:
    return float(np.abs(found - expected).max(initial=0))


@pytest.mark.parametrize("seed", range(NETWORKS))
@pytest.mark.parametrize("preset", ["paper", "caffe"])
def test_that_the_engine_computes_what_the_method_says(
    preset: PresetName, seed: int, record_property: Recorder
) -> None:
    """In float64 always; in float32 wherever the network took the same branches.

    A ReLU input or two pooled values closer than float32's rounding can fall on the other side, and one such unit
    moves a few values of a raw map by per cents: rounding, not arithmetic, and in networks as narrow as these in most
    pictures. The comparison in float64 has no such excuse; benchmarks/parity.py counts how many values it moves.
    """
    tensors, image = network(seed), picture(seed)
    scales = (224, 232) if preset == "paper" else (228,)
    method = replace(PRESETS[preset], canvas_px=228, scales=scales)
    reference = VggInFloat64(tensors)
    pixels = Pixels(CAFFE.order, CAFFE.mean, CAFFE.std)
    transcription = reference_paper if preset == "paper" else reference_caffe
    expected = transcription(image.rgb, reference, pixels=pixels, scales=scales, canvas_px=228)

    result = engine_result(tensors, image, method)
    worst = compared(result, expected)
    same = same_branches(tensors, image, method)
    exact_worst = compared(engine_result(tensors, image, method, "float64"), expected)

    record_property("worst class map difference, float32", worst)
    record_property("worst class map difference, float64", exact_worst)
    record_property("same branches in float32", same)
    assert exact_worst <= CLASS_MAP_EXACT or not same_pools(tensors, image, method)
    assert worst <= CLASS_MAP_ABSOLUTE or not same


@pytest.mark.parametrize("seed", range(4))
def test_that_raw_maps_are_the_channel_maxima_of_the_derivatives(seed: int, record_property: Recorder) -> None:
    tensors, image = network(seed), picture(seed)
    method = PAPER
    found = found_in_float64(tensors, image, method)
    reference, worst = VggInFloat64(tensors), 0.0
    canvas = step_1_canvas(image.rgb, 228)[0]
    for scale in method.scales:
        pixels = Pixels(CAFFE.order, CAFFE.mean, CAFFE.std).prepared(step_2_resize(canvas, scale))
        np.testing.assert_allclose(found.scores[found.scales.index(scale)], reference.scores(pixels), rtol=RAW_EXACT)
        for row, class_id in enumerate(found.detection.candidate_ids):
            for layer, w in reference.gradients(pixels, class_id).items():
                worst = max(worst, relative(found.raw[scale, layer][row].numpy(), np.abs(w).max(0)))
    record_property("worst raw map difference, float64, relative", worst)
    assert worst <= RAW_EXACT or not same_pools(tensors, image, method)


def test_that_a_pool_takes_a_largest_value_and_mostly_the_transcriptions_own() -> None:
    """Otherwise the comparisons above would excuse everything."""
    alike = [same_pools(network(seed), picture(seed), PAPER) for seed in range(NETWORKS)]
    assert sum(alike) >= 0.5 * NETWORKS


def same_pools(tensors: Mapping[str, Array], image: SourceImage, method: MethodSettings) -> bool:
    """Whether every pool takes the transcription's own cell, in float64 (where the value is above 0).

    Values that are equal by arithmetic, as where nothing but biases arrives, are rounded to one side or the other by
    the order of a sum. The value taken is a largest one all the same.
    """
    canvas, placement = place_on_canvas(image.rgb, method)
    made = Vgg16.of({name: torch.tensor(value) for name, value in tensors.items()}, CAFFE)
    alike = True
    for scale in method.scales:
        pixels = network_input(canvas, scale, CAFFE)
        pool_argmax = made.forward(pixels, image_in_input(placement, scale)).masks.pool_argmax
        _, inputs, switches = vgg16_logits(tensors, pixels[0].numpy(), ceil=True)
        for index, taken in enumerate(pool_argmax.values(), 1):
            values, chosen = inputs[f"pool{index}"], switches[f"pool{index}"]
            channels = np.arange(len(values))[:, None, None]
            theirs = np.zeros(values.reshape(len(values), -1).shape, dtype=np.bool_)
            theirs[channels, chosen] = True
            ours = taken[0].numpy() & (values > 0)
            alike = alike and np.array_equal(ours, theirs.reshape(values.shape) & (values > 0))
            largest = np.repeat(np.repeat(values.reshape(len(values), -1)[channels, chosen], 2, 1), 2, 2)
            largest = largest[:, : values.shape[1], : values.shape[2]]
            assert (values[ours] >= largest[ours] * (1 - ROUNDING)).all()
    return alike


def same_branches(tensors: Mapping[str, Array], image: SourceImage, method: MethodSettings) -> bool:
    """Whether every ReLU and every pool decides the same in float32 and in float64."""
    canvas, placement = place_on_canvas(image.rgb, method)
    made = Vgg16.of({name: torch.tensor(value) for name, value in tensors.items()}, CAFFE)
    for scale in method.scales:
        pixels = network_input(canvas, scale, CAFFE)
        where = image_in_input(placement, scale)
        masks = [made.to(CPU, dtype).forward(pixels.to(dtype), where).masks for dtype in (torch.float32, torch.float64)]
        single, double = ([*g.convolutions.values(), *g.pool_argmax.values(), *g.dense] for g in masks)
        if not all(torch.equal(a, b) for a, b in zip(single, double, strict=True)):
            return False
    return True
