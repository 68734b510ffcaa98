"""What somebody may have looked at before an export, by lot; the export must not show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from dcsm_viewer.batch.replay import replay
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import Request, Result, SourceImage
from dcsm_viewer.engine.engine import Engine
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.export import export_with_reports
from dcsm_viewer.queries.gradient_query import GradientQuestion
from dcsm_viewer.queries.matrix_query import MatrixQuestion
from dcsm_viewer.queries.query import Query, Report

FORMATS = ("npz", "voc")
STEPS = 3

Change = Callable[[Random, Settings], Settings]


def _candidates(lot: Random, settings: Settings) -> Settings:
    return replace(settings, method=replace(settings.method, min_candidates=lot.choice((0, 2, 3, 4, 5, 7))))


def _threshold(lot: Random, settings: Settings) -> Settings:
    return replace(settings, method=replace(settings.method, threshold=lot.choice((0.02, 0.2, 0.5))))


def _one_scale(lot: Random, settings: Settings) -> Settings:
    return replace(settings, method=replace(settings.method, scales=(lot.choice(settings.method.scales),)))


def _constants(lot: Random, settings: Settings) -> Settings:
    method = replace(
        settings.method, alpha=lot.choice((1.0, 3.0)), channel_reduction=lot.choice(("absolute", "signed"))
    )
    return replace(settings, method=method)


def _classes(lot: Random, settings: Settings) -> Settings:
    choice = replace(settings.choice, always_compared=(lot.randrange(20),), excluded=(lot.randrange(20),))
    return replace(settings, choice=choice)


def _crf(lot: Random, settings: Settings) -> Settings:
    return replace(
        settings, crf=replace(settings.crf, bilateral_srgb=lot.choice((8.0, 13.0)), enabled=lot.random() < 0.5)
    )


CHANGES: tuple[Change, ...] = (_candidates, _threshold, _one_scale, _constants, _classes, _crf)


def after_a_history(engine: Engine, image: SourceImage, settings: Settings, lot: Random) -> Result:
    """What the window shows of `settings` after it showed other things of the image, some of them given up."""
    for serial in range(STEPS):
        asked = settings
        for change in lot.sample(CHANGES, lot.randrange(1, 4)):
            asked = change(lot, asked)
        request = Request(serial, image, asked, focus=lot.choice((None, lot.randrange(20))))
        _watched(engine, request, checkpoints=lot.choice((3, 12, 10**9)))
        if lot.random() < 0.3:
            classes = lot.sample(range(20), 3)
            question = lot.choice(
                (MatrixQuestion(), GradientQuestion(class_id=classes[0], scale=asked.method.scales[0]))
            )
            engine.answer(Query(serial, request, question), lambda: True, lambda _: None)
    reports = _watched(engine, Request(STEPS, image, settings, focus=lot.choice((None, lot.randrange(20)))))
    return next(each for each in reports if isinstance(each, Result) and each.completeness == "settled")


def _watched(engine: Engine, request: Request, checkpoints: int = 10**9) -> Sequence[Report]:
    """What the engine reports until it was asked so often whether anybody still wants it."""
    reports: list[Report] = []
    left = iter(range(checkpoints))
    engine.run(request, lambda _: next(left, None) is not None, reports.append)
    return reports


def differing(
    model_cache: ModelCache, image: SourceImage, settings: Settings, seeds: Sequence[int], folder: Path
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(seed, what replay says) of each history: nothing where the exported bytes came out again."""
    for seed in seeds:
        lot = Random(seed)
        final = replace(settings, method=replace(settings.method, min_candidates=lot.choice((3, 4, 5))))
        shown = after_a_history(Engine(model_cache), image, final, lot)
        there = folder / str(seed)
        there.mkdir(parents=True)
        export_with_reports(shown, there, "image", FORMATS, stages=True)
        replayed = replay(Engine(model_cache), there / "image.json", there / "again")
        yield seed, replayed.sentences
