"""What a batch does not ask for is not computed, and what it asks for does not change."""

from __future__ import annotations

import numpy as np

from dcsm_viewer.core.settings import CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import ALL_PARTS, Request, Result
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.io.images import read_image
from tests.samples import SAMPLE

SETTINGS = Settings(method=MethodSettings(scales=(128, 160), canvas_px=160), crf=CrfSettings(iterations=2))


def request() -> Request:
    return Request(0, read_image(SAMPLE), SETTINGS)


def labels(result: Result) -> bytes:
    assert result.segmentation is not None
    return result.segmentation.labels.tobytes()


def test_that_a_batch_gets_the_same_labels_and_maps_without_the_window_s_parts(model_cache: ModelCache) -> None:
    everything = Engine(model_cache).settle(request(), want=ALL_PARTS)
    for_batch = Engine(model_cache).settle(request())
    assert labels(for_batch) == labels(everything)
    np.testing.assert_array_equal(for_batch.class_maps, everything.class_maps)
    for key, maps in everything.raw.items():
        np.testing.assert_array_equal(for_batch.raw[key], maps)


def test_that_parts_that_are_not_wanted_are_left_out(model_cache: ModelCache) -> None:
    for_batch = Engine(model_cache).settle(request())
    assert for_batch.focus is None
    assert not for_batch.raw_class_maps.size
    maps_alone = Engine(model_cache).settle(request(), want=frozenset())
    assert maps_alone.segmentation is None
    np.testing.assert_array_equal(maps_alone.class_maps, for_batch.class_maps)


def test_that_what_was_left_out_is_made_when_the_same_image_is_asked_for_whole(model_cache: ModelCache) -> None:
    engine = Engine(model_cache)
    engine.settle(request())
    whole = engine.settle(request(), want=ALL_PARTS)
    assert whole.focus is not None
    assert whole.raw_class_maps.shape[0] == len(whole.candidate_ids)
