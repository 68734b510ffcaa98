"""The table 'the user moves / remade' of docs/architecture.md, row by row, on the real network at small scales."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dcsm_viewer.core.settings import CrfSettings, MethodSettings, Settings
from dcsm_viewer.core.types import Request, Result
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.io.images import read_image
from dcsm_viewer.queries.query import Report
from tests.samples import SAMPLE

SMALL = MethodSettings(scales=(128, 160), canvas_px=160)
BASE = Settings(method=SMALL, crf=CrfSettings(iterations=2))


def method(**changes: object) -> Settings:
    return replace(BASE, method=replace(SMALL, **changes))  # type: ignore[arg-type]  # fields by name


def crf(**changes: object) -> Settings:
    return replace(BASE, crf=replace(BASE.crf, **changes))  # type: ignore[arg-type]  # fields by name


ROWS: dict[str, tuple[Callable[[], Settings], set[str]]] = {
    "nothing": (lambda: BASE, set()),
    "CRF weight": (lambda: crf(bilateral_compat=5.0), {"segmentation"}),
    "CRF iterations": (lambda: crf(iterations=3), {"segmentation"}),
    "CRF width": (lambda: crf(bilateral_srgb=20.0), {"segmentation"}),
    "CRF off": (lambda: crf(enabled=False), {"segmentation"}),
    "unary floor": (lambda: crf(unary_floor=1e-3), {"segmentation"}),
    "background level": (lambda: crf(background=0.6), {"segmentation"}),
    "adaptive background level": (lambda: crf(adaptive_background=0.2), {"segmentation"}),
    "unary sharpness": (lambda: crf(sharpness=2.0), {"segmentation"}),
    "alpha": (lambda: method(alpha=2.0), {"subtraction", "segmentation"}),
    "layers": (lambda: method(layers=("block7", "block10")), {"subtraction", "segmentation"}),
    "N downwards": (lambda: method(min_candidates=0), {"subtraction", "segmentation"}),
    "N upwards": (lambda: method(min_candidates=6), {"subtraction", "segmentation"}),
    "N far upwards": (lambda: method(min_candidates=9), {"saliency", "subtraction", "segmentation"}),
    "threshold": (lambda: method(threshold=0.999999), {"subtraction", "segmentation"}),
    "a class forced": (
        lambda: replace(BASE, choice=replace(BASE.choice, force_detected=(18,))),
        {"saliency", "subtraction", "segmentation"},
    ),
    "a scale less": (lambda: method(scales=(160,)), {"subtraction", "segmentation"}),
    "a scale more": (
        lambda: method(scales=(128, 160, 192)),
        {"classify", "saliency", "subtraction", "segmentation"},
    ),
    "attribution method": (lambda: method(attribution="gradient"), {"saliency", "subtraction", "segmentation"}),
    "canvas": (
        lambda: method(canvas_px=176),
        {"preprocess", "classify", "saliency", "subtraction", "segmentation"},
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_that_a_change_remakes_what_reads_it_and_nothing_else(row: str, model_cache: ModelCache) -> None:
    change, expected = ROWS[row]
    engine, image = Engine(model_cache), read_image(SAMPLE)
    run(engine, Request(0, image, BASE))
    settled = run(engine, Request(1, image, change()))
    assert {time.stage for time in settled.times if time.made} == expected


def test_that_another_image_and_back_again_finds_everything_still_there(model_cache: ModelCache) -> None:
    engine, image = Engine(model_cache), read_image(SAMPLE)
    other = replace(image, digest="another")
    run(engine, Request(0, image, BASE))
    run(engine, Request(1, other, BASE))
    assert not any(time.made for time in run(engine, Request(2, image, BASE)).times)


def test_that_another_class_on_display_needs_only_its_own_maps(model_cache: ModelCache) -> None:
    engine, image = Engine(model_cache), read_image(SAMPLE)
    first = run(engine, Request(0, image, BASE))
    rival = first.candidate_ids[-1]
    settled = run(engine, Request(1, image, BASE, focus=rival))
    assert {time.stage for time in settled.times if time.made} == {"subtraction"}
    assert settled.focus is not None
    assert settled.focus.class_id == rival


def run(engine: Engine, request: Request) -> Result:
    reports: list[Report] = []
    engine.run(request, lambda _: True, reports.append)
    results = [report for report in reports if isinstance(report, Result)]
    assert results[-1].completeness == "settled"
    assert [result.completeness for result in results].count("settled") == 1
    return results[-1]
