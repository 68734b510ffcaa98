"""The pixel ledger against a literal float64 account, and its sums against the maps and labels of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import ClassChoice, CrfSettings, MethodSettings, PresetName, Settings
from dcsm_viewer.core.types import Request, Result, SourceImage, UserError
from dcsm_viewer.engine.analysis.pixel_contributions import class_entries, largest_totals, sample_positions
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.networks.input_spec import CAFFE
from dcsm_viewer.engine.stages.class_selection import detect
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs
from dcsm_viewer.engine.stages.preprocess import Placement, network_input, place_on_canvas
from dcsm_viewer.queries.pixel_query import ClassEntry, PixelContributions, PixelQuestion
from dcsm_viewer.queries.query import Answer, Query, Report
from tests.parity.test_method import picture, small
from tests.parity.test_pipeline import OneModel, network
from tests.reference.dense_crf import features, lattice_kernel, normalised
from tests.reference.ledger import Account, Key, caffe_account, formula_account, paper_account
from tests.reference.made_network import MadeNetwork
from tests.reference.network import Array

AGREES = 1e-5
PRESET_NAMES = ("paper", "caffe", "formula")
SHAPE, PIXEL = (60, 80), (21, 47)


def made(method: MethodSettings, shape: tuple[int, int]) -> tuple[PassOutputs, Placement, dict[Key, dict[int, Array]]]:
    """Maps in float64 of a network made of noise, and the derivatives they come from."""
    made_network = MadeNetwork(seed=2, bias=-1.6)
    canvas, placement = place_on_canvas(picture(*shape), method)
    inputs = {s: network_input(canvas, s, CAFFE)[0].double().numpy() for s in method.scales}
    scores = np.stack([made_network.scores(pixels) for pixels in inputs.values()]).astype(np.float32)
    detection = detect(scores, method.scales, method, ClassChoice())
    w: dict[Key, dict[int, Array]] = {}
    for scale, pixels in inputs.items():
        for class_id in detection.candidate_ids:
            for layer, derivative in made_network.gradients(pixels, class_id).items():
                w.setdefault((scale, layer), {})[class_id] = derivative
    raw = {
        key: torch.stack([torch.from_numpy(_reduced(each, method)) for each in of_class.values()])
        for key, of_class in w.items()
    }
    ids = detection.candidate_ids
    return PassOutputs(method.scales, scores, detection, ids[0], ids, raw), placement, w


def _reduced(derivative: Array, method: MethodSettings) -> Array:
    values = np.abs(derivative) if method.channel_reduction == "absolute" else derivative
    return np.asarray(values.max(axis=0))


def account(
    method: MethodSettings,
    found: PassOutputs,
    placement: Placement,
    w: Mapping[Key, Mapping[int, Array]],
    class_id: int,
) -> Account:
    top, left = placement.top, placement.left
    rectangle = (slice(top, top + placement.height), slice(left, left + placement.width))
    spot = (PIXEL[0] + top, PIXEL[1] + left)
    side, alpha = method.canvas_px, method.alpha
    if method.preset == "caffe":
        return caffe_account(w, class_id, canvas_px=side, image_shape=SHAPE, pixel=PIXEL, prior=alpha)
    if method.preset == "formula":
        return formula_account(w, class_id, canvas_px=side, rectangle=rectangle, position=spot, alpha=alpha)
    detected = class_id in found.detection.detected_ids
    counts = [s for s in method.scales if not detected or class_id in found.detection.detected_at[s]]
    return paper_account(w, class_id, counts, canvas_px=side, rectangle=rectangle, position=spot, tha=alpha)


@pytest.mark.parametrize("preset", PRESET_NAMES)
def test_that_every_line_equals_the_literal_account_of_the_pixel(preset: str) -> None:
    method = small(preset)
    found, placement, w = made(method, SHAPE)
    samples, grid = sample_positions(PixelQuestion(*PIXEL), placement, method)
    largest = largest_totals(found, method, placement, lambda _stage, _text: None)
    entries = class_entries(found, method, grid, samples, largest)
    assert [entry.class_id for entry in entries] == list(found.detection.candidate_ids)
    assert {entry.detected for entry in entries} == ({True} if preset == "caffe" else {True, False})
    for entry in entries:
        expected = account(method, found, placement, w, entry.class_id)
        _assert_equal(entry, expected)


def _assert_equal(entry: ClassEntry, expected: Account) -> None:
    for scale in entry.scales:
        for layer in scale.layers:
            key = (scale.scale, layer.layer)
            np.testing.assert_allclose(layer.raw, expected.raw[key], rtol=1e-9, atol=1e-18)
            np.testing.assert_allclose(layer.added, expected.added[key], rtol=1e-9, atol=1e-12)
            for rival in layer.rivals:
                assert rival.class_id is not None
                there = expected.evidence[(*key, rival.class_id)]
                np.testing.assert_allclose(rival.evidence, there, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(entry.total, expected.total, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(entry.largest, expected.largest, rtol=1e-9)
    np.testing.assert_allclose(entry.value, expected.value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("preset", PRESET_NAMES)
def test_that_each_line_is_the_sum_of_the_lines_below_it(preset: str) -> None:
    method = small(preset)
    found, placement, _ = made(method, SHAPE)
    samples, grid = sample_positions(PixelQuestion(*PIXEL), placement, method)
    largest = largest_totals(found, method, placement, lambda _stage, _text: None)
    for entry in class_entries(found, method, grid, samples, largest):
        np.testing.assert_allclose(entry.total, sum(scale.added for scale in entry.scales), rtol=0, atol=1e-12)
        for scale in entry.scales:
            added = sum(layer.added for layer in scale.layers) if scale.counts else 0.0
            np.testing.assert_allclose(scale.added, added, rtol=0, atol=1e-12)
            for layer in scale.layers:
                evidence = sum(rival.evidence for rival in layer.rivals)
                np.testing.assert_allclose(layer.evidence, evidence, rtol=1e-12, atol=1e-15)
                if method.normalise == "pair":
                    np.testing.assert_allclose(layer.added, evidence, rtol=1e-12, atol=1e-15)


def test_that_a_pixel_of_a_shrunk_image_is_a_mean_of_canvas_pixels() -> None:
    method = small("paper")
    placement = place_on_canvas(picture(150, 200), method)[1]
    samples, grid = sample_positions(PixelQuestion(70, 91), placement, method)
    assert len(samples) == 4
    assert grid.shape == (2, 2)
    np.testing.assert_allclose(sum(sample.weight for sample in samples), 1.0, rtol=0, atol=1e-12)
    one, _ = sample_positions(PixelQuestion(5, 6), place_on_canvas(picture(*SHAPE), method)[1], method)
    assert [(sample.row, sample.col, sample.weight) for sample in one] == [(5 + 20, 6 + 10, 1.0)]


def engine_answers(request: Request, pixel: tuple[int, int]) -> tuple[Result, list[PixelContributions]]:
    engine = Engine(OneModel(network(2)))
    result = engine.settle(request)
    output: list[Report] = []
    assert engine.answer(Query(1, request, PixelQuestion(*pixel)), lambda: True, output.append)
    values = [report.value for report in output if isinstance(report, Answer)]
    assert all(isinstance(value, PixelContributions) for value in values)
    return result, values  # type: ignore[return-value]  # asserted above


def request_for(preset: PresetName, shape: tuple[int, int], **crf: object) -> Request:
    image = SourceImage.of(picture(*shape), name="made")
    method = replace(PRESETS[preset], canvas_px=112, scales=(224,) if preset == "caffe" else (224, 256), layers=())
    settings = replace(CrfSettings(iterations=3, gaussian_sxy=2, bilateral_sxy=6, bilateral_srgb=40), **crf)  # type: ignore[arg-type]  # one helper for all fields
    return Request(0, image, Settings(method=method, crf=settings, device="cpu"))


@pytest.mark.parametrize("preset", PRESET_NAMES)
@pytest.mark.parametrize("shape", [(60, 90), (130, 170)], ids=str)
def test_that_the_account_agrees_with_the_class_maps_and_labels_of_the_result(
    preset: PresetName, shape: tuple[int, int]
) -> None:
    row, col = shape[0] // 3, shape[1] // 2
    result, (early, whole) = engine_answers(request_for(preset, shape), (row, col))
    assert early.crf is None
    assert result.detected_ids
    for entry in whole.classes:
        if entry.detected:
            shown = result.class_maps[result.detected_ids.index(entry.class_id), row, col]
            np.testing.assert_allclose(entry.value, shown, rtol=0, atol=AGREES)
    crf, segmentation = whole.crf, result.segmentation
    assert crf is not None
    assert segmentation is not None
    assert segmentation.q is not None
    np.testing.assert_allclose(crf.unary, segmentation.unary[:, row, col], rtol=0, atol=1e-6)
    np.testing.assert_allclose(crf.q, segmentation.q[:, row, col], rtol=0, atol=AGREES)
    assert crf.labels[int(np.argmax(crf.q))] == segmentation.labels[row, col]


def test_that_the_messages_are_those_of_the_lattice_point_by_point() -> None:
    shape, pixel = (10, 12), (4, 7)
    request = request_for("paper", shape, iterations=1)
    result, (_, whole) = engine_answers(request, pixel)
    assert whole.crf is not None
    assert result.segmentation is not None
    # Before the only step Q is the softmax of the unary.
    weights = np.exp(-result.segmentation.unary.astype(np.float64))
    q = (weights / weights.sum(0)).reshape(len(weights), -1)
    at = pixel[0] * shape[1] + pixel[1]
    rgb, crf = request.image.rgb, request.settings.crf
    positions = {
        "smoothness": features(rgb, (crf.gaussian_sxy, crf.gaussian_sxy), None),
        "appearance": features(rgb, (crf.bilateral_sxy, crf.bilateral_sxy), (crf.bilateral_srgb,) * 3),
    }
    assert {kernel.name for kernel in whole.crf.kernels} == set(positions)
    for kernel in whole.crf.kernels:
        filtered = normalised(lattice_kernel(positions[kernel.name]), "symmetric")[at] @ q.T
        np.testing.assert_allclose(kernel.messages, kernel.weight * filtered, rtol=0, atol=2e-5)


def test_that_without_a_crf_the_account_says_so() -> None:
    _, (_, whole) = engine_answers(request_for("paper", (40, 50), enabled=False), (3, 3))
    assert whole.crf is not None
    assert whole.crf.kernels == ()
    assert "switched off" in whole.crf.why_not


def test_that_a_pixel_beside_the_image_is_refused_in_a_sentence() -> None:
    request = request_for("paper", (40, 50))
    with pytest.raises(UserError, match=r"Pixel \(40, 0\) is not on the image, which has 40 rows"):
        Engine(OneModel(network(2))).answer(Query(1, request, PixelQuestion(40, 0)), lambda: True, lambda _: None)
