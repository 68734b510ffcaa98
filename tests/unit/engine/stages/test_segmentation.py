"""Labels from class maps: with and without the CRF, step by step, quickly and exactly."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from dcsm_viewer.core.settings import CrfSettings
from dcsm_viewer.core.types import SourceImage, Stage
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.engine import AbandonedError
from dcsm_viewer.engine.stages import segmentation
from dcsm_viewer.engine.stages.segmentation import Segmenter, sampled_iterations
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.io.images import read_image
from tests.samples import SAMPLE

DOG, BICYCLE = 11, 1


@pytest.fixture(scope="module")
def image() -> SourceImage:
    """Every third pixel of the sample: real edges, 192 x 256."""
    return SourceImage.of(read_image(SAMPLE).rgb[::3, ::3], name="sample")


@pytest.fixture
def cache() -> Cache:
    return Cache(256 * 1024**2)


def maps_of(shape: tuple[int, int]) -> torch.Tensor:
    """Two soft blobs, about where bicycle and dog are."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]] / np.array(shape)[:, None, None]
    blobs = [np.exp(-(((rows - r) / h) ** 2) - ((cols - c) / w) ** 2) for r, c, h, w in BLOBS]
    return torch.tensor(np.stack(blobs), dtype=torch.float32)


BLOBS = ((0.55, 0.55, 0.3, 0.3), (0.65, 0.3, 0.3, 0.15))


def ask_nobody(stage: Stage, text: str) -> None:
    """A checkpoint where everything is still wanted."""


def segmenter(image: SourceImage, cache: Cache, **crf: object) -> Segmenter:
    settings = replace(CrfSettings(), **crf)  # type: ignore[arg-type]  # fields by name
    maps = maps_of(image.shape)
    return Segmenter(maps, ("made",), (BICYCLE, DOG), image, settings, Stopwatch(cache), ask_nobody)


def test_that_the_last_step_has_the_final_labels(image: SourceImage, cache: Cache) -> None:
    found = segmenter(image, cache, iterations=4).exact()
    assert found.step_iterations == (1, 2, 3, 4)
    np.testing.assert_array_equal(found.step_labels[-1], found.labels)
    assert {labels.dtype for labels in found.step_labels} == {np.dtype(np.uint8)}


def test_that_the_changed_share_is_that_between_neighbouring_steps(image: SourceImage, cache: Cache) -> None:
    found = segmenter(image, cache, iterations=3).exact()
    steps = (found.labels_before_crf, *found.step_labels)
    shares = [float(np.mean(a != b)) for a, b in pairwise(steps)]
    np.testing.assert_allclose(found.changed, shares, atol=1e-6)
    assert found.changed[0] > 0


def test_that_the_energy_never_rises_much_and_falls_over_all(image: SourceImage, cache: Cache) -> None:
    found = segmenter(image, cache).exact()
    assert found.energy_before is not None
    energies = np.array((found.energy_before, *found.energy))
    # Updates of all pixels at once may overshoot a little where they have almost settled.
    assert np.all(np.diff(energies) <= 1e-3 * np.ptp(energies))
    assert energies[-1] < energies[0]
    assert len(found.step_ms) == len(found.energy) == len(found.changed) == 10


def test_that_labels_above_255_are_kept_whole(image: SourceImage, cache: Cache) -> None:
    found = replace(segmenter(image, cache, iterations=1), class_ids=(3, 700)).exact()
    assert found.step_labels[-1].dtype == np.uint16
    np.testing.assert_array_equal(found.step_labels[-1], found.labels)
    assert 701 in found.labels


def test_that_a_cancelled_crf_leaves_nothing_half_done_behind(image: SourceImage, cache: Cache) -> None:
    def until_step_2(stage: Stage, text: str) -> None:
        if "step 2" in text:
            raise AbandonedError

    stopped = replace(segmenter(image, cache), checkpoint=until_step_2)
    with pytest.raises(AbandonedError):
        stopped.exact()
    assert not stopped.is_cached
    again, fresh = segmenter(image, cache).exact(), segmenter(image, Cache(1)).exact()
    np.testing.assert_array_equal(again.labels, fresh.labels)


def test_that_the_preview_agrees_with_the_exact_labels_nearly_everywhere(image: SourceImage, cache: Cache) -> None:
    asked = segmenter(image, cache)
    exact, quick = asked.exact(), asked.preview()
    assert float(np.mean(quick.labels == exact.labels)) >= 0.9
    assert float(np.mean(exact.labels_before_crf == exact.labels)) < 0.99, "a CRF that does nothing proves nothing"


def test_that_without_the_crf_the_likeliest_label_of_the_unary_stands(image: SourceImage, cache: Cache) -> None:
    found = segmenter(image, cache, enabled=False).exact()
    numbers = np.array([0, BICYCLE + 1, DOG + 1])
    np.testing.assert_array_equal(found.labels, numbers[found.unary.argmin(0)])
    assert found.q is None
    assert found.step_labels == ()


def test_that_no_iteration_gives_the_labels_of_the_unary(image: SourceImage, cache: Cache) -> None:
    found = segmenter(image, cache, iterations=0).exact()
    np.testing.assert_array_equal(found.labels, found.labels_before_crf)
    assert found.step_iterations == ()


@pytest.mark.parametrize(
    ("iterations", "fit", "kept"),
    [(5, 9, (1, 2, 3, 4, 5)), (10, 5, (2, 4, 6, 8, 10)), (50, 1, (50,)), (7, 0, (7,)), (1, 3, (1,)), (0, 3, ())],
)
def test_that_steps_too_large_to_keep_are_thinned_evenly(iterations: int, fit: int, kept: tuple[int, ...]) -> None:
    assert sampled_iterations(iterations, step_bytes=100, max_bytes=100 * fit + 50) == kept


def test_that_steps_taken_unmeasured_end_at_the_very_same_q(image: SourceImage, cache: Cache) -> None:
    measured = segmenter(image, cache, iterations=5)
    quick = replace(measured, measured=False).exact()
    assert quick.energy == ()
    np.testing.assert_array_equal(quick.q, measured.exact().q)


def test_that_an_image_too_large_for_the_crf_gets_labels_of_full_size_and_a_note(
    image: SourceImage, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = {"bilateral_sxy": 80.0, "bilateral_srgb": 13.0}
    whole = segmenter(image, cache, **wide)
    assert whole.note is None
    expected = whole.exact().labels
    monkeypatch.setattr(segmentation, "MAX_CRF_PIXELS", image.rgb.shape[0] * image.rgb.shape[1] // 4)
    large = segmenter(image, Cache(256 * 1024**2), **wide)
    assert large.note == "The image has 0 megapixels; the CRF ran at 1/2 of its width and height."
    labels = large.exact().labels
    assert labels.shape == image.shape
    assert np.mean(labels == expected) > 0.95


def test_that_without_a_class_all_is_background_at_once_and_at_last(image: SourceImage, cache: Cache) -> None:
    nothing = replace(segmenter(image, cache), maps=torch.zeros(0, *image.shape), class_ids=())
    for found in (nothing.preview(), nothing.exact(), nothing.without_crf()):
        assert not found.labels.any()
        assert found.unary.shape == (1, *image.shape)
