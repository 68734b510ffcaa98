"""The account of one pixel: the method's arithmetic once more, at the pixel alone, each step kept.

The steps are made here, and not read out of the engine's sums, so that they explain the class maps and can be held
against them. Sampling, differences and the largest totals are the engine's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.analysis.partial_answer import Part
from dcsm_viewer.engine.analysis.pixel_crf import crf_entry
from dcsm_viewer.engine.analysis.pixel_steps import Steps, steps_of
from dcsm_viewer.engine.analysis.treat_all_as_detected import every_candidate, method_in_use
from dcsm_viewer.engine.map_pipeline import MapStage
from dcsm_viewer.engine.stages.interpolation import Line, matrix
from dcsm_viewer.engine.stages.network_passes import Checkpoint
from dcsm_viewer.engine.stages.pass_outputs import Found
from dcsm_viewer.engine.stages.preprocess import Placement
from dcsm_viewer.engine.stages.subtraction.class_maps import FLOOR, chosen_maps, evidence_at
from dcsm_viewer.engine.stages.subtraction.sampling_grid import Sheet
from dcsm_viewer.queries.pixel_query import (
    ClassEntry,
    LayerEntry,
    LedgerQuestion,
    PixelLedger,
    RivalEntry,
    SamplePlace,
    ScaleEntry,
)


def answer(question: LedgerQuestion, stage: MapStage) -> Iterator[PixelLedger | Part[PixelLedger]]:
    """The account of the classes first, then with that of the CRF.

    Raises UserError for a pixel that the image does not have.
    """
    _check(question, stage)
    found = stage.found()
    samples: tuple[SamplePlace, ...] = ()
    classes: tuple[ClassEntry, ...] = ()
    if found.detection.candidate_ids:
        _, placement = stage.passes.canvas()
        method = method_in_use(stage)
        largest = stage.passes.watch.tool(
            "subtraction",
            ("ledger totals", *stage.subtraction_key(found)),
            lambda: largest_totals(found, method, placement, stage.passes.checkpoint),
        )
        samples, sheet = places_of(question, placement, method)
        classes = class_entries(found, method, sheet, samples, largest)
    ledger = PixelLedger(question, samples, classes)
    yield Part(ledger)
    yield replace(ledger, crf=crf_entry(question, stage, found))


def _check(question: LedgerQuestion, stage: MapStage) -> None:
    height, width = stage.passes.request.image.shape
    if not (0 <= question.row < height and 0 <= question.col < width):
        raise UserError(
            f"Pixel ({question.row}, {question.col}) is not on the image, which has {height} rows and {width} columns."
        )


def places_of(
    question: LedgerQuestion, placement: Placement, method: MethodSettings
) -> tuple[tuple[SamplePlace, ...], Sheet]:
    """The places of the canvas that the image's pixel is a mean of, and the sheet that has just these."""
    cpu = torch.device("cpu")
    lines, parts = [], []
    for pixel, size, start, length in (
        (question.row, placement.image_shape[0], placement.top, placement.height),
        (question.col, placement.image_shape[1], placement.left, placement.width),
    ):
        # How `to_image` brings maps of the rectangle to the size of the image.
        weights = matrix(Line.whole(size), length, "half_pixel", torch.float64, cpu)[pixel]
        touched = weights.nonzero().flatten().tolist()
        lines.append(Line(float(start + touched[0]), 1.0, len(touched), placement.canvas_px))
        parts.append([(start + place, float(weights[place])) for place in touched])
    samples = tuple(SamplePlace(row, col, down * across) for row, down in parts[0] for col, across in parts[1])
    rows, cols = lines
    return samples, Sheet(rows, cols, Line.whole(placement.canvas_px), method.upsampling, exact=True)


def largest_totals(
    found: Found, method: MethodSettings, placement: Placement, checkpoint: Checkpoint
) -> dict[int, float]:
    """Per candidate the largest total on the image, by which its class map is divided; the same for every pixel."""
    detection, total = every_candidate(found.detection), None
    for scale, layers in chosen_maps(found.candidates_raw, method).items():
        checkpoint("subtraction", f"ledger, {scale} px")
        sums = evidence_at(scale, layers, detection, method, placement).sums
        total = sums if total is None else total.add_(sums)
    assert total is not None, "there are candidates, so there are maps"
    return dict(zip(detection.detected_ids, total.flatten(1).amax(1).tolist(), strict=True))


def class_entries(
    found: Found, method: MethodSettings, sheet: Sheet, samples: Sequence[SamplePlace], largest: Mapping[int, float]
) -> tuple[ClassEntry, ...]:
    """The account of every candidate at these places, in their order."""
    detection = every_candidate(found.detection)
    weights = torch.tensor([place.weight for place in samples], dtype=torch.float64)
    # One pass over the layers for all classes: their comparisons share the sampling.
    rows = {class_id: row for row, class_id in enumerate(detection.candidate_ids)}
    entries: dict[int, list[ScaleEntry]] = {class_id: [] for class_id in rows}
    totals = {class_id: torch.zeros(len(samples), dtype=torch.float64) for class_id in rows}
    for scale, layers in chosen_maps(found.candidates_raw, method).items():
        steps = {layer: steps_of(maps, method, sheet) for layer, maps in layers.items()}
        for class_id, row in rows.items():
            counts = not method.gate_by_scale or class_id in detection.found_at.get(scale, frozenset())
            of_layers = tuple(
                _layer_entry(layer, each, row, detection.candidate_ids, weights) for layer, each in steps.items()
            )
            added = torch.stack([each.added[row] for each in steps.values()]).sum(0).double()
            if counts:
                totals[class_id] += added
            entries[class_id].append(ScaleEntry(scale, counts, of_layers, float(weights @ added) if counts else 0.0))
    detected = found.detection.detected_ids
    return tuple(
        _class_entry(
            class_id, class_id in detected, entries[class_id], totals[class_id], largest[class_id], method, weights
        )
        for class_id in detection.candidate_ids
    )


def _layer_entry(layer: str, steps: Steps, row: int, candidate_ids: Sequence[int], weights: Tensor) -> LayerEntry:
    def mean(values: Tensor) -> float:
        return float(weights @ values.double())

    rivals = tuple(
        RivalEntry(
            class_id=None if rival is None else candidate_ids[rival],
            raw=0.0 if rival is None else mean(steps.raw[rival]),
            difference=mean(steps.difference[place]),
            largest=float(steps.largest[place]),
            scaled=None if steps.scaled is None else mean(steps.scaled[place]),
            evidence=mean(steps.evidence[place]),
        )
        for place, (target, rival) in enumerate(steps.pairs)
        if target == row
    )
    return LayerEntry(
        layer=layer,
        raw=mean(steps.raw[row]),
        rivals=rivals,
        evidence=mean(steps.sums[row]),
        largest=None if steps.largest_sums is None else float(steps.largest_sums[row]),
        added=mean(steps.added[row]),
    )


def _class_entry(
    class_id: int,
    detected: bool,
    scales: Sequence[ScaleEntry],
    totals: Tensor,
    largest: float,
    method: MethodSettings,
    weights: Tensor,
) -> ClassEntry:
    shares = totals / largest if largest > 0 else torch.zeros_like(totals)
    values = torch.tanh(method.alpha * shares) / math.tanh(method.alpha) if method.final_tanh else shares
    values = values.clamp(min=FLOOR if method.negatives == "floor" else 0.0, max=1.0)
    return ClassEntry(
        class_id=class_id,
        detected=detected,
        scales=tuple(scales),
        total=float(weights @ totals),
        largest=largest,
        share=float(weights @ shares),
        value=float(weights @ values),
    )
