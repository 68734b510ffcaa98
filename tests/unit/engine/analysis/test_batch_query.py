"""Another image settled between the requests of the window: the batch's own result, at no cost to the one on show."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from dcsm_viewer.core.settings import CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import ModelCard, Request, Result
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.io.images import read_image
from dcsm_viewer.queries.batch_query import BatchQuestion
from dcsm_viewer.queries.query import Answer, Query, Report
from tests.samples import SAMPLE, SAMPLES

BASE = Settings(method=MethodSettings(scales=(128, 160), canvas_px=160), crf=CrfSettings(iterations=2))


def answer_to(engine: Engine, request: Request, question: BatchQuestion) -> object:
    found: list[Report] = []
    assert engine.answer(Query(1, request, question), lambda: True, found.append)
    (answer,) = found
    assert isinstance(answer, Answer)
    assert answer.is_last
    return answer.value


def test_that_an_image_aside_gives_the_arrays_of_a_batch(model_cache: ModelCache) -> None:
    request = Request(7, read_image(SAMPLES / "cat.jpg"), BASE)
    aside = answer_to(Engine(model_cache), request, BatchQuestion("result"))
    batch = Engine(model_cache).settle(request)
    assert isinstance(aside, Result)
    assert aside.completeness == "settled"
    assert aside.layers == batch.layers
    assert_array_equal(aside.class_maps, batch.class_maps)
    assert aside.segmentation is not None
    assert batch.segmentation is not None
    assert_array_equal(aside.segmentation.labels, batch.segmentation.labels)
    assert aside.segmentation.q is not None
    assert batch.segmentation.q is not None
    assert_array_equal(aside.segmentation.q, batch.segmentation.q)


def test_that_an_image_aside_leaves_what_is_kept_of_the_image_on_show(model_cache: ModelCache) -> None:
    engine = Engine(model_cache)
    shown = Request(1, read_image(SAMPLE), BASE)
    heard: list[Report] = []
    engine.run(shown, lambda _: True, heard.append)
    answer_to(engine, Request(2, read_image(SAMPLES / "cat.jpg"), BASE), BatchQuestion("result"))
    heard.clear()
    engine.run(Request(3, shown.image, BASE), lambda _: True, heard.append)
    settled = [report for report in heard if isinstance(report, Result)][-1]
    assert {time.stage for time in settled.times if time.made} == set()


def test_that_an_image_aside_gives_way_at_the_next_checkpoint(model_cache: ModelCache) -> None:
    engine, asked = Engine(model_cache), 0

    def wanted_twice() -> bool:
        nonlocal asked
        asked += 1
        return asked <= 2

    heard: list[Report] = []
    query = Query(1, Request(1, read_image(SAMPLE), BASE), BatchQuestion("result"))
    assert not engine.answer(query, wanted_twice, heard.append)
    assert (asked, heard) == (3, [])


def test_that_the_card_names_the_weights_of_the_settings(model_cache: ModelCache) -> None:
    blank = read_image(SAMPLE)
    card = answer_to(Engine(model_cache), Request(1, blank, BASE), BatchQuestion("card"))
    assert isinstance(card, ModelCard)
    assert card.weights_digest == Engine(model_cache).card(BASE).weights_digest
    assert np.array(card.class_names).shape == (20,)
