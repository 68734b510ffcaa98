"""The engine's arithmetic, in float32, against literal float64 transcriptions of what each preset follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import ClassChoice, MethodSettings
from dcsm_viewer.engine.networks.input_spec import CAFFE, DCSM_M, InputSpec
from dcsm_viewer.engine.stages.class_selection import Detection, detect
from dcsm_viewer.engine.stages.preprocess import Placement, network_input, place_on_canvas, to_image
from dcsm_viewer.engine.stages.subtraction.class_maps import Key, Subtracted, focus_maps, subtract
from tests.reference.caffe import reference_caffe
from tests.reference.formula import reference_formula
from tests.reference.made_network import MadeNetwork
from tests.reference.network import Pixels, ReferenceResult
from tests.reference.paper import reference_paper

# Worst seen over all cases below: 1.4e-5, where a class exceeds a rival by little and float32 maps round that.
TOLERANCE = 5e-5

Recorder = Callable[[str, object], None]


def picture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def pixels_of(convention: InputSpec) -> Pixels:
    return Pixels(convention.order, convention.mean, convention.std)


def small(name: str, **changes: object) -> MethodSettings:
    """A preset on a fifth of its canvas, so that the reference takes a moment only."""
    method = PRESETS[name]  # type: ignore[index]  # the tests' parameters are plain strings
    return replace(
        method,
        canvas_px=100,
        scales=(100,) if name == "caffe" else (80, 100, 120),
        layers=(),
        **changes,  # type: ignore[arg-type]  # one helper for all fields
    )


def engine_maps(
    rgb: NDArray[np.uint8],
    network: MadeNetwork,
    method: MethodSettings,
    convention: InputSpec,
    dtype: torch.dtype = torch.float32,
) -> tuple[dict[Key, torch.Tensor], Detection, Placement]:
    canvas, placement = place_on_canvas(rgb, method)
    inputs = {s: network_input(canvas, s, convention)[0].double().numpy() for s in method.scales}
    scores = np.stack([network.scores(pixels) for pixels in inputs.values()]).astype(np.float32)
    detection = detect(scores, method.scales, method, ClassChoice())
    raw: dict[Key, torch.Tensor] = {}
    for scale, pixels in inputs.items():
        for class_id in detection.candidate_ids:
            for layer, w in network.gradients(pixels, class_id).items():
                reduced = np.abs(w).max(axis=0) if method.channel_reduction == "absolute" else w.max(axis=0)
                row = torch.from_numpy(reduced).to(dtype)[None]
                raw[scale, layer] = torch.cat([raw[scale, layer], row]) if (scale, layer) in raw else row
    return raw, detection, placement


def reference(
    rgb: NDArray[np.uint8], network: MadeNetwork, method: MethodSettings, convention: InputSpec
) -> ReferenceResult:
    common = {"pixels": pixels_of(convention), "scales": method.scales, "canvas_px": method.canvas_px}
    if method.preset == "caffe":
        return reference_caffe(rgb, network, topk=method.min_candidates, prior=method.alpha, **common)  # type: ignore[arg-type]  # shared keywords
    if method.preset == "paper":
        return reference_paper(
            rgb,
            network,
            threshold=method.threshold,
            tn=method.min_candidates,
            tha=method.alpha,
            **common,  # type: ignore[arg-type]  # shared keywords
        )
    return reference_formula(
        rgb,
        network,
        threshold=method.threshold,
        n=method.min_candidates,
        alpha=method.alpha,
        gate=method.skip_undetected_scales,
        by_mean=method.score_reduction == "mean",
        **common,  # type: ignore[arg-type]  # shared keywords
    )


def assert_parity(
    rgb: NDArray[np.uint8],
    network: MadeNetwork,
    method: MethodSettings,
    record: Recorder,
    convention: InputSpec = CAFFE,
) -> Subtracted:
    expected = reference(rgb, network, method, convention)
    raw, detection, placement = engine_maps(rgb, network, method, convention)
    assert list(detection.candidate_ids) == expected.candidate_ids
    assert list(detection.detected_ids) == expected.detected_ids
    found = subtract(raw, detection, method, placement)
    worst = 0.0
    for ours, theirs in (
        (found.class_maps, expected.class_maps),
        (to_image(found.raw_class_maps, placement), expected.raw_class_maps),
    ):
        assert ours.dtype == torch.float32
        assert tuple(ours.shape) == theirs.shape
        worst = max(worst, float(np.abs(ours.numpy() - theirs).max(initial=0.0)))
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=0, atol=TOLERANCE)
    record("worst class map difference of the arithmetic alone, float32", worst)
    return found


@pytest.mark.parametrize("preset", ["paper", "tuned", "caffe", "formula"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 100), (100, 67), (140, 180), (33, 99), (101, 3)], ids=str)
def test_that_class_maps_equal_the_reference_at_any_image_size(
    preset: str, shape: tuple[int, int], record_property: Recorder
) -> None:
    assert_parity(picture(*shape), MadeNetwork(seed=sum(shape)), small(preset), record_property)


@pytest.mark.parametrize(("preset", "shape"), [("paper", (500, 333)), ("paper", (700, 900)), ("caffe", (37, 501))])
def test_that_class_maps_equal_the_reference_at_the_published_size(
    preset: str, shape: tuple[int, int], record_property: Recorder
) -> None:
    method = replace(PRESETS[preset], layers=())  # type: ignore[index]  # a plain string
    assert_parity(picture(*shape), MadeNetwork(seed=3), method, record_property)


@pytest.mark.parametrize("preset", ["paper", "tuned", "caffe", "formula"])
@pytest.mark.parametrize("seed", range(12))
def test_that_class_maps_equal_the_reference_for_any_gradients(
    preset: str, seed: int, record_property: Recorder
) -> None:
    random = np.random.default_rng(seed)
    shape = (int(random.integers(1, 160)), int(random.integers(1, 160)))
    network = MadeNetwork(seed, classes=int(random.integers(1, 9)), bias=float(random.normal()), strides=(4, 8, 8, 32))
    changes = {
        "min_candidates": int(random.integers(0 if preset != "caffe" else 1, 7)),
        "alpha": float(random.uniform(1, 5)),
    }
    assert_parity(picture(*shape, seed), network, small(preset, **changes), record_property, DCSM_M)


@pytest.mark.parametrize("preset", ["paper", "formula"])
def test_that_nothing_detected_gives_no_class_map_and_the_raw_maps_of_the_reference(
    preset: str, record_property: Recorder
) -> None:
    found = assert_parity(picture(60, 80), MadeNetwork(bias=-20), small(preset), record_property)
    assert found.class_maps.shape == (0, 60, 80)
    assert found.raw_class_maps.shape[0] == 4


@pytest.mark.parametrize("preset", ["paper", "tuned", "caffe", "formula"])
def test_that_a_constant_image_equals_the_reference(preset: str, record_property: Recorder) -> None:
    assert_parity(np.full((50, 90, 3), 130, np.uint8), MadeNetwork(), small(preset), record_property)


@pytest.mark.parametrize("preset", ["paper", "tuned", "caffe", "formula"])
def test_that_every_class_detected_equals_the_reference(preset: str, record_property: Recorder) -> None:
    assert_parity(picture(70, 100), MadeNetwork(bias=5, classes=8), small(preset), record_property)


@pytest.mark.parametrize("preset", ["paper", "tuned", "caffe", "formula"])
def test_that_classes_which_nowhere_exceed_a_rival_equal_the_reference(preset: str, record_property: Recorder) -> None:
    """Many positions without gradient and one channel: maxima of exactly 0 occur (A5)."""
    network = MadeNetwork(seed=8, sparse=0.97, strides=(25, 50), bias=5)
    found = assert_parity(picture(100, 100), network, small(preset), record_property)
    assert any("comparisons added nothing" in note for note in found.notes)


@pytest.mark.parametrize("preset", ["paper", "tuned", "caffe", "formula"])
def test_that_float64_maps_are_computed_in_float64(preset: str) -> None:
    method, network, rgb = small(preset), MadeNetwork(seed=5), picture(80, 60)
    raw, detection, placement = engine_maps(rgb, network, method, CAFFE, torch.float64)
    double = subtract(raw, detection, method, placement)
    single = subtract({key: maps.float() for key, maps in raw.items()}, detection, method, placement)
    assert double.class_maps.dtype == torch.float64
    torch.testing.assert_close(double.class_maps, single.class_maps.double(), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("preset", ["paper", "tuned", "caffe", "formula"])
def test_that_the_maps_in_focus_add_up_to_the_class_map(preset: str) -> None:
    method, network = small(preset), MadeNetwork(seed=2, bias=1)
    raw, detection, placement = engine_maps(picture(100, 100), network, method, CAFFE)
    class_maps = subtract(raw, detection, method, placement).class_maps
    class_id = detection.detected_ids[0]
    plain, distinct = focus_maps(raw, detection, method, placement, class_id)
    assert set(plain) == set(raw)
    total = torch.stack(list(distinct.values())).sum(dim=0)
    total = total / total.max()
    if method.final_tanh:
        total = torch.tanh(method.alpha * total) / np.tanh(method.alpha)
    torch.testing.assert_close(class_maps[0], total.clamp(min=0), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("preset", ["paper", "tuned", "caffe", "formula"])
def test_that_a_quick_look_resembles_the_exact_maps(preset: str) -> None:
    method = replace(PRESETS[preset], layers=())  # type: ignore[index]  # a plain string
    raw, detection, placement = engine_maps(picture(400, 300), MadeNetwork(seed=4, strides=(32, 64)), method, CAFFE)
    exact = subtract(raw, detection, method, placement)
    quick = subtract(raw, detection, method, placement, side_px=125)
    assert quick.class_maps.shape == exact.class_maps.shape
    assert float((quick.class_maps - exact.class_maps).abs().mean()) < 0.02
