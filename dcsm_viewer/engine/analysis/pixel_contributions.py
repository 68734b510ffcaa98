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
from dcsm_viewer.engine.analysis.partial_answer import PartialAnswer
from dcsm_viewer.engine.analysis.pixel_crf import crf_entry
from dcsm_viewer.engine.analysis.pixel_steps import Steps, steps_of
from dcsm_viewer.engine.analysis.treat_all_as_detected import resolved_method, treat_all_as_detected
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.stages.interpolation import AxisSamples, interpolation_matrix
from dcsm_viewer.engine.stages.network_passes import Checkpoint
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs
from dcsm_viewer.engine.stages.preprocess import Placement
from dcsm_viewer.engine.stages.subtraction.class_maps import FLOOR, chosen_maps, contribution_at
from dcsm_viewer.engine.stages.subtraction.sampling_grid import SamplingGrid
from dcsm_viewer.queries.pixel_query import (
    ClassEntry,
    LayerEntry,
    PixelContributions,
    PixelQuestion,
    RivalEntry,
    SamplePosition,
    ScaleEntry,
)


def answer(
    question: PixelQuestion, stage: MapPipeline
) -> Iterator[PixelContributions | PartialAnswer[PixelContributions]]:
    """Yield the contributions to the pixel's classes first, then with those to its label.

    Raises UserError for a pixel that the image does not have.
    """
    _check(question, stage)
    outputs = stage.outputs()
    samples: tuple[SamplePosition, ...] = ()
    classes: tuple[ClassEntry, ...] = ()
    if outputs.detection.candidate_ids:
        _, placement = stage.passes.canvas()
        method = resolved_method(stage)
        largest = stage.passes.stopwatch.intermediate(
            "subtraction",
            ("ledger totals", *stage.subtraction_key(outputs)),
            lambda: largest_totals(outputs, method, placement, stage.passes.checkpoint),
        )
        samples, grid = sample_positions(question, placement, method)
        classes = class_entries(outputs, method, grid, samples, largest)
    ledger = PixelContributions(question, samples, classes)
    yield PartialAnswer(ledger)
    yield replace(ledger, crf=crf_entry(question, stage, outputs))


def _check(question: PixelQuestion, stage: MapPipeline) -> None:
    height, width = stage.passes.request.image.shape
    if not (0 <= question.row < height and 0 <= question.col < width):
        raise UserError(
            f"Pixel ({question.row}, {question.col}) is not on the image, which has {height} rows and {width} columns."
        )


def sample_positions(
    question: PixelQuestion, placement: Placement, method: MethodSettings
) -> tuple[tuple[SamplePosition, ...], SamplingGrid]:
    """Find the canvas positions that the image's pixel is a mean of.

    Parameters
    ----------
    question
        The pixel.
    placement
        Where the image lies on the canvas.
    method
        Its upsampling and subtract_at are read.

    Returns
    -------
    tuple
        The positions, and the sampling grid that has just these.
    """
    cpu = torch.device("cpu")
    lines, parts = [], []
    for pixel, size, start, length in (
        (question.row, placement.image_shape[0], placement.top, placement.height),
        (question.col, placement.image_shape[1], placement.left, placement.width),
    ):
        # How `to_image` brings maps of the rectangle to the size of the image.
        weights = interpolation_matrix(AxisSamples.whole(size), length, "half_pixel", torch.float64, cpu)[pixel]
        touched = weights.nonzero().flatten().tolist()
        lines.append(AxisSamples(float(start + touched[0]), 1.0, len(touched), placement.canvas_px))
        parts.append([(start + index, float(weights[index])) for index in touched])
    samples = tuple(SamplePosition(row, col, down * across) for row, down in parts[0] for col, across in parts[1])
    rows, cols = lines
    return samples, SamplingGrid(rows, cols, AxisSamples.whole(placement.canvas_px), method.upsampling, exact=True)


def largest_totals(
    outputs: PassOutputs, method: MethodSettings, placement: Placement, checkpoint: Checkpoint
) -> dict[int, float]:
    """Compute the largest total on the image, by which a class map is divided; the same for every pixel.

    Parameters
    ----------
    outputs
        Raw maps of all scales.
    method
        The constants of the subtraction.
    placement
        Where the image lies on the canvas.
    checkpoint
        Called between scales; may raise to stop.

    Returns
    -------
    dict
        By candidate.
    """
    detection, total = treat_all_as_detected(outputs.detection), None
    for scale, layers in chosen_maps(outputs.candidate_maps, method).items():
        checkpoint("subtraction", f"ledger, {scale} px")
        sums = contribution_at(scale, layers, detection, method, placement).sums
        total = sums if total is None else total.add_(sums)
    assert total is not None, "there are candidates, so there are maps"
    return dict(zip(detection.detected_ids, total.flatten(1).amax(1).tolist(), strict=True))


def class_entries(
    outputs: PassOutputs,
    method: MethodSettings,
    grid: SamplingGrid,
    samples: Sequence[SamplePosition],
    largest: Mapping[int, float],
) -> tuple[ClassEntry, ...]:
    """Trace every candidate's value at some positions back to layers, scales and rivals.

    Parameters
    ----------
    outputs
        Raw maps of all scales.
    method
        The constants of the subtraction.
    grid
        Has the positions.
    samples
        The positions, with their weights.
    largest
        By candidate, as `largest_totals` returns it.

    Returns
    -------
    tuple of ClassEntry
        In the order of the candidates.
    """
    detection = treat_all_as_detected(outputs.detection)
    weights = torch.tensor([sample.weight for sample in samples], dtype=torch.float64)
    # One pass over the layers for all classes: their comparisons share the sampling.
    rows = {class_id: row for row, class_id in enumerate(detection.candidate_ids)}
    entries: dict[int, list[ScaleEntry]] = {class_id: [] for class_id in rows}
    totals = {class_id: torch.zeros(len(samples), dtype=torch.float64) for class_id in rows}
    for scale, layers in chosen_maps(outputs.candidate_maps, method).items():
        steps = {layer: steps_of(maps, method, grid) for layer, maps in layers.items()}
        for class_id, row in rows.items():
            counts = not method.skip_undetected_scales or class_id in detection.detected_at.get(scale, frozenset())
            of_layers = tuple(
                _layer_entry(layer, each, row, detection.candidate_ids, weights) for layer, each in steps.items()
            )
            added = torch.stack([each.added[row] for each in steps.values()]).sum(0).double()
            if counts:
                totals[class_id] += added
            entries[class_id].append(ScaleEntry(scale, counts, of_layers, float(weights @ added) if counts else 0.0))
    detected = outputs.detection.detected_ids
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
            difference=mean(steps.difference[index]),
            largest=float(steps.largest[index]),
            scaled=None if steps.scaled is None else mean(steps.scaled[index]),
            evidence=mean(steps.evidence[index]),
        )
        for index, (target, rival) in enumerate(steps.pairs)
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
    values = values.clamp(min=FLOOR if method.negative_mode == "floor" else 0.0, max=1.0)
    return ClassEntry(
        class_id=class_id,
        detected=detected,
        scales=tuple(scales),
        total=float(weights @ totals),
        largest=largest,
        share=float(weights @ shares),
        value=float(weights @ values),
    )
